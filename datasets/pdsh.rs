//! The eight tables of the decision-support benchmark, as text parts.
//!
//! Rows come from the `tpchgen` crate; part `part` of `n_parts` is the same whichever other parts are written, so parts
//! can be made side by side. `nation` and `region` are tiny and ignore the division: they are whole in part 1 and empty in the others.

use std::fmt::Display;
use std::io::{self, Write};

use tpchgen::csv::{CustomerCsv, LineItemCsv, NationCsv, OrderCsv, PartCsv, PartSuppCsv, RegionCsv, SupplierCsv};
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator, RegionGenerator,
    SupplierGenerator,
};

/// The tables' names, in the order of their foreign keys.
pub const TABLES: [&str; 8] = ["region", "nation", "part", "supplier", "partsupp", "customer", "orders", "lineitem"];

/// Writes part `part` (1 to `n_parts`) of `table` at scale factor `sf` (1.0 is about 1 GB of text in all) as CSV with
/// a header line and fields divided by `delimiter`.
///
/// # Errors
/// `InvalidInput` when the table is not one of [`TABLES`] or the part is out of range; whatever `out` reports.
pub fn write_part(table: &str, sf: f64, part: i32, n_parts: i32, delimiter: char, out: &mut dyn Write) -> io::Result<()> {
    if part < 1 || part > n_parts {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("part {part} is not in 1..={n_parts}")));
    }
    let d = delimiter;
    macro_rules! table {
        ($generator:ident, $row:ident) => {{
            let rows = $generator::new(sf, part, n_parts);
            write_rows(&$row::header_with_delimiter(d), rows.iter().map(|row| $row::with_delimiter(row, d)), out)
        }};
        (whole $generator:ident, $row:ident) => {{
            let rows = $generator::new(sf, 1, 1);
            let mine = if part == 1 { usize::MAX } else { 0 };
            write_rows(&$row::header_with_delimiter(d), rows.iter().take(mine).map(|row| $row::with_delimiter(row, d)), out)
        }};
    }
    match table {
        "region" => table!(whole RegionGenerator, RegionCsv),
        "nation" => table!(whole NationGenerator, NationCsv),
        "part" => table!(PartGenerator, PartCsv),
        "supplier" => table!(SupplierGenerator, SupplierCsv),
        "partsupp" => table!(PartSuppGenerator, PartSuppCsv),
        "customer" => table!(CustomerGenerator, CustomerCsv),
        "orders" => table!(OrderGenerator, OrderCsv),
        "lineitem" => table!(LineItemGenerator, LineItemCsv),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("there is no table {table:?}; the tables are {}", TABLES.join(", ")),
        )),
    }
}

fn write_rows<R: Display>(header: &str, rows: impl Iterator<Item = R>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{header}")?;
    for row in rows {
        writeln!(out, "{row}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(table: &str, part: i32, n_parts: i32) -> String {
        let mut out = Vec::new();
        write_part(table, 0.001, part, n_parts, ',', &mut out).expect("a known table");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        for table in TABLES {
            let whole = text(table, 1, 1);
            let mut joined = whole.lines().next().expect("a header").to_owned() + "\n";
            for part in 1..=3 {
                for line in text(table, part, 3).lines().skip(1) {
                    joined += line;
                    joined += "\n";
                }
            }
            assert_eq!(whole, joined, "{table}");
        }
    }

    #[test]
    fn row_counts_are_the_benchmark_s() {
        let rows = |table| text(table, 1, 1).lines().count() - 1;
        assert_eq!([rows("region"), rows("nation"), rows("customer"), rows("orders")], [5, 25, 150, 1500]);
        assert_eq!(rows("lineitem"), 6005);
    }

    #[test]
    fn unknown_names_are_refused() {
        for (table, part) in [("line_item", 1), ("orders", 0), ("orders", 2)] {
            let error = write_part(table, 0.001, part, 1, '|', &mut Vec::new()).expect_err("refused");
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        }
    }
}
