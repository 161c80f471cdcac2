//! SQL on files of tables, what comes of it, and what files of tables hold.

use super::program::Folder;
use serde_json::Value;
use std::fs;

/// Two files of flights.
fn flights(f: &Folder) {
    fs::create_dir(f.at("data")).expect("makes");
    fs::write(f.at("data/1.csv"), "origin,delay\nJFK,4\nEWR,1\n").expect("writes");
    fs::write(f.at("data/2.csv"), "origin,delay\nJFK,8\nLGA,\n").expect("writes");
}

const SORTED: &str = "SELECT origin, sum(delay) AS d FROM flights GROUP BY origin ORDER BY origin";

#[test]
fn results_are_printed_or_written() {
    let f = Folder::new();
    flights(&f);
    for table in ["data/*.csv", "data"] {
        let text = f.run(&["table", SORTED, "--flights", table]).ok();
        for words in ["shape: (3, 2)", "origin", "i64", "JFK", "12", "null"] {
            assert!(text.contains(words), "'{words}' is missing in {text}");
        }
    }
    for ending in ["csv", "parquet", "arrow", "ndjson"] {
        let out = format!("o.{ending}");
        f.run(&["table", SORTED, "-o", &out, "--flights", "data/*.csv"]).ok();
        let text = f.run(&["table", "SELECT * FROM t WHERE d IS NOT NULL AND d > 5", "--t", &out]).ok();
        assert!(text.contains("JFK") && !text.contains("EWR"), "{text}");
        f.refused(&["table", SORTED, "-o", &out, "--flights", "data"], &[&out, "--overwrite"]);
        f.run(&["table", SORTED, "--overwrite", "-o", &out, "--flights", "data"]).ok();
    }
    assert_eq!(fs::read_to_string(f.at("o.csv")).expect("reads"), "origin,d\nEWR,1\nJFK,12\nLGA,\n");
    assert_eq!(f.names(), ["data", "o.arrow", "o.csv", "o.ndjson", "o.parquet"]);
    // As many rows as fit a screen, and how many there are.
    let lines: String = (0..500).map(|i| format!("{i}\n")).collect();
    fs::write(f.at("n.csv"), format!("n\n{lines}")).expect("writes");
    let text = f.run(&["table", "SELECT * FROM t", "--t", "n.csv"]).ok();
    assert!(text.contains("shape: (500, 1)") && text.lines().count() > 30 && text.lines().count() < 60, "{text}");
}

#[test]
fn parquet_is_compressed_as_one_likes() {
    let f = Folder::new();
    let lines: String = (0..2000).map(|i| format!("7,a text that is there again and again {i}\n")).collect();
    fs::write(f.at("t.csv"), format!("n,text\n{lines}")).expect("writes");
    let mut sizes = Vec::new();
    for name in ["uncompressed", "snappy", "lz4", "gzip", "brotli", "zstd:9", "zstd"] {
        let write = ["-o", "o.parquet", "--overwrite", "--compression", name, "--t", "t.csv"];
        f.run(&[&["table", "SELECT * FROM t"][..], &write].concat()).ok();
        let info = f.run(&["info", "o.parquet"]).ok();
        assert!(info.contains(name.split(':').next().expect("a name")), "{name}: {info}");
        let text = f.run(&["table", "SELECT sum(n) AS n, count(DISTINCT text) AS texts FROM t", "--t", "o.parquet"]).ok();
        assert!(text.contains("14000") && text.contains("2000"), "{text}");
        sizes.push(fs::metadata(f.at("o.parquet")).expect("is there").len());
    }
    assert!(sizes[1..].iter().all(|s| s < &sizes[0]), "{sizes:?}");
    let query = ["table", "SELECT * FROM t", "--t", "t.csv"];
    f.refused(&[&query[..], &["--compression", "zip", "-o", "p.parquet"]].concat(), &["'zip' is no compression", "'gzip'"]);
    f.refused(&[&query[..], &["--compression", "zstd:99", "-o", "p.parquet"]].concat(), &["level of zstd"]);
    f.refused(&[&query[..], &["--compression", "lz4:3", "-o", "p.parquet"]].concat(), &["lz4 has no levels"]);
    f.refused(&[&query[..], &["--compression", "zstd:best", "-o", "p.parquet"]].concat(), &["zstd:9"]);
    f.refused(&[&query[..], &["--compression", "zstd", "-o", "p.csv"]].concat(), &["--compression is of Parquet"]);
}

