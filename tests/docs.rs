//! `docs/ops.md` is generated from the op tables; `TILEWORK_UPDATE_DOCS=1` writes it anew.

use std::fmt::Write;
use tilework::op::{element, reduction, scan};

fn page() -> String {
    let mut out = String::from(
        "# Operations\n\nGenerated from the op tables. Names and meanings are NumPy's; every op is a method of the arrays, a name on the wire, \
         and takes part in fusion.\n\n## Elementwise\n\n| op | arguments | dtypes | meaning |\n|---|---|---|---|\n",
    );
    for op in element::ALL {
        let _ = writeln!(out, "| `{}` | {} | {:?} | {} |", op.name, op.arity, op.rule, op.doc);
    }
    out.push_str(
        "\nDtypes: `Same` promotes the arguments and gives that dtype; `Float` computes integers as float64; `First` does so by the first argument alone; \
         `Double` gives float64 always; `Compare`, `Test` and `Logical` give bool; \
         `Bits` takes integers and bool; `Count` does too and gives uint8; `Choose` promotes the last two.\n\n## Reductions\n\n| op | meaning |\n|---|---|\n",
    );
    for op in reduction::ALL {
        let _ = writeln!(out, "| `{}` | {} |", op.name, op.doc);
    }
    out.push_str("\n## Scans\n\n| op | meaning |\n|---|---|\n");
    for op in scan::ALL {
        let _ = writeln!(out, "| `{}` | {} |", op.name, op.doc);
    }
    out
}

#[test]
fn the_page_of_ops_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ops.md");
    if std::env::var_os("TILEWORK_UPDATE_DOCS").is_some() {
        std::fs::write(path, page()).unwrap();
    }
    let have = std::fs::read_to_string(path).unwrap_or_default();
    assert!(have == page(), "docs/ops.md is stale: run the tests once with TILEWORK_UPDATE_DOCS=1");
}
