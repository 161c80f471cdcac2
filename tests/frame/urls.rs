//! Tables behind URLs, and columns in the names of folders of any format.

use crate::server::{Fault, Server};
use polars::prelude::*;
use proptest::prelude::*;
use std::path::Path;
use tilework::frame::{Frame, files, frame, scan};
use tilework::session::Session;
use tilework::store::url;
use tilework::{Config, ErrorKind};

const ENDINGS: [&str; 4] = ["parquet", "arrow", "csv", "ndjson"];

fn table(first: i64, n: i64) -> DataFrame {
    let name = |i: i64| if i % 5 == 0 { None } else { Some(format!("name {i},\n\"{i}\"")) };
    let numbers: Vec<i64> = (first..first + n).collect();
    let halves: Vec<f64> = numbers.iter().map(|&i| i as f64 / 2.0).collect();
    df!("n" => &numbers, "half" => &halves, "name" => numbers.iter().map(|&i| name(i)).collect::<Vec<_>>()).unwrap()
}

/// The bytes of a file of this format.
fn encoded(df: &DataFrame, ending: &str) -> Vec<u8> {
    let (mut bytes, mut df) = (Vec::new(), df.clone());
    match ending {
        "parquet" => drop(ParquetWriter::new(&mut bytes).with_row_group_size(Some(70)).finish(&mut df).unwrap()),
        "arrow" => IpcWriter::new(&mut bytes).with_compression(Some(IpcCompression::LZ4)).finish(&mut df).unwrap(),
        "csv" => CsvWriter::new(&mut bytes).finish(&mut df).unwrap(),
        _ => JsonWriter::new(&mut bytes).with_json_format(JsonFormat::JsonLines).finish(&mut df).unwrap(),
    }
    bytes
}

fn put(url: &str, bytes: &[u8]) {
    let (store, key) = url::open(url, 1).unwrap();
    store.set(&key, bytes).unwrap();
}

fn session() -> Session {
    Session::new(Config { n_threads: 3, budget_bytes: 64 << 20, ..Config::default() })
}

fn collected(f: &Frame) -> DataFrame {
    f.collect_in(&session()).unwrap()
}

#[test]
fn files_behind_urls_are_those_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    for ending in ENDINGS {
        for (year, month) in [(2023, 1), (2023, 2), (2024, 1)] {
            let bytes = encoded(&table(year * 100 + month, 200), ending);
            let name = format!("year={year}/month={month}/part.{ending}");
            let on_disk = dir.path().join(ending).join(&name);
            std::fs::create_dir_all(on_disk.parent().unwrap()).unwrap();
            std::fs::write(on_disk, &bytes).unwrap();
            put(&format!("memory://tables/{ending}/{name}"), &bytes);
        }
        put(&format!("memory://tables/{ending}/_SUCCESS"), b"");
        let disk = scan(dir.path().join(ending)).unwrap();
        let there = scan(format!("memory://tables/{ending}")).unwrap();
        assert_eq!(there.schema().unwrap(), disk.schema().unwrap(), "{ending}");
        assert_eq!(disk.schema().unwrap().iter_names().collect::<Vec<_>>(), ["n", "half", "name", "year", "month"], "{ending}");
        let steps: [fn(&Frame) -> Frame; 5] = [
            |f| f.clone(),
            |f| f.filter(col("year").eq(lit(2023)).and(col("n").gt(lit(202_350)))),
            |f| f.select([col("month"), col("half").sum().over([col("year")]).unwrap()]),
            |f| f.group_by([col("year")]).agg([col("n").max(), col("name").null_count()]),
            |f| f.with_row_index("row", 3).filter((col("row") % lit(7u32)).eq(lit(0u32))).select([col("row"), col("name")]),
        ];
        for (i, step) in steps.iter().enumerate() {
            assert_eq!(collected(&step(&there)), collected(&step(&disk)), "{ending}, step {i}");
        }
        let some = format!("memory://tables/{ending}/year=2023/*/part.{ending}");
        assert_eq!(files(&some).unwrap().len(), 2);
        assert_eq!(collected(&scan(&some).unwrap()).height(), 400);
        let one = format!("memory://tables/{ending}/year=2024/month=1/part.{ending}");
        // Of one file, the folders above say nothing.
        assert_eq!(collected(&scan(&one).unwrap()), table(202_401, 200), "{ending}");
        assert_eq!(collected(&scan(&one).unwrap().select([len()])), df!("len" => [200u32]).unwrap());
        let sql = "SELECT year, sum(n) AS n FROM t WHERE month = 1 GROUP BY year ORDER BY year";
        let (a, b) = (Frame::sql(sql, &[("t", there)]).unwrap(), Frame::sql(sql, &[("t", disk)]).unwrap());
        assert_eq!(collected(&a), collected(&b));
    }
}

