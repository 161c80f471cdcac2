//! Means by the calendar, and what deviates from them.

use crate::options::{Options, scalar, scalars};
use crate::{Answer, repeated, timed};
use serde_json::json;
use tilework::array::create::from_tensor;
use tilework::array::{DynArray, open_zarr};
use tilework::op::reduction::MEAN;
use tilework::{Chunks, Result};

/// The first year of the daily data, and how many there are.
const FIRST_YEAR: usize = 1990;
const N_YEARS: usize = 30;

/// The rows of `means` that `groups` names, cut as `x`.
fn spread(means: &DynArray, groups: &[usize], x: &DynArray) -> Result<DynArray> {
    let rows: Vec<isize> = groups.iter().map(|&g| g as isize).collect();
    means.take(rows, Some(0))?.rechunk(x.chunks())
}

/// The day of the year (from 0) of each day.
fn days_of_year() -> Vec<usize> {
    let leap = |y: usize| y.is_multiple_of(4) && (!y.is_multiple_of(100) || y.is_multiple_of(400));
    (FIRST_YEAR..FIRST_YEAR + N_YEARS).flat_map(|y| 0..365 + usize::from(leap(y))).collect()
}

/// The means of each day of the year over 30 years, and the differences from them: the standard deviation of these, mean and standard
/// deviation of those.
pub fn climatology(o: &Options) -> Result<Answer> {
    let (s, reads) = o.watched()?;
    let (seconds, value) = timed(|| {
        let x = open_zarr(o.path("input")?, Chunks::Auto)?;
        let day = days_of_year();
        let means = x.group_reduce(&MEAN, 0, &day, 366)?;
        let anomaly = x.subtract(&spread(&means, &day, &x)?)?;
        scalars(&[anomaly.std(None)?, means.mean(None)?, means.std(None)?], &s)
    })?;
    Ok(Answer { extra: json!({ "bytes_read": reads.bytes() }), ..Answer::new(seconds, value) })
}

/// The week (from 0) by ISO 8601 of every sixth hour from 2013 on.
fn weeks(n: usize) -> Vec<usize> {
    let week = |day: usize| {
        let thursday = day + 3 - (day + 1) % 7; // 2013-01-01 was a Tuesday
        (if thursday < 365 { thursday } else { (thursday - 365) % 365 }) / 7
    };
    (0..n).map(|i| week(i / 4)).collect()
}

/// (x - weekly means of x).sum(), of a cube in memory, `--repeat` times; checked by the sum of the absolute differences, which is not
/// timed.
pub fn weekly(o: &Options) -> Result<Answer> {
    let (s, side) = (o.session()?, o.number("chunk", 5)?);
    let cube = crate::inputs::owned::<f32>(o.path("input")?)?;
    let x = from_tensor(cube, [0, side, side])?;
    let (seconds, (sum, differences)) = repeated(o.number("repeat", 1)?, || {
        let week = weeks(x.shape()[0]);
        let n = week.iter().max().map_or(0, |w| w + 1);
        let means = x.group_reduce(&MEAN, 0, &week, n)?;
        let differences = x.subtract(&spread(&means, &week, &x)?)?;
        Ok((scalar(&differences.sum(None)?, &s)?, differences))
    })?;
    Ok(Answer::new(seconds, vec![sum, scalar(&differences.absolute()?.mean(None)?, &s)?]))
}
