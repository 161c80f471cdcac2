//! Panics that are no bugs here: a reader's, at broken bytes that it does not expect.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static CATCHES: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives, or None if it panics on this thread. Nothing is printed of that panic; other panics are, as before.
///
/// What `work` was changing when it panicked must not be looked at any more.
///
/// # Example
/// ```
/// use tilework::base::caught::caught;
/// assert_eq!(caught(|| 7), Some(7));
/// assert_eq!(caught(|| -> i32 { panic!("said to nobody") }), None);
/// ```
pub fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    static QUIET: Once = Once::new();
    // Hooks cannot be changed while a thread panics; then a second panic is printed too.
    if !std::thread::panicking() {
        QUIET.call_once(|| {
            let print = take_hook();
            set_hook(Box::new(move |panic| {
                if !CATCHES.get() {
                    print(panic)
                }
            }));
        });
    }
    let outer = CATCHES.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    CATCHES.set(outer);
    done.ok()
}
