//! Queries on tables of several times the memory that the kernel allows: they finish, and give every row.

use super::program::Folder;
use crate::limited::Limited;
use polars::prelude::*;
use std::fs::File;
use std::path::Path;

const ROWS: i64 = 6_000_000;
const GROUP_ROWS: i64 = 250_000;
const BUDGET: &str = "64MiB";
/// The budget, and what the program, Polars and their threads take.
const CAP: u64 = 160 << 20;

/// The number in place `i` of a mixed order of all numbers below `ROWS`.
fn mixed(i: i64) -> i64 {
    i * 7_919 % ROWS
}

fn text(n: i64) -> String {
    format!("name {:08}", n * 31 % ROWS)
}

/// A table of 264 MB in memory, in mixed order.
fn write(path: &Path) {
    let rows = |first: i64| {
        let numbers: Vec<i64> = (first..first + GROUP_ROWS).map(mixed).collect();
        let names: Vec<String> = numbers.iter().map(|&n| text(n)).collect();
        let halves: Vec<f64> = numbers.iter().map(|&n| n as f64 / 2.0).collect();
        df!("n" => numbers, "half" => halves, "name" => names).expect("a table")
    };
    let schema = rows(0).schema().clone();
    let mut writer = ParquetWriter::new(File::create(path).expect("creates")).batched(&schema).expect("begins");
    for first in (0..ROWS).step_by(GROUP_ROWS as usize) {
        writer.write_batch(&rows(first)).expect("writes");
    }
    writer.finish().expect("ends");
}

/// The rows of a file, a row group at a time.
fn each(path: &Path, mut look: impl FnMut(DataFrame)) {
    let open = || ParquetReader::new(File::open(path).expect("opens"));
    let groups: Vec<usize> = open().get_metadata().expect("reads").row_groups.iter().map(|g| g.num_rows()).collect();
    let mut first = 0;
    for n in groups {
        look(open().with_slice(Some((first, n))).finish().expect("reads"));
        first += n;
    }
}

#[test]
fn sorts_groups_and_joins_under_a_limit_of_the_kernel() {
    let Some(group) = Limited::new("tables", CAP) else {
        eprintln!("skipped: no memory cgroup can be made here");
        return;
    };
    let f = Folder::new();
    write(&f.at("t.parquet"));
    let run = |query: &str, out: &str| {
        let mut command = group.command(Path::new(env!("CARGO_BIN_EXE_tilework")));
        command.current_dir(f.at("")).args(["table", "--memory", BUDGET, "--spill-dir", "."]);
        let ran = command.args([query, "-o", out, "--t", "t.parquet"]).output().expect("runs");
        assert!(ran.status.success(), "{query}: {} {}", ran.status, String::from_utf8_lossy(&ran.stderr));
    };
    let is_row = |n: i64, half: Option<f64>, name: Option<&str>| half == Some(n as f64 / 2.0) && name == Some(&text(n));

    run("SELECT * FROM t ORDER BY n", "sorted.parquet");
    let mut next = 0;
    each(&f.at("sorted.parquet"), |rows| {
        let columns = (rows.column("n").unwrap().i64().unwrap(), rows.column("half").unwrap().f64().unwrap());
        let names = rows.column("name").unwrap().str().unwrap();
        for i in 0..rows.height() {
            assert!(columns.0.get(i) == Some(next) && is_row(next, columns.1.get(i), names.get(i)), "row {next}");
            next += 1;
        }
    });
    assert_eq!(next, ROWS);

    // Three million groups of two rows.
    run("SELECT n // 2 AS pair, sum(half) AS sum, count(*) AS rows FROM t GROUP BY n // 2", "groups.parquet");
    let mut seen = vec![false; (ROWS / 2) as usize];
    each(&f.at("groups.parquet"), |rows| {
        let columns = (rows.column("pair").unwrap().i64().unwrap(), rows.column("sum").unwrap().f64().unwrap());
        let counts = rows.column("rows").unwrap().cast(&DataType::Int64).unwrap();
        for i in 0..rows.height() {
            let pair = columns.0.get(i).unwrap();
            assert!(columns.1.get(i) == Some(2.0 * pair as f64 + 0.5) && counts.i64().unwrap().get(i) == Some(2), "group {pair}");
            assert!(!std::mem::replace(&mut seen[pair as usize], true), "group {pair} is there twice");
        }
    });
    assert!(seen.iter().all(|&s| s));

    // Every row finds the one whose number is three quarters of its own.
    run(
        "SELECT a.n AS n, b.half AS half, b.name AS name FROM t AS a JOIN t AS b ON a.n * 3 // 4 = b.n WHERE a.n % 4 = 0",
        "joined.parquet",
    );
    let mut n_rows = 0;
    each(&f.at("joined.parquet"), |rows| {
        let columns = (rows.column("n").unwrap().i64().unwrap(), rows.column("half").unwrap().f64().unwrap());
        let names = rows.column("name").unwrap().str().unwrap();
        for i in 0..rows.height() {
            let n = columns.0.get(i).unwrap();
            assert!(is_row(n / 4 * 3, columns.1.get(i), names.get(i)), "row {n}");
        }
        n_rows += rows.height() as i64;
    });
    assert_eq!(n_rows, ROWS / 4);
    assert_eq!(f.names(), ["groups.parquet", "joined.parquet", "sorted.parquet", "t.parquet"], "nothing else is left");
}