#[test]
fn folders_are_written_by_columns() {
    let f = Folder::new();
    flights(&f);
    let write = ["table", "SELECT * FROM flights", "--flights", "data", "--partition-by", "origin", "-o", "out"];
    f.run(&write).ok();
    assert!(f.at("out/origin=JFK/000000.parquet").exists() && f.at("out/origin=LGA/000001.parquet").exists());
    let text = f.run(&["table", "SELECT origin, delay FROM t WHERE origin = 'JFK' AND delay > 5", "--t", "out"]).ok();
    assert!(text.contains("shape: (1, 2)") && text.contains("JFK"), "{text}");
    assert_eq!(f.names(), ["data", "out"]);
    f.refused(&write, &["out exists", "--overwrite"]);
    f.refused(&write[..6], &["--partition-by needs a folder"]);
    f.refused(
        &["table", "SELECT * FROM t", "--t", "data", "--partition-by=orign", "-o", "o"],
        &["'orign'", "did you mean 'origin'"],
    );
}

#[test]
fn mistakes_in_tables_are_told() {
    let f = Folder::new();
    flights(&f);
    let refused = |sql: &str, table: &str, words: &[&str]| f.refused(&["table", sql, "-o", "o.csv", "--flights", table], words);
    refused("SELECT dely FROM flights", "data", &["no column 'dely'", "did you mean 'delay'"]);
    refused("SELECT * FROM flights", "none.csv", &["none.csv"]);
    refused("SELECT * FROM flights", "no/*.csv", &["no/*.csv", "no files"]);
    refused("SELECT * FROM flights", "data/1.txt", &["data/1.txt", ".parquet, .csv, .arrow or .ndjson"]);
    f.refused(&["table", "SELECT * FROM flights", "-o", "o.doc", "--flights", "data"], &["o.doc", "no format"]);
    fs::write(f.at("data/3.csv"), "origin,delay\nJFK,late\n").expect("writes");
    refused("SELECT * FROM flights", "data", &["data/3.csv, line 2", "late"]);
    fs::write(f.at("data/3.csv"), "origin,delays\nJFK,1\n").expect("writes");
    refused("SELECT * FROM flights", "data", &["data/3.csv: column 'delays' is not in 1.csv"]);
}

#[test]
fn info_tells_what_tables_hold() {
    let f = Folder::new();
    flights(&f);
    let json = |path: &str| -> Value { serde_json::from_str(&f.run(&["info", "--json", path]).ok()).expect("valid JSON") };
    for (ending, format) in [("csv", "CSV"), ("parquet", "Parquet"), ("arrow", "Arrow IPC"), ("ndjson", "NDJSON")] {
        let out = format!("o.{ending}");
        f.run(&["table", SORTED, "-o", &out, "--flights", "data"]).ok();
        let text = f.run(&["info", &out]).ok();
        for words in [format, "n_rows           3", "origin                 str", "d                      i64"] {
            assert!(text.contains(words), "'{words}' is missing in {text}");
        }
        let v = json(&out);
        assert_eq!(
            (&v["n_rows"], &v["file_bytes"], &v["partitions"]),
            (&3.into(), &(f.bytes(&out).len() as u64).into(), &1.into())
        );
        assert_eq!(v["members"][1]["dtype"], "i64");
    }
    let v = json("o.parquet");
    assert_eq!((&v["row_groups"], &v["rows_in_each"], &v["compression"]), (&1.into(), &3.into(), &"zstd".into()));
    assert_eq!(json("o.arrow")["record_batches"], 1);
    let v = json("data");
    assert_eq!((&v["n_files"], &v["n_rows"], &v["partitions"]), (&2.into(), &4.into(), &2.into()));
    assert_eq!(json("data/*.csv")["n_rows"], 4);
    f.refused(&["info", "none.parquet"], &["none.parquet"]);
    fs::write(f.at("half.parquet"), &f.bytes("o.parquet")[..40]).expect("writes");
    f.refused(&["info", "half.parquet"], &["half.parquet is not a whole Parquet file"]);
}
