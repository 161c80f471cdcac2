//! Q R = A by Householder reflections, with the diagonal of R real and not negative.

use crate::kernel::linalg::dense::Field;
use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::linalg::householder;
use faer::linalg::matmul::matmul;
use faer::linalg::qr::no_pivoting::factor;
use faer::linalg::triangular_solve::solve_upper_triangular_in_place;
use faer::prelude::{ReborrowMut, default};
use faer::{Accum, Conj, Mat, MatMut, MatRef, Par};

fn memory(need: StackReq) -> MemBuffer {
    MemBuffer::new(need)
}

/// Reflections that make a matrix upper triangular.
pub struct Reflections<T: Field> {
    /// The reflections' vectors below the diagonal, R on and above it.
    pub packed: Mat<T>,
    /// Factors of their blocks.
    pub factors: Mat<T>,
}

/// Rows of the factors of an `m` by `n` matrix's reflections.
pub fn block_size(m: usize, n: usize) -> usize {
    factor::recommended_block_size::<f64>(m, n).min(m.min(n)).max(1)
}

/// Factors a matrix; reflections are joined in blocks of `block` (at least 1).
pub fn reflections<T: Field>(mut a: Mat<T>, block: usize) -> Reflections<T> {
    let (m, n) = (a.nrows(), a.ncols());
    let mut factors = Mat::<T>::zeros(block, m.min(n));
    if m > 0 && n > 0 {
        let mut mem = memory(factor::qr_in_place_scratch::<T>(m, n, block, Par::Seq, default()));
        factor::qr_in_place(a.as_mut(), factors.as_mut(), Par::Seq, MemStack::new(&mut mem), default());
    }
    Reflections { packed: a, factors }
}

/// The vectors of reflections, with the upper triangle zero.
fn basis<T: Field>(packed: MatRef<'_, T>) -> Mat<T> {
    let k = packed.nrows().min(packed.ncols());
    let mut out = packed.subcols(0, k).to_owned();
    for j in 0..k {
        for i in 0..j {
            out[(i, j)] = T::of(0.0);
        }
        out[(j, j)] = T::of(1.0);
    }
    out
}

/// `to := Q to`, or its adjoint.
pub fn apply<T: Field>(packed: MatRef<'_, T>, factors: MatRef<'_, T>, adjoint: bool, to: MatMut<'_, T>) {
    if packed.nrows() == 0 || packed.ncols() == 0 || to.ncols() == 0 {
        return;
    }
    let basis = basis(packed);
    let (m, n, block) = (basis.nrows(), to.ncols(), factors.nrows());
    if adjoint {
        let need = householder::apply_block_householder_sequence_transpose_on_the_left_in_place_scratch::<T>(m, block, n);
        let f = householder::apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj;
        f(basis.as_ref(), factors, Conj::Yes, to, Par::Seq, MemStack::new(&mut memory(need)));
    } else {
        let need = householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<T>(m, block, n);
        let f = householder::apply_block_householder_sequence_on_the_left_in_place_with_conj;
        f(basis.as_ref(), factors, Conj::No, to, Par::Seq, MemStack::new(&mut memory(need)));
    }
}

/// The upper triangle of the first `min(m, n)` rows, and the phases of its diagonal; rows are turned so that the diagonal is not
/// negative.
pub fn upper<T: Field>(packed: MatRef<'_, T>) -> (Mat<T>, Vec<T>) {
    let (k, n) = (packed.nrows().min(packed.ncols()), packed.ncols());
    let phases: Vec<T> = (0..k).map(|i| packed[(i, i)].phase()).collect();
    let mut r = Mat::<T>::zeros(k, n);
    for j in 0..n {
        for i in 0..k.min(j + 1) {
            r[(i, j)] = phases[i].conjugate().times(packed[(i, j)]);
        }
    }
    (r, phases)
}

/// `out := Q x` for reflections joined in one block (factors as wide as `packed`) of a matrix with at least as many rows as columns; the Q
/// that belongs to [`upper`], of as many columns as `x` has rows. `out` is zero.
pub fn times<T: Field>(packed: MatRef<'_, T>, factors: MatRef<'_, T>, x: MatRef<'_, T>, mut out: MatMut<'_, T>) {
    let n = packed.ncols();
    let top = packed.subrows(0, n);
    let mut turned = x.to_owned();
    for i in 0..n {
        let phase = top[(i, i)].phase();
        turned.row_mut(i).iter_mut().for_each(|v| *v = phase.times(*v));
    }
    // Q = I - V T⁻¹ Vᴴ.
    let v = basis(top);
    let mut w = Mat::<T>::zeros(n, x.ncols());
    matmul(w.as_mut(), Accum::Add, v.adjoint(), turned.as_ref(), T::of(1.0), Par::Seq);
    solve_upper_triangular_in_place(factors, w.as_mut(), Par::Seq);
    let (mut head, tail) = out.rb_mut().split_at_row_mut(n);
    matmul(tail, Accum::Add, packed.subrows(n, packed.nrows() - n), w.as_ref(), T::of(-1.0), Par::Seq);
    head.copy_from(turned);
    matmul(head, Accum::Add, v.as_ref(), w.as_ref(), T::of(-1.0), Par::Seq);
}

/// Q of `min(m, n)` columns and R.
pub fn factors<T: Field>(a: Mat<T>) -> (Mat<T>, Mat<T>) {
    let (m, k) = (a.nrows(), a.nrows().min(a.ncols()));
    let block = block_size(m, a.ncols());
    let f = reflections(a, block);
    let (r, phases) = upper(f.packed.as_ref());
    let mut q = Mat::<T>::zeros(m, k);
    for (i, &p) in phases.iter().enumerate() {
        q[(i, i)] = p;
    }
    apply(f.packed.as_ref(), f.factors.as_ref(), false, q.as_mut());
    (q, r)
}
