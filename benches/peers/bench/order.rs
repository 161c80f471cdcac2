//! Sorting, counting and medians.

use crate::inputs::{owned, weighted};
use crate::options::{Options, scalar};
use crate::{Answer, timed};
use serde_json::json;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use tilework::array::create::from_tensor;
use tilework::array::random::Generator;
use tilework::array::{Bins, DynArray, open_npy, open_zarr};
use tilework::{Chunks, Element, Error, Result};

/// The file's elements as an array in memory.
fn in_memory<T: Element>(o: &Options) -> Result<DynArray> {
    from_tensor(owned::<T>(o.path("input")?)?, o.number("chunk", 1 << 20)?)
}

/// How many standard normals fall into each of 100 bins from -5 to 5.
pub fn histogram(o: &Options) -> Result<Answer> {
    let (s, n, chunk) = (o.session()?, o.number("size", 200_000_000)?, o.number("chunk", 1 << 20)?);
    Answer::of(|| {
        let x = Generator::new(4).standard_normal(&[n], chunk)?;
        let (counts, _) = x.histogram(Bins::Even(100, -5.0, 5.0), None, false)?;
        Ok(counts.compute_in(&s)?.as_slice::<i64>()?.to_vec())
    })
}

/// A sorted array, from memory into memory.
pub fn sort(o: &Options) -> Result<Answer> {
    let (s, x) = (o.session()?, in_memory::<f64>(o)?);
    let (seconds, sorted) = timed(|| x.sort(None)?.compute_in(&s))?;
    let sorted = sorted.as_slice::<f64>()?;
    rising(sorted.is_sorted())?;
    Ok(Answer::new(seconds, weighted(sorted)))
}

/// The same, from file to file.
pub fn sort_file(o: &Options) -> Result<Answer> {
    let (s, out) = (o.session()?, o.path("output")?);
    let (seconds, ()) = timed(|| open_npy(o.path("input")?, Chunks::Auto)?.sort(None)?.save_npy(out, true, &s))?;
    let n = open_npy(out, Chunks::Auto)?.shape()[0];
    Ok(Answer::new(seconds, weighted_file(out, n)?))
}

fn rising(is: bool) -> Result<()> {
    if is { Ok(()) } else { Err(Error::bug("the result of sort does not rise")) }
}

/// [`weighted`] of a sorted `.npy` file of `n` float64, read piece by piece.
fn weighted_file(path: &Path, n: usize) -> Result<f64> {
    const PIECE: usize = 1009 << 9;
    let broken = |e: std::io::Error| Error::io(path.display(), &e);
    let mut file = std::fs::File::open(path).map_err(broken)?;
    file.seek(SeekFrom::End(-((n * size_of::<f64>()) as i64))).map_err(broken)?;
    let (mut file, mut sum, mut last) = (BufReader::new(file), 0.0, f64::NEG_INFINITY);
    for first in (0..n).step_by(PIECE) {
        let mut bytes = vec![0; PIECE.min(n - first) * size_of::<f64>()];
        file.read_exact(&mut bytes).map_err(broken)?;
        let (numbers, _) = bytes.as_chunks::<8>();
        let numbers: Vec<f64> = numbers.iter().map(|b| f64::from_le_bytes(*b)).collect();
        rising(numbers.is_sorted() && last <= numbers[0])?;
        last = numbers[numbers.len() - 1];
        sum += weighted(&numbers) * numbers.len() as f64;
    }
    Ok(sum / n as f64)
}

/// Distinct integers and how often each occurs: how many there are, and both weighted by place.
pub fn unique_counts(o: &Options) -> Result<Answer> {
    let (s, x) = (o.session()?, in_memory::<i64>(o)?);
    let (seconds, found) = timed(|| {
        let (values, counts) = x.unique_counts()?;
        s.compute_all(&[values.expr().clone(), counts.expr().clone()])
    })?;
    let numbers = |i: usize| -> Result<Vec<f64>> { Ok(found[i].as_slice::<i64>()?.iter().map(|&v| v as f64).collect()) };
    Ok(Answer::new(seconds, vec![found[0].len() as f64, weighted(&numbers(0)?), weighted(&numbers(1)?)]))
}

/// The median of an array in memory.
pub fn median(o: &Options) -> Result<Answer> {
    let (s, x) = (o.session()?, in_memory::<f64>(o)?);
    Answer::of(|| scalar(&x.median(None)?, &s))
}

/// The median of an array in Zarr.
pub fn median_zarr(o: &Options) -> Result<Answer> {
    let (s, reads) = o.watched()?;
    let (seconds, median) = timed(|| scalar(&open_zarr(o.path("input")?, Chunks::Auto)?.median(None)?, &s))?;
    Ok(Answer { extra: json!({ "bytes_read": reads.bytes() }), ..Answer::new(seconds, median) })
}
