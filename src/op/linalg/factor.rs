//! Factorisations of whole matrices, and of the pieces of larger ones.

use crate::base::{AxisSlice, Error, Result};
use crate::chunk::{BufferMut, Tensor};
use crate::kernel::linalg::lu::Lu;
use crate::kernel::linalg::triangular::{self, Triangle};
use crate::kernel::linalg::{Field, dense, lu, qr, rows};
use crate::op::linalg::lanes::{Beside, Factors, each, next, put};
use faer::{Mat, MatMut, MatRef};
use serde::{Deserialize, Serialize};

/// Q and R of every matrix, packed: R below Q, or right of it where there are more columns than rows; or R alone.
#[derive(Debug, Serialize, Deserialize)]
pub struct Qr {
    /// With Q.
    pub q: bool,
}

impl Factors for Qr {
    const NAME: &'static str = "qr";
    const DOC: &'static str = "Orthogonal and upper triangular factors of every matrix, packed into one block.";

    fn run<T: Field>(&self, shape: &[usize], inputs: &[Tensor]) -> Result<Tensor>
    where
        f64: From<T::Real>,
    {
        each::<T>(shape, inputs, |matrices, mut out| {
            let a = next(&mut matrices.into_iter())?;
            let (m, n) = (a.nrows(), a.ncols());
            if !self.q {
                let (r, _) = qr::upper(qr::reflections(a, qr::block_size(m, n)).packed.as_ref());
                return put(&mut out, 0, 0, r.as_ref());
            }
            let (q, r) = qr::factors(a);
            put(&mut out, 0, 0, q.as_ref())?;
            let at = if m >= n { (m, 0) } else { (0, m) };
            put(&mut out, at.0, at.1, r.as_ref())
        })
    }

    // The matrix and its reflections in columns, their vectors, Q and R before they are packed; blocks of reflections.
    fn scratch(&self, bytes: u64) -> u64 {
        6 * bytes
    }
}

/// Reflections of a panel of columns: their vectors under R, and below them the factors of their blocks.
#[derive(Debug, Serialize, Deserialize)]
pub struct QrPanel {
    /// Reflections in a block: rows of their factors.
    pub block: usize,
}

impl Factors for QrPanel {
    const NAME: &'static str = "qr_panel";
    const DOC: &'static str = "Householder reflections of a panel of columns.";

    fn run<T: Field>(&self, shape: &[usize], inputs: &[Tensor]) -> Result<Tensor>
    where
        f64: From<T::Real>,
    {
        each::<T>(shape, inputs, |matrices, mut out| {
            let f = qr::reflections(next(&mut matrices.into_iter())?, self.block);
            put(&mut out, 0, 0, f.packed.as_ref())?;
            put(&mut out, f.packed.nrows(), 0, f.factors.as_ref())
        })
    }

    fn scratch(&self, bytes: u64) -> u64 {
        4 * bytes
    }
}

/// R of a [`QrPanel`] with at least as many rows as columns.
#[derive(Debug, Serialize, Deserialize)]
pub struct QrUpper {}

impl Factors for QrUpper {
    const NAME: &'static str = "qr_upper";
    const DOC: &'static str = "The triangular factor above Householder reflections.";

    fn run<T: Field>(&self, shape: &[usize], inputs: &[Tensor]) -> Result<Tensor>
    where
        f64: From<T::Real>,
    {
        let top: Vec<Tensor> = inputs.iter().map(|t| t.slice_axis(0, AxisSlice { start: 0, step: 1, len: t.shape()[1] })).collect();
        each::<T>(shape, &top, |matrices, mut out| {
            let (r, _) = qr::upper(next(&mut matrices.into_iter())?.as_ref());
            put(&mut out, 0, 0, r.as_ref())
        })
    }

    // Two triangles.
    fn scratch(&self, bytes: u64) -> u64 {
        bytes
    }
}

/// The Q that belongs to [`QrUpper`], of a [`QrPanel`] with one block of reflections, times a square matrix.
#[derive(Debug, Serialize, Deserialize)]
pub struct QrTimes {}

impl Factors for QrTimes {
    const NAME: &'static str = "qr_times";
    const DOC: &'static str = "The orthogonal factor that Householder reflections stand for, times a matrix.";

