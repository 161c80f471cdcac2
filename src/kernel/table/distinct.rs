//! How many different values groups of rows have.

use crate::kernel::table::group::{MOST_IN_RUN, exact, groups};
use polars::prelude::{Column, DataFrame, IdxCa, IdxSize, IntoSeries, PlSmallStr, PolarsResult};

/// How many different values the rows of each group have in a column.
pub(super) fn n_distinct(column: &Column, of_rows: &[IdxSize], n_groups: usize) -> PolarsResult<Column> {
    if let Some(counts) = n_distinct_in_runs(column, of_rows) {
        return Ok(IdxCa::from_vec(PlSmallStr::EMPTY, counts).into_series().into());
    }
    let group = (!of_rows.is_empty()).then(|| IdxCa::from_vec("group".into(), of_rows.to_vec()).into_series().into());
    let value = column.clone().with_name("value".into());
    let pairs = DataFrame::new_infer_height(group.into_iter().chain([value]).collect())?;
    let mut counts: Vec<IdxSize> = vec![0; n_groups];
    let mut n = 0;
    for (row, &pair) in groups(&pairs).iter().enumerate() {
        if pair == n {
            counts[of_rows.get(row).map_or(0, |&group| group as usize)] += 1;
            n += 1;
        }
    }
    Ok(IdxCa::from_vec(PlSmallStr::EMPTY, counts).into_series().into())
}

/// The same of numbers without nulls, where rows of a group are next to each other.
fn n_distinct_in_runs(column: &Column, of_rows: &[IdxSize]) -> Option<Vec<IdxSize>> {
    let wide = exact(column).filter(|c| c.null_count() == 0)?;
    let values = wide.cont_slice().ok()?;
    if of_rows.len() != values.len() || of_rows.is_empty() || !of_rows.is_sorted() {
        return None;
    }
    let mut seen: Vec<i64> = Vec::new();
    let mut first = 0;
    let runs = of_rows.chunk_by(|a, b| a == b).map(|run| {
        seen.clear();
        for &value in &values[first..first + run.len()] {
            if seen.len() > MOST_IN_RUN {
                break;
            }
            if !seen.contains(&value) {
                seen.push(value);
            }
        }
        if seen.len() > MOST_IN_RUN {
            seen.clear();
            seen.extend(&values[first..first + run.len()]);
            seen.sort_unstable();
            seen.dedup();
        }
        first += run.len();
        seen.len() as IdxSize
    });
    Some(runs.collect())
}

#[cfg(test)]
mod tests {
    use super::n_distinct_in_runs;
    use crate::kernel::table::group::Grouping;
    use polars::prelude::{Column, DataType, IntoLazy, NamedFrom, Series, col, df, lit};

    #[test]
    fn different_values_are_counted_as_by_the_engine() {
        let some = |i: i64| (i % 5 != 0).then_some(i * i % 11);
        let rows = df!(
            "k" => (0..300i64).map(|i| i / 7).collect::<Vec<_>>(),
            "s" => (0..300i64).map(|i| some(i).map(|v| v.to_string())).collect::<Vec<_>>(),
            "n" => (0..300).map(some).collect::<Vec<_>>(),
            "b" => (0..300i64).map(|i| some(i).map(|v| v > 5)).collect::<Vec<_>>(),
        )
        .unwrap();
        let of = |name: &str| col(name).n_unique() - col(name).has_nulls().cast(DataType::UInt32);
        let aggs: Vec<_> = ["s", "n", "b", "m"].map(of).into();
        let rows = rows.lazy().with_column((col("k") * lit(3) % lit(4)).alias("m")).collect().unwrap();
        assert_eq!(n_distinct_in_runs(rows.column("m").unwrap(), &[0; 300]), Some(vec![4]));
        let many: Vec<i64> = (0..300).map(|i| i * i % 97).collect();
        let many_of: Vec<u32> = (0..300).map(|i| i / 100).collect();
        let count = |run: &[i64]| run.iter().collect::<std::collections::HashSet<_>>().len() as u32;
        let expected: Vec<u32> = many.chunks(100).map(count).collect();
        assert_eq!(n_distinct_in_runs(&Column::from(Series::new("".into(), &many)), &many_of), Some(expected));
        for keys in [vec![col("k")], vec![col("n")], vec![col("s"), col("b")], vec![]] {
            for rows in [rows.clone(), rows.clear()] {
                let read = |name: &str| keys.iter().any(|k| k == &col(name));
                let aggs: Vec<_> =
                    aggs.iter().zip(["s", "n", "b", "m"]).filter(|(_, name)| !read(name)).map(|(a, _)| a.clone()).collect();
                let made = Grouping::new(&keys, &aggs, rows.schema()).unwrap().run(&rows).unwrap();
                let lazy = rows.lazy();
                let engine = if keys.is_empty() { lazy.select(&aggs) } else { lazy.group_by_stable(&keys).agg(&aggs) };
                assert_eq!(made, engine.collect().unwrap(), "{keys:?}");
            }
        }
        assert!(Grouping::new(&[], &[col("x").n_unique()], df!("x" => [0.5]).unwrap().schema()).is_none());
    }
}
