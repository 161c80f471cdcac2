//! The program. All it does is in `tilework::cli`.

/// Gives freed memory back to the system, which glibc's allocator keeps.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    tilework::chunk::allocator::give_back_soon();
    tilework::cli::main()
}