    fn run<T: Field>(&self, shape: &[usize], inputs: &[Tensor]) -> Result<Tensor>
    where
        f64: From<T::Real>,
    {
        let [panel, x] = inputs else { return Err(Error::bug(format!("reflections and {} matrices", inputs.len()))) };
        let (panel, x) = (rows::in_rows(panel), rows::in_rows(x));
        let (panel, x) = (dense::matrix(&rows::rows_of::<T>(&panel)?), dense::matrix(&rows::rows_of::<T>(&x)?));
        let (m, n) = (panel.nrows().saturating_sub(panel.ncols()), panel.ncols());
        if m < n || x.nrows() != n || shape != [m, x.ncols()] {
            return Err(Error::bug(format!("{m} by {n} reflections times {} rows for {shape:?}", x.nrows())));
        }
        let mut out = BufferMut::zeroed(shape.iter().product::<usize>() * size_of::<T>());
        let to = MatMut::from_row_major_slice_mut(out.elements_mut::<T>(), m, x.ncols());
        qr::times(panel.subrows(0, m), panel.subrows(m, n), x, to);
        Tensor::new(T::DTYPE, shape, out.freeze())
    }

    // The matrix turned, its products with the reflections, and their triangle.
    fn scratch(&self, bytes: u64) -> u64 {
        bytes
    }
}

/// The reflections of a [`QrPanel`] applied to other columns of the same rows.
#[derive(Debug, Serialize, Deserialize)]
pub struct QrApply {
    /// Their adjoint.
    pub adjoint: bool,
    /// Rows of the panel.
    pub n_rows: usize,
    /// How the panel stands beside the columns.
    pub beside: Beside,
}

impl Factors for QrApply {
    const NAME: &'static str = "qr_apply";
    const DOC: &'static str = "Householder reflections of a panel applied to other columns.";

    fn run<T: Field>(&self, shape: &[usize], inputs: &[Tensor]) -> Result<Tensor>
    where
        f64: From<T::Real>,
    {
        self.beside.each::<T>(shape, inputs, |matrices, mut out| {
            let mut matrices = matrices.into_iter();
            let (panel, columns) = (next(&mut matrices)?, next(&mut matrices)?);
            put(&mut out, 0, 0, columns.as_ref())?;
            let (m, n) = (self.n_rows, panel.ncols());
            if panel.nrows() < m || columns.nrows() != m {
                return Err(Error::bug(format!("reflections of {m} rows for {}", columns.nrows())));
            }
            let factors = panel.submatrix(m, 0, panel.nrows() - m, m.min(n));
            let mut work = columns;
            qr::apply(panel.subrows(0, m), factors, self.adjoint, work.as_mut());
            put(&mut out, 0, 0, work.as_ref())
        })
    }

    fn scratch(&self, bytes: u64) -> u64 {
        4 * bytes
    }
}

/// L and U of every matrix in one, and in one more column which row of the matrix each of their rows is.
#[derive(Debug, Serialize, Deserialize)]
pub struct LuPanel {
    /// Refuse a matrix without inverse; `first` is the number of its first row in the whole matrix.
    pub regular: Option<usize>,
}

/// Rows are numbered in the matrix's own type, which holds them exactly up to here.
pub const MAX_LU_ROWS: usize = 1 << 24;

/// The factors that a [`LuPanel`] packed.
fn unpacked<T: Field>(panel: MatRef<'_, T>) -> Lu<T> {
    let n = panel.ncols().saturating_sub(1);
    let rows = (0..panel.nrows()).map(|i| panel[(i, n)].size() as usize).collect();
    Lu { packed: panel.subcols(0, n).to_owned(), rows }
}

impl Factors for LuPanel {
    const NAME: &'static str = "lu_panel";
    const DOC: &'static str = "Triangular factors of every matrix with its rows in the order of the pivots.";

    fn run<T: Field>(&self, shape: &[usize], inputs: &[Tensor]) -> Result<Tensor>
    where
        f64: From<T::Real>,
    {
        each::<T>(shape, inputs, |matrices, mut out| {
            let f = lu::factors(next(&mut matrices.into_iter())?);
            if let Some(first) = self.regular {
                f.check(first)?;
            }
            put(&mut out, 0, 0, f.packed.as_ref())?;
            let n = f.packed.ncols();
            f.rows.iter().enumerate().for_each(|(i, &r)| out[(i, n)] = T::of(r as f64));
            Ok(())
        })
    }

    fn scratch(&self, bytes: u64) -> u64 {
        // The matrix in columns, a second one, and three lists of rows.
        5 * bytes
    }
}

/// What is done to columns with the factors of a [`LuPanel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LuStep {
    /// Rows in the order of the pivots.
    Permute,
    /// Rows back from that order.
    Restore,
    /// Elimination as of the panel itself.
    Eliminate,
    /// The solution, for a square panel.
    Solve,
    /// Three numbers of a square panel: the sign of its determinant, the logarithm of its size, the determinant. The columns are
    /// not looked at.
    Determinant,
}

/// The factors of a [`LuPanel`] at work on other columns of the same rows.
#[derive(Debug, Serialize, Deserialize)]
pub struct LuApply {
    /// What is done.
    pub step: LuStep,
    /// How the panel stands beside the columns.
    pub beside: Beside,
}

