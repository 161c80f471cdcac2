//! Statistics of a raster by zones of another raster on the same grid, in one pass.

use crate::array::{DynArray, Index, map_blocks};
use crate::base::{Axis, DType, Error, Grid, Result};
use crate::chunk::Tensor;
use crate::op::reduction::{MAX, MIN, SUM};
use crate::raster::Raster;
use crate::raster::grid::same_grid;
use crate::session::Session;
use ndarray::{Array4, ArrayD};

/// What is known of the valid pixels of one zone.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoneStats {
    /// The zone, from 1.
    pub zone: usize,
    /// Valid pixels.
    pub count: u64,
    /// Sum of their values.
    pub sum: f64,
    /// Mean, NaN without a pixel.
    pub mean: f64,
    /// Smallest, NaN without a pixel.
    pub min: f64,
    /// Largest, NaN without a pixel.
    pub max: f64,
}

/// Columns of a block's table.
const COUNT: usize = 0;
const SUM_OF: usize = 1;
const LEAST: usize = 2;
const MOST: usize = 3;

/// Statistics of `values` for zones 1 to `n_zones` of `zones` (integers; 0 and numbers beyond belong to no zone). Pixels that are
/// no data or NaN do not count. Sums are added in float64 in pixel order within a chunk, then over chunks in order.
///
/// # Errors
/// When the rasters are not 2-D on the same grid; as [`Session::run`].
pub fn zonal_stats(values: &Raster, zones: &Raster, n_zones: usize, session: &Session) -> Result<Vec<ZoneStats>> {
    same_grid((values.name(), values.size(), values.georef()), (zones.name(), zones.size(), zones.georef()))?;
    if values.array().ndim() != 2 || zones.array().ndim() != 2 {
        return Err(Error::usage("zonal statistics take one band of each raster: choose it with band(n)"));
    }
    if !zones.array().dtype().is_integer() {
        return Err(Error::dtype(format!("zones must be integers, not {}", zones.array().dtype())));
    }
    let nan = values.array().astype(DType::F64)?;
    let valid = match values.missing()? {
        None => nan,
        Some(m) => crate::array::where_(&m, f64::NAN, &nan)?,
    };
    let tables = tables(&valid, &zones.array().astype(DType::I64)?, n_zones)?;
    let column = |c: usize| tables.index(&[Index::Ellipsis, Index::At(c as isize)]);
    let over = |a: DynArray, op| a.reduce(op, Some(&[0, 1]), false, 0.0, 8);
    let wanted =
        [over(column(COUNT)?, &SUM)?, over(column(SUM_OF)?, &SUM)?, over(column(LEAST)?, &MIN)?, over(column(MOST)?, &MAX)?];
    let exprs: Vec<_> = wanted.iter().map(|a| a.expr().clone()).collect();
    let found: Vec<ArrayD<f64>> = session.compute_all(&exprs)?.iter().map(Tensor::to_ndarray).collect::<Result<_>>()?;
    Ok((0..n_zones)
        .map(|z| {
            let count = found[COUNT][[z]];
            let some = |v: f64| if count > 0.0 { v } else { f64::NAN };
            ZoneStats {
                zone: z + 1,
                count: count as u64,
                sum: found[SUM_OF][[z]],
                mean: some(found[SUM_OF][[z]] / count),
                min: some(found[LEAST][[z]]),
                max: some(found[MOST][[z]]),
            }
        })
        .collect())
}

/// For every chunk a table `[1, 1, zone, column]`.
fn tables(values: &DynArray, zones: &DynArray, n_zones: usize) -> Result<DynArray> {
    let wide = |a: &DynArray| a.index(&[Index::Ellipsis, Index::NewAxis, Index::NewAxis]);
    // The zones take the values' chunks, so that every block of one meets one block of the other.
    let chunks = values.chunks();
    let zones = zones.rechunk(chunks.clone())?;
    let ones = |n: usize| Axis::regular(n, 1);
    let grid = Grid::new([ones(chunks[0].len()), ones(chunks[1].len()), Axis::whole(n_zones), Axis::whole(4)]);
    map_blocks("zonal", &[&wide(values)?, &wide(&zones)?], DType::F64, Some(grid), move |_, blocks| {
        let mut out = Array4::<f64>::zeros((1, 1, n_zones, 4));
        for z in 0..n_zones {
            out[[0, 0, z, LEAST]] = f64::INFINITY;
            out[[0, 0, z, MOST]] = f64::NEG_INFINITY;
        }
        let flat = |t: &Tensor| t.contiguous();
        let (v, z) = (flat(&blocks[0]), flat(&blocks[1]));
        let table = out.as_slice_mut().ok_or_else(|| Error::bug("a fresh array is contiguous"))?;
        for (&x, &zone) in v.as_slice::<f64>()?.iter().zip(z.as_slice::<i64>()?) {
            if zone >= 1 && zone as u64 <= n_zones as u64 && !x.is_nan() {
                let row = &mut table[(zone as usize - 1) * 4..][..4];
                row[COUNT] += 1.0;
                row[SUM_OF] += x;
                row[LEAST] = row[LEAST].min(x);
                row[MOST] = row[MOST].max(x);
            }
        }
        Ok(Tensor::from_ndarray(out.into_dyn()))
    })
}
