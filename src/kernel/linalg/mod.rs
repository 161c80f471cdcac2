//! Dense linear algebra on one thread: products, factorisations, decompositions, on slices and views.
//!
//! Matrices are tensors of two axes; what is inside is column-major where the algorithms want it so. Nothing here knows of chunks of
//! a larger matrix, and nothing starts threads.

pub mod dense;
pub mod eigen;
pub mod lu;
pub mod product;
pub mod qr;
pub mod rows;
pub mod singular;
pub mod triangular;

pub use dense::Field;
pub use product::Multiply;
pub use rows::Rows;
