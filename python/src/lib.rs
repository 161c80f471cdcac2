//! Tilework's Python face: the engine's lazy arrays, and what makes, computes and pickles them, as an extension module.
//!
//! Everything here is thin: a method or function of the engine with Python's arguments. What NumPy users expect around it (array-likes,
//! keyword arguments, protocols, docstrings) is written in Python, in the package `tilework`. Chunks never hold Python objects; only functions and
//! sources that the user wrote in Python take the interpreter's lock while a plan runs.
#![deny(unsafe_op_in_unsafe_fn)]

mod argument;
mod counting;
mod create;
mod elementwise;
mod error;
mod explain;
mod fft;
mod filter;
mod frame;
mod function;
mod group;
mod io;
mod lazy;
mod linalg;
mod memory;
mod numeric;
mod pickle;
mod random;
mod reduce;
mod running;
mod select;
mod session;
mod sets;
mod shape;
mod sort;
mod source;
mod stats;
mod watch;

use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, pymodule};

/// The program's allocator, so that work takes the same time from Python.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[pymodule]
fn _tilework(m: &Bound<'_, PyModule>) -> PyResult<()> {
    tilework::chunk::allocator::give_back_soon();
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add_class::<lazy::Lazy>()?;
    m.add_class::<session::Session>()?;
    elementwise::register(m)?;
    reduce::register(m)?;
    create::register(m)?;
    shape::register(m)?;
    source::register(m)?;
    memory::register(m)?;
    counting::register(m)?;
    numeric::register(m)?;
    select::register(m)?;
    sets::register(m)?;
    sort::register(m)?;
    fft::register(m)?;
    filter::register(m)?;
    function::register(m)?;
    group::register(m)?;
    io::register(m)?;
    linalg::register(m)?;
    random::register(m)?;
    stats::register(m)?;
    pickle::register(m)?;
    explain::register(m)?;
    running::register(m)?;
    frame::register(m)?;
    watch::register(m)
}
