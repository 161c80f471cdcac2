use super::{Rows, encode};
use polars::prelude::*;
use proptest::prelude::*;

fn decode(schema: &SchemaRef, bytes: &[u8]) -> crate::Result<DataFrame> {
    let mut rows = Rows::new(schema.clone(), 0);
    rows.block(bytes, None)?;
    rows.finish()
}

/// Columns of all forms, whose values are numbers from a range that is as narrow as one likes.
fn table(values: &[Option<i64>]) -> DataFrame {
    let wide = Series::new("i64".into(), values);
    let text = |v: &Option<i64>| v.map(|v| "text ".repeat(v.unsigned_abs() as usize % 7));
    let texts: Vec<Option<String>> = values.iter().map(text).collect();
    let floats: Vec<Option<f64>> = values.iter().map(|v| v.map(|v| if v % 5 == 0 { f64::NAN } else { v as f64 / 3.0 })).collect();
    let cast = |name: &str, dtype: DataType| {
        let narrow = (&wide % &Series::new("".into(), [100i64])).unwrap();
        Column::from(narrow.cast(&dtype).unwrap().with_name(name.into()))
    };
    let list: Vec<Option<Series>> = values.iter().map(|v| v.map(|v| Series::new("".into(), [v, v / 2]))).collect();
    let texts = Series::new("text".into(), texts);
    DataFrame::new(
        values.len(),
        vec![
            Column::from(wide.clone()),
            cast("i8", DataType::Int8),
            cast("i16", DataType::Int16),
            cast("i32", DataType::Int32),
            cast("i128", DataType::Int128),
            cast("date", DataType::Date),
            cast("time", DataType::Datetime(TimeUnit::Microseconds, None)),
            cast("decimal", DataType::Decimal(20, 2)),
            cast("f32", DataType::Float32),
            Column::from(Series::new("f64".into(), floats)),
            Column::from(Series::new("bool".into(), values.iter().map(|v| v.map(|v| v % 3 == 0)).collect::<Vec<_>>())),
            Column::from(texts.cast(&DataType::Binary).unwrap().with_name("binary".into())),
            Column::from(texts.cast(&DataType::from_categories(Categories::global())).unwrap().with_name("categories".into())),
            Column::from(texts),
            Column::from(wide.cast(&DataType::String).unwrap().with_name("digits".into())),
            Column::from(Series::new_null("null".into(), values.len())),
            Column::from(
                ListChunked::from_iter(list)
                    .into_series()
                    .with_name("list".into())
                    .cast(&DataType::List(Box::new(DataType::Int64)))
                    .unwrap(),
            ),
        ],
    )
    .unwrap()
}

fn numbers() -> impl Strategy<Value = Vec<Option<i64>>> {
    let wide = proptest::collection::vec(proptest::option::weighted(0.9, any::<i64>()), 0..300);
    let narrow = (any::<i64>(), 0u32..63).prop_flat_map(|(first, bits)| {
        proptest::collection::vec((0..1i64 << bits).prop_map(move |v| Some(first.wrapping_add(v))), 0..300)
    });
    prop_oneof![wide, narrow, (any::<i64>(), 0..300usize).prop_map(|(v, n)| vec![Some(v); n])]
}

proptest! {
    #[test]
    fn rows_come_back_as_they_were(parts in proptest::collection::vec((numbers(), any::<u64>(), 0.0..1.0), 1..4), cut in 0.0..1.0) {
        let tables: Vec<DataFrame> = parts.iter().map(|(values, ..)| table(values)).collect();
        let schema = tables[0].schema().clone();
        let range = |(table, end): (&DataFrame, f64)| (table.height() as f64 * end * end) as usize..(table.height() as f64 * end) as usize;
        let from: Vec<_> = tables.iter().zip(parts.iter().map(|p| p.2)).map(|(t, end)| (t, range((t, end)))).collect();
        let mut want = tables[0].clear();
        for (t, r) in &from {
            want.vstack_mut(&t.slice(r.start as i64, r.len())).unwrap();
        }
        let bytes = encode(&schema, &from).unwrap();
        let back = decode(&schema, &bytes).unwrap();
        prop_assert_eq!(back.schema(), &schema);
        prop_assert!(back.equals_missing(&want), "{back:?} {want:?}");
        prop_assert!(!back.should_rechunk());
        // Bytes that are cut off, or too many, are told.
        prop_assert!(decode(&schema, &bytes[..bytes.len() - 1]).is_err());
        prop_assert!(decode(&schema, &[&bytes[..], &[0]].concat()).is_err());
        // Blocks, slices and rows of tables, one after the other.
        let mut rows = Rows::new(schema.clone(), 10);
        let at = (want.height() as f64 * cut) as usize;
        rows.block(&bytes, Some(at..want.height())).unwrap();
        let mut all = want.slice(at as i64, want.height() - at);
        for ((t, r), (_, seed, _)) in from.iter().zip(&parts) {
            rows.slice(t, r.clone()).unwrap();
            all.vstack_mut(&t.slice(r.start as i64, r.len())).unwrap();
            let some: Vec<IdxSize> = (0..t.height() as IdxSize).rev().filter(|i| seed >> (i % 64) & 1 == 1).collect();
            rows.gather(t, &some).unwrap();
            all.vstack_mut(&t.take(&IdxCa::new("".into(), &some)).unwrap()).unwrap();
        }
        rows.block(&bytes, Some(0..at)).unwrap();
        all.vstack_mut(&want.slice(0, at)).unwrap();
        let back = rows.finish().unwrap();
        prop_assert!(back.equals_missing(&all), "{back:?} {all:?}");
        prop_assert!(!back.should_rechunk());
    }
}

#[test]
fn few_texts_and_near_numbers_take_few_bytes() {
    let n = 10_000;
    let text = |i: usize| ["DELIVER IN PERSON", "NONE", "COLLECT COD"][i % 3];
    let df = df!(
        "key" => (0..n as i64).map(|i| 5_000_000_000 + i % 250).collect::<Vec<_>>(),
        "text" => (0..n).map(text).collect::<Vec<_>>(),
    )
    .unwrap();
    let bytes = encode(df.schema(), &[(&df, 0..n)]).unwrap();
    assert!(bytes.len() < 2 * n + 200, "{}", bytes.len());
    assert!(decode(df.schema(), &bytes).unwrap().equals(&df));
}

#[test]
fn what_is_no_row_is_refused() {
    let df = df!("a" => [1, 2]).unwrap();
    assert!(encode(df.schema(), &[(&df, 1..3)]).is_err());
    assert!(Rows::new(df.schema().clone(), 0).gather(&df, &[2]).is_err());
    let other = df!("a" => ["1", "2"]).unwrap();
    assert!(encode(df.schema(), &[(&other, 0..1)]).is_err());
    assert_eq!(decode(df.schema(), &encode(df.schema(), &[]).unwrap()).unwrap().height(), 0);
}
