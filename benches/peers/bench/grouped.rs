//! Means by the calendar, and what deviates from them. There is no grouped mean along an axis, so it is put together from takes.

use crate::options::{Options, scalar, scalars};
use crate::{Answer, timed};
use serde_json::json;
use tilework::array::create::from_tensor;
use tilework::array::{DynArray, concatenate, open_zarr};
use tilework::op::reduction::MEAN;
use tilework::{Chunks, Result};

/// The first year of the daily data, and how many there are.
const FIRST_YEAR: usize = 1990;
const N_YEARS: usize = 30;

/// The means of the rows in `rows`, as one row.
fn mean_of(x: &DynArray, rows: Vec<isize>) -> Result<DynArray> {
    x.take(rows, Some(0))?.reduce(&MEAN, Some(&[0]), true, 0.0, 8)
}

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
/// deviation of those. The first 365 days of each year become an axis of years, the 366th of leap years a group of their own.
pub fn climatology(o: &Options) -> Result<Answer> {
    let (s, reads) = o.watched()?;
    let (seconds, value) = timed(|| {
        let x = open_zarr(o.path("input")?, Chunks::Auto)?;
        let day = days_of_year();
        let rows = |last: bool| (0..day.len()).filter(|&i| (day[i] == 365) == last).map(|i| i as isize).collect::<Vec<isize>>();
        let shape = x.shape();
        let years = [N_YEARS as isize, 365, shape[1] as isize, shape[2] as isize];
        let common = x.take(rows(false), Some(0))?.reshape(&years)?.mean(Some(&[0]))?;
        let means = concatenate(&[common, mean_of(&x, rows(true))?], 0)?;
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

/// (x - weekly means of x).sum(), of a cube in memory; checked by the sum of the absolute differences, which is not timed.
pub fn weekly(o: &Options) -> Result<Answer> {
    let (s, side) = (o.session()?, o.number("chunk", 5)?);
    let cube = crate::inputs::owned::<f32>(o.path("input")?)?;
    let x = from_tensor(cube, [0, side, side])?;
    let (seconds, (sum, differences)) = timed(|| {
        let week = weeks(x.shape()[0]);
        let rows = |w: usize| (0..week.len()).filter(|&i| week[i] == w).map(|i| i as isize).collect::<Vec<isize>>();
        let n = week.iter().max().map_or(0, |w| w + 1);
        let means: Vec<DynArray> = (0..n).map(|w| mean_of(&x, rows(w))).collect::<Result<_>>()?;
        let means = concatenate(&means, 0)?.rechunk(Chunks::Sizes(vec![0, side, side]))?;
        let differences = x.subtract(&spread(&means, &week, &x)?)?;
        Ok((scalar(&differences.sum(None)?, &s)?, differences))
    })?;
    Ok(Answer::new(seconds, vec![sum, scalar(&differences.absolute()?.mean(None)?, &s)?]))
}
