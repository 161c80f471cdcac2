//! `docs/ops.md` is generated from the op tables; `TILEWORK_UPDATE_DOCS=1` writes it anew.

use std::fmt::Write;
use tilework::DType;
use tilework::op::{block, element, reduction, scan, sort};

fn page() -> String {
    let mut out = String::from(
        "# Operations\n\nGenerated from the op tables. Names and meanings are NumPy's; every op is a method of the arrays, a name on the wire, \
         and takes part in fusion.\n\n## Elementwise\n\n| op | arguments | dtypes | complex | meaning |\n|---|---|---|---|---|\n",
    );
    for op in element::ALL {
        let complex = if op.resolve(&vec![DType::C128; op.arity]).is_ok() { "yes" } else { "" };
        let _ = writeln!(out, "| `{}` | {} | {:?} | {complex} | {} |", op.name, op.arity, op.rule, op.doc);
    }
    out.push_str(
        "\nDtypes: `Same` promotes the arguments and gives that dtype; `Float` computes integers as float64; `First` does so by the first argument alone; \
         `Double` gives float64 always (complex128 of complex numbers); `Part` and `FloatPart` are as `Same` and `Float`, but of complex numbers \
         give the float of their parts; `Compare`, `Test` and `Logical` give bool; \
         `Bits` takes integers and bool; `Count` does too and gives uint8; `Choose` promotes the last two.\n\n## Reductions\n\n| op | meaning |\n|---|---|\n",
    );
    for op in reduction::ALL {
        let _ = writeln!(out, "| `{}` | {} |", op.name, op.doc);
    }
    out.push_str("\n## Scans\n\n| op | meaning |\n|---|---|\n");
    for op in scan::ALL {
        let _ = writeln!(out, "| `{}` | {} |", op.name, op.doc);
    }
    out.push_str("\n## Functions on blocks\n\n| op | meaning |\n|---|---|\n");
    for op in block::all() {
        let _ = writeln!(out, "| `{}` | {} |", op.name, op.doc);
    }
    out.push_str("\n## Shuffles of arrays\n\n| op | meaning |\n|---|---|\n");
    for op in sort::SHUFFLES {
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
