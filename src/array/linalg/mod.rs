//! Linear algebra: products, factorisations and what follows from them, out of core.
//!
//! Names are NumPy's (`numpy.linalg` and the products of `numpy`). Matrices are cut by their shapes alone, never by the chunks that
//! they come in, so that chunks change no bit of a result; the cut is said with each function.

mod blocks;
mod chain;
mod contract;
mod einsum;
mod lanes;
mod lu;
mod norms;
mod path;
mod products;
mod qr;
mod svd;
mod tall;
mod triangular;

pub use chain::multi_dot;
pub use einsum::einsum;
pub use lu::{det, inv, lu, matrix_power, slogdet, solve};
pub use norms::{Norm, cond, matrix_norm, matrix_transpose, norm, vector_norm};
pub use products::{cross, dot, inner, kron, matmul, matvec, outer, tensordot, vdot, vecdot, vecmat};
pub use qr::qr;
pub use svd::{Compressed, LeastSquares, eigh, eigvalsh, lstsq, matrix_rank, pinv, svd, svd_compressed, svdvals};
pub use triangular::{cholesky, solve_triangular};
