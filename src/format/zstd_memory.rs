//! What a zstd compressor takes.

/// Upper bound of the bytes of tables that compressing `n` bytes at `level` takes: what zstd 1.5 estimates for its parameters of
/// that level, which for small inputs are smaller.
pub(super) fn context_bytes(level: i64, n: u64) -> u64 {
    let most = match level {
        ..=2 => 1 << 20,
        3..=5 => 3 << 20,
        6..=8 => 5 << 20,
        9..=11 => 12 << 20,
        12..=14 => 64 << 20,
        15..=19 => 84 << 20,
        _ => 700 << 20,
    };
    n.saturating_mul(28).saturating_add(512 << 10).min(most)
}
