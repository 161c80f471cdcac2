//! What is asked of the allocator by programs that have chosen mimalloc as theirs (this one, the Python module).

use std::ffi::{c_int, c_long};

/// Milliseconds after which freed memory goes back to the system; mimalloc's own are 1000.
const PURGE_DELAY_MS: c_long = 10;
/// The number of the option in mimalloc's `mi_option_e`.
const PURGE_DELAY: c_int = 15;

/// Has freed memory given back to the system soon, so that it does not come on top of what is in use: a second's worth of freed buffers was seen
/// to be two thirds of a budget of 150 MiB. The environment's `MIMALLOC_PURGE_DELAY` comes first.
pub fn give_back_soon() {
    if std::env::var_os("MIMALLOC_PURGE_DELAY").is_none() {
        // SAFETY: sets a number that the allocator reads as it frees; the option's number is one of its own.
        unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, PURGE_DELAY_MS) };
    }
}
