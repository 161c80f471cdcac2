//! Mean delays by airport, of a Parquet or CSV file of flights: `cargo run --release --example flights [FILE]`.
//!
//! Without a file, a million flights are made from a seed and written to a temporary Parquet file first.

#[cfg(feature = "frame")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use polars::prelude::{IntoLazy, df};
    use tilework::frame::{Frame, frame, scan_csv, scan_parquet};
    use tilework::session::Session;
    use tilework::{Config, parse_bytes};

    let session = Session::new(Config { budget_bytes: parse_bytes("512MiB")?, ..Config::default() });
    let folder = tempfile::tempdir()?;
    let path = match std::env::args_os().nth(1) {
        Some(path) => path.into(),
        None => {
            let mut state = 2013u64;
            let mut random = |n: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % n
            };
            let n = 1_000_000;
            let origin: Vec<&str> = (0..n).map(|_| ["EWR", "JFK", "LGA"][random(3) as usize]).collect();
            // Some flights were cancelled: they have no delay.
            let dep_delay: Vec<Option<i64>> = (0..n).map(|_| (random(40) > 0).then(|| random(90) as i64 - 20)).collect();
            let distance: Vec<f64> = (0..n).map(|_| 80.0 + random(2500) as f64).collect();
            let path = folder.path().join("flights.parquet");
            let flights = df!("origin" => origin, "dep_delay" => dep_delay, "distance" => distance)?;
            frame(flights.lazy()).sink_parquet(&session, &path, false)?;
            path
        }
    };
    let flights = if path.extension().is_some_and(|e| e == "csv") { scan_csv(&path)? } else { scan_parquet(&path)? };
    let query = "SELECT origin, mean(dep_delay) AS delay, count(*) AS flights FROM flights GROUP BY origin ORDER BY delay DESC";
    let delays = Frame::sql(query, &[("flights", flights)])?;
    println!("{}", delays.explain(&session)?);
    println!("{}", delays.collect_in(&session)?);
    Ok(())
}

#[cfg(not(feature = "frame"))]
fn main() {
    eprintln!("this example needs the feature `frame`");
}
