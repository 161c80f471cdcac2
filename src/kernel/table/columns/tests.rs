use super::{Rows, encode};
use crate::chunk::table_bytes::{column_bytes, own_bytes};
use polars::prelude::*;
use polars_arrow::bitmap::Bitmap;
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
    let list = ListChunked::from_iter(list).into_series().with_name("list".into());
    let list = list.cast(&DataType::List(Box::new(DataType::Int64))).unwrap();
    let strings = list.cast(&DataType::List(Box::new(DataType::String))).unwrap().with_name("strings".into());
    let fields = [texts.clone(), strings.clone(), cast("i8", DataType::Int8).take_materialized_series()];
    let there = Bitmap::from_iter(values.iter().map(|v| v.is_none_or(|v| v % 4 != 0)));
    let structs =
        StructChunked::from_series("struct".into(), values.len(), fields.iter()).unwrap().with_outer_validity(Some(there));
    let structs = structs.into_series();
    // Every other row is a list of the two that come next.
    let next = |i: usize| i.is_multiple_of(2).then(|| structs.slice(i as i64, 2));
    let of_structs: Vec<Option<Series>> = (0..values.len()).map(next).collect();
    let of_structs = ListChunked::from_iter(of_structs).into_series().with_name("structs".into());
    let of_structs = of_structs.cast(&DataType::List(Box::new(structs.dtype().clone()))).unwrap();
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
            Column::from(list),
            Column::from(strings),
            Column::from(structs),
            Column::from(of_structs),
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
fn a_few_rows_that_are_settled_hold_what_they_have() {
    let values: Vec<Option<i64>> = (0..20_000).map(|i| Some(i * 1_000_003)).collect();
    let all = table(&values);
    let few = all.slice(7_000, 20);
    let copy = super::settled(few.clone()).unwrap();
    assert!(copy.equals_missing(&few));
    for (few, copy) in few.columns().iter().zip(copy.columns()) {
        let own = own_bytes(few, 0..20);
        assert!(own < 4_000, "{few:?}: {own}");
        assert!(column_bytes(copy) <= own + 200, "{copy:?}: {} of {own}", column_bytes(copy));
        let many = own_bytes(all.column(few.name()).unwrap(), 0..20_000);
        assert!(own >= many / 1000 / 2, "{few:?}: {own} of {many}");
    }
    // What has no more than its rows is left alone.
    let again = super::settled(copy.clone()).unwrap();
    let place =
        |t: &DataFrame| t.column("text").unwrap().str().unwrap().downcast_iter().map(|a| a.views().as_ptr()).collect::<Vec<_>>();
    assert_eq!(place(&again), place(&copy));
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
