//! The resident memory of this process.

/// Bytes of physical memory this process holds (0 where the system does not say).
pub fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = text.split_whitespace().nth(1).and_then(|p| p.parse().ok()).unwrap_or(0);
    pages * page_bytes()
}

fn page_bytes() -> u64 {
    use std::sync::OnceLock;
    static PAGE: OnceLock<u64> = OnceLock::new();
    // The auxiliary vector holds pairs of words; key 6 is the page size.
    *PAGE.get_or_init(|| {
        let auxv = std::fs::read("/proc/self/auxv").unwrap_or_default();
        let words: Vec<u64> = auxv.chunks_exact(8).map(|w| w.try_into().map(u64::from_ne_bytes).unwrap_or_default()).collect();
        words.chunks_exact(2).find(|p| p[0] == 6).map_or(4096, |p| p[1])
    })
}
