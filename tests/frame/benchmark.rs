//! The 22 queries of the decision-support benchmark give what Polars gives on whole tables, in any number of partitions and within small budgets.

use super::aggregates::assert_same;
use polars::prelude::*;
use polars::sql::SQLContext;
use std::path::{Path, PathBuf};
use tilework::Config;
use tilework::frame::{Frame, frame};
use tilework::session::Session;

#[path = "../../datasets/pdsh.rs"]
mod pdsh;

const SCALE: f64 = 0.02;

/// The tables with dates as dates, in Parquet files of several row groups each.
fn write_tables(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let tables = pdsh::TABLES.map(|name| {
        let csv = folder.join(format!("{name}.csv"));
        let mut out = std::io::BufWriter::new(std::fs::File::create(&csv).expect("can be made"));
        pdsh::write_part(name, SCALE, 1, 1, ',', &mut out).expect("a known table");
        drop(out);
        let scan = LazyCsvReader::new(PlRefPath::new(csv.to_str().expect("is UTF-8"))).with_try_parse_dates(true);
        let mut df = scan.finish().and_then(LazyFrame::collect).expect("is CSV");
        let path = folder.join(format!("{name}.parquet"));
        let file = std::fs::File::create(&path).expect("can be made");
        ParquetWriter::new(file).with_row_group_size(Some(5000)).finish(&mut df).expect("can be written");
        (name, path)
    });
    tables.to_vec()
}

fn queries() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/pdsh");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("is there").map(|e| e.expect("can be read").path()).collect();
    files.sort();
    let text = |p: &PathBuf| std::fs::read_to_string(p).expect("is text").replace("FRACTION", &format!("{}", 0.0001 / SCALE));
    files.iter().map(|p| (p.file_stem().expect("has a name").to_string_lossy().into_owned(), text(p))).collect()
}

#[test]
fn queries_of_the_benchmark_give_what_polars_gives() {
    let folder = tempfile::tempdir().expect("a folder");
    let tables = write_tables(folder.path());
    let scan = |p: &Path| {
        LazyFrame::scan_parquet(PlRefPath::new(p.to_str().expect("is UTF-8")), ScanArgsParquet::default()).expect("is Parquet")
    };
    let all = queries();
    assert_eq!(all.len(), 22);
    for (name, text) in &all {
        let mut polars = SQLContext::new();
        tables.iter().for_each(|(name, path)| polars.register(name, scan(path)));
        let want = polars.execute(text).and_then(LazyFrame::collect).unwrap_or_else(|e| panic!("{name}: {e}"));
        // Partitions of a row group or less, some of them together, everything in one; a budget that holds all or hardly anything.
        for (partition_bytes, budget_bytes) in [(100 << 10, 1 << 30), (1 << 20, 64 << 20), (1 << 30, 1 << 30)] {
            let frames: Vec<(&str, Frame)> =
                tables.iter().map(|(n, p)| (*n, frame(scan(p)).with_partition_bytes(partition_bytes))).collect();
            let session = Session::new(Config { n_threads: 2, budget_bytes, ..Config::default() });
            let query = Frame::sql(text, &frames).unwrap_or_else(|e| panic!("{name}: {e}"));
            let have = query.collect_in(&session).unwrap_or_else(|e| panic!("{name} within {budget_bytes}: {e}"));
            assert_same(&have, &want);
        }
    }
}
