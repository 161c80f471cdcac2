//! A table as it is shown in a terminal: its first and last rows. However many there are, no more are kept.

use crate::base::Result;
use crate::chunk::dataframe::table_error;
use crate::frame::Frame;
use crate::kernel::table::columns::compact;
use crate::kernel::table::lookup::gather;
use crate::session::Session;
use polars::prelude::{DataFrame, IdxSize};
use std::ops::Range;

/// How many rows are shown, as Polars has it; fewer than 0 are all.
const SETTING: &str = "POLARS_FMT_MAX_ROWS";
const MOST: i64 = 10;

/// The result of a query as Polars shows it.
///
/// # Errors
/// What the query fails with.
pub(super) fn shown(frame: &Frame, session: &Session) -> Result<String> {
    let setting = std::env::var(SETTING).ok().and_then(|n| n.parse().ok());
    match usize::try_from(setting.unwrap_or(MOST)) {
        Ok(most) => ends(frame, session, most),
        Err(_) => Ok(frame.collect_in(session)?.to_string()),
    }
}

fn ends(frame: &Frame, session: &Session, most: usize) -> Result<String> {
    let mut n_rows = 0;
    let mut ends: Option<[DataFrame; 2]> = None;
    frame.for_each_partition(session, |_, rows| {
        let n = rows.height();
        n_rows += n;
        let n_first = most + 1 - ends.as_ref().map_or(0, |[first, _]| first.height());
        let [first, last] = [copied(&rows, 0..n.min(n_first))?, copied(&rows, n.saturating_sub(most)..n)?];
        ends = Some(match ends.take() {
            None => [first, last],
            Some([mut all_first, mut all_last]) => {
                all_first.vstack_mut(&first).and_then(|_| all_last.vstack_mut(&last).map(|_| ())).map_err(table_error)?;
                [all_first, all_last.tail(Some(most))]
            }
        });
        Ok(())
    })?;
    let Some([first, last]) = ends else { return Ok(frame.collect_in(session)?.to_string()) };
    if n_rows <= most {
        return Ok(first.to_string());
    }
    // One row more than is shown, so that there is a line for what lies between.
    let rows = first.head(Some(most.div_ceil(2) + 1)).vstack(&last.tail(Some(most / 2))).map_err(table_error)?;
    let text = rows.to_string();
    let (shape, table) = text.split_once('\n').unwrap_or_default();
    Ok(format!("{}\n{table}", shape.replacen(&rows.height().to_string(), &with_underscores(n_rows), 1)))
}

/// Some rows by themselves, keeping nothing alive but what they have.
fn copied(rows: &DataFrame, which: Range<usize>) -> Result<DataFrame> {
    compact(gather(rows, &which.map(|row| row as IdxSize).collect::<Vec<_>>()))
}

/// A number with its digits in groups of three.
fn with_underscores(n: usize) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|g| std::str::from_utf8(g).ok()).collect();
    groups.join("_")
}

#[cfg(test)]
mod tests {
    use super::{ends, with_underscores};
    use crate::Session;
    use crate::frame::frame;
    use polars::prelude::{IntoLazy, df};

    #[test]
    fn what_is_shown_is_what_polars_shows() {
        for n in [0i64, 1, 10, 11, 12, 4000] {
            let rows = df!("n" => (0..n).collect::<Vec<_>>(), "s" => (0..n).map(|i| format!("row {}", i % 7)).collect::<Vec<_>>())
                .unwrap();
            let f = frame(rows.clone().lazy()).with_partition_bytes(1000);
            assert_eq!(ends(&f, &Session::default(), 10).unwrap(), rows.to_string(), "{n} rows");
        }
        assert_eq!([0, 999, 1000, 1_234_567].map(with_underscores), ["0", "999", "1_000", "1_234_567"]);
    }
}