#[test]
fn scans_of_polars_are_looked_up() {
    put("memory://polars/x.parquet", &encoded(&table(0, 100), "parquet"));
    put("memory://polars/x.csv", &encoded(&table(0, 100), "csv"));
    let path = PlRefPath::new("memory://polars/x.parquet");
    let args = ScanArgsParquet {
        row_index: Some(polars::io::RowIndex { name: "row".into(), offset: 5 }),
        include_file_paths: Some("from".into()),
        ..ScanArgsParquet::default()
    };
    let rows = collected(&frame(LazyFrame::scan_parquet(path, args).unwrap()));
    assert_eq!(rows.get_column_names(), ["row", "n", "half", "name", "from"]);
    assert_eq!(rows.column("row").unwrap().u32().unwrap().get(99), Some(104));
    assert_eq!(rows.column("from").unwrap().str().unwrap().get(0), Some("memory://polars/x.parquet"));
    let csv = LazyCsvReader::new(PlRefPath::new("memory://polars/x.csv")).with_infer_schema_length(Some(3)).finish().unwrap();
    assert_eq!(collected(&frame(csv.clone())), table(0, 100));
    assert_eq!(collected(&frame(csv.select([len()]))), df!("len" => [100u32]).unwrap());
}

#[test]
fn files_are_read_over_http_and_failures_pass() {
    let server = Server::start();
    for ending in ENDINGS {
        let name = format!("tables/x.{ending}");
        server.put(&name, &encoded(&table(0, 500), ending));
        server.fail(&name, 1, Fault::Status(503));
        server.fail(&name, 1, Fault::Truncate);
        let url = format!("{}/{name}", server.address);
        assert_eq!(collected(&scan(&url).unwrap()), table(0, 500), "{ending}");
    }
    // A partition of Parquet whose columns lie side by side is one request.
    server.put("few/x.parquet", &encoded(&table(0, 70), "parquet"));
    let frame = scan(format!("{}/few/x.parquet", server.address)).unwrap();
    let before = server.requests().len();
    collected(&frame);
    let n = server.requests().len() - before;
    assert!(n <= 4, "{n} requests: a look, the footer's end, and the rows");
}

#[test]
fn what_is_wrong_is_named_with_its_url() {
    let server = Server::start();
    server.put("t/broken.parquet", b"PAR1 nothing of the kind PAR1");
    server.put("t/x.parquet", &encoded(&table(0, 10), "parquet"));
    let wrong = |name: &str| {
        let url = format!("{}/{name}", server.address);
        let e = scan(&url).and_then(|f| f.collect_in(&session())).expect_err("refused");
        assert!(e.to_string().contains(name), "{name}: {e}");
        e
    };
    let missing = wrong("t/missing.parquet");
    assert!(missing.kind() == ErrorKind::Usage && missing.to_string().contains("does not exist"), "{missing}");
    assert_eq!(wrong("t/broken.parquet").kind(), ErrorKind::Corrupt);
    assert!(wrong("t/*.parquet").to_string().contains("cannot be listed"));
    put("memory://mixed/a.csv", b"x\n1\n");
    put("memory://mixed/b.parquet", b"");
    let e = scan("memory://mixed").unwrap_err();
    assert!(e.to_string().contains("a.csv") && e.to_string().contains("b.parquet"), "{e}");
    put("memory://badline/a.csv", b"x,y\n1,2\n3,four\n");
    let csv = LazyCsvReader::new(PlRefPath::new("memory://badline/a.csv")).with_infer_schema_length(Some(1)).finish().unwrap();
    let e = frame(csv).collect_in(&session()).unwrap_err();
    assert!(e.to_string().contains("memory://badline/a.csv, line 3"), "{e}");
    put("memory://differ/a.parquet", &encoded(&table(0, 10), "parquet"));
    put("memory://differ/b.parquet", &encoded(&df!("n" => ["text"]).unwrap(), "parquet"));
    let e = scan("memory://differ/").unwrap().collect_in(&session()).unwrap_err();
    assert!(e.to_string().contains("memory://differ/b.parquet: column 'n' is str"), "{e}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn random_cuts_read_the_same(rows in prop::collection::vec(0i64..60, 1..5), bytes in 1u64..3000, ending in 0usize..4) {
        let ending = ENDINGS[ending];
        let dir = tempfile::tempdir().unwrap();
        let base = format!("memory://random/{}", dir.path().file_name().unwrap().to_string_lossy());
        for (i, &n) in rows.iter().enumerate() {
            let bytes = encoded(&table(i as i64 * 1000 + 1, n + 1), ending);
            std::fs::write(dir.path().join(format!("{i}.{ending}")), &bytes).unwrap();
            put(&format!("{base}/{i}.{ending}"), &bytes);
        }
        let of = |path: &Path| collected(&scan(path).unwrap().with_partition_bytes(bytes));
        prop_assert_eq!(of(Path::new(&base)), of(dir.path()));
    }
}