fn determinant<T: Field>(f: &Lu<T>, mut out: MatMut<'_, T>) -> Result<()> {
    let start = T::of(if lu::is_odd(&f.rows) { -1.0 } else { 1.0 });
    let (mut sign, mut log, mut all) = (start, 0.0, start);
    for i in 0..f.packed.nrows().min(f.packed.ncols()) {
        let pivot = f.packed[(i, i)];
        sign = if pivot.size() == 0.0 { T::of(0.0) } else { sign.times(pivot.phase()) };
        log += pivot.size().ln();
        all = all.times(pivot);
    }
    if out.ncols() < 3 || out.nrows() < 1 {
        return Err(Error::bug("no room for a determinant"));
    }
    (out[(0, 0)], out[(0, 1)], out[(0, 2)]) = (sign, T::of(log), all);
    Ok(())
}

impl Factors for LuApply {
    const NAME: &'static str = "lu_apply";
    const DOC: &'static str = "Triangular factors at work: rows exchanged, columns eliminated, systems solved, determinants.";

    fn run<T: Field>(&self, shape: &[usize], inputs: &[Tensor]) -> Result<Tensor>
    where
        f64: From<T::Real>,
    {
        self.beside.each::<T>(shape, inputs, |matrices, mut out| {
            let mut matrices = matrices.into_iter();
            let f = unpacked(next(&mut matrices)?.as_ref());
            if self.step == LuStep::Determinant {
                return determinant(&f, out);
            }
            let b = next(&mut matrices)?;
            if b.nrows() != f.rows.len() || f.rows.iter().any(|&r| r >= b.nrows()) {
                return Err(Error::bug(format!("factors of {} rows for {}", f.rows.len(), b.nrows())));
            }
            let done: Mat<T> = match self.step {
                LuStep::Permute => f.permuted(&b),
                LuStep::Restore => {
                    let mut back = vec![0; f.rows.len()];
                    f.rows.iter().enumerate().for_each(|(i, &r)| back[r] = i);
                    Lu { packed: Mat::zeros(0, 0), rows: back }.permuted(&b)
                }
                LuStep::Eliminate => f.eliminated(&b),
                _ => {
                    let mut x = f.eliminated(&b);
                    if x.ncols() > 0 && x.nrows() > 0 {
                        f.back(x.as_mut());
                    }
                    x
                }
            };
            put(&mut out, 0, 0, done.as_ref())
        })
    }

    fn scratch(&self, bytes: u64) -> u64 {
        3 * bytes
    }
}

/// The lower triangle L with L Lᴴ = A for every matrix, of which the lower triangle is read.
#[derive(Debug, Serialize, Deserialize)]
pub struct Cholesky {
    /// Number of the first row in the whole matrix.
    pub first: usize,
}

impl Factors for Cholesky {
    const NAME: &'static str = "cholesky";
    const DOC: &'static str = "The lower triangular factor of every positive definite matrix.";

    fn run<T: Field>(&self, shape: &[usize], inputs: &[Tensor]) -> Result<Tensor>
    where
        f64: From<T::Real>,
    {
        each::<T>(shape, inputs, |matrices, mut out| {
            put(&mut out, 0, 0, triangular::cholesky(next(&mut matrices.into_iter())?, self.first)?.as_ref())
        })
    }

    fn scratch(&self, bytes: u64) -> u64 {
        2 * bytes
    }
}

/// `A⁻¹ B` of a triangular A and B; or `B A⁻ᴴ`.
#[derive(Debug, Serialize, Deserialize)]
pub struct TriangularSolve {
    /// Which triangle.
    pub triangle: Triangle,
    /// `B A⁻ᴴ`.
    pub right_adjoint: bool,
    /// Number of the first row in the whole matrix.
    pub first: usize,
    /// How A stands beside B.
    pub beside: Beside,
}

impl Factors for TriangularSolve {
    const NAME: &'static str = "triangular_solve";
    const DOC: &'static str = "Solutions of triangular systems.";

    fn run<T: Field>(&self, shape: &[usize], inputs: &[Tensor]) -> Result<Tensor>
    where
        f64: From<T::Real>,
    {
        self.beside.each::<T>(shape, inputs, |matrices, mut out| {
            let mut matrices = matrices.into_iter();
            let (a, b) = (next(&mut matrices)?, next(&mut matrices)?);
            // X Aᴴ = B is A Xᴴ = Bᴴ.
            let mut x = if self.right_adjoint { b.adjoint().to_owned() } else { b };
            triangular::solve_in_place(a.as_ref(), self.triangle, x.as_mut(), self.first)?;
            let x = if self.right_adjoint { x.adjoint().to_owned() } else { x };
            put(&mut out, 0, 0, x.as_ref())
        })
    }

    fn scratch(&self, bytes: u64) -> u64 {
        3 * bytes
    }
}
