//! The resident memory of this process, now and at its peak.

/// Bytes of physical memory this process holds (0 where the system does not say).
pub fn resident_bytes() -> u64 {
    let [all, _] = resident();
    all
}

/// The same without pages of files (the program's own among them), which the system takes back when it needs them.
pub fn own_bytes() -> u64 {
    let [all, of_files] = resident();
    all.saturating_sub(of_files)
}

fn resident() -> [u64; 2] {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let mut pages = text.split_whitespace().skip(1).map(|p| p.parse().unwrap_or(0));
    [(); 2].map(|()| pages.next().unwrap_or(0) * page_bytes())
}

/// Most bytes of physical memory this process has held so far, files it has mapped included (0 where the system does not say).
pub fn peak_resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("");
    line.trim().strip_suffix("kB").and_then(|n| n.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Most bytes that this process's control group has held so far: all of its processes, and the system's cache of the files
/// they used. None outside of a group that counts.
pub fn group_peak_bytes() -> Option<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let file = groups.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        let path = path.trim_end_matches('/');
        let files = if controllers.is_empty() {
            [path, ""].map(|p| format!("/sys/fs/cgroup{p}/memory.peak"))
        } else if controllers.split(',').any(|c| c == "memory") {
            [path, ""].map(|p| format!("/sys/fs/cgroup/memory{p}/memory.max_usage_in_bytes"))
        } else {
            return None;
        };
        files.into_iter().find_map(|f| std::fs::read_to_string(f).ok())
    })?;
    file.trim().parse().ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_stays_after_memory_is_given_back() {
        // Other tests run beside this one, so that only what is held here is sure.
        let big = vec![1u8; 64 << 20];
        assert!(std::hint::black_box(&big)[12_345] == 1 && own_bytes() >= 64 << 20 && resident_bytes() >= own_bytes());
        drop(big);
        assert!(peak_resident_bytes() >= 64 << 20);
        assert!(group_peak_bytes().is_none_or(|n| n > 0));
    }
}
