//! The settings of a run: memory budget, threads, where to spill.

use std::path::PathBuf;

/// What a session runs with. Passed, never global.
#[derive(Clone, Debug)]
pub struct Config {
    /// The memory a run may hold, in bytes: chunks, scratch, queues, caches and the plan itself.
    pub budget_bytes: u64,
    /// Compute threads.
    pub n_threads: usize,
    /// Folder for spill files; each run makes a folder of its own in it.
    pub spill_dir: PathBuf,
    /// Most bytes on disk for spilled chunks.
    pub spill_limit_bytes: u64,
    /// Whether the optimizer fuses and pushes down (off: every node runs on its own; same bits).
    pub optimize: bool,
}

impl Default for Config {
    /// Half of the memory this process may use (cgroup limits honoured), all cores, the system's temporary folder.
    fn default() -> Self {
        Config {
            budget_bytes: available_memory() / 2,
            n_threads: std::thread::available_parallelism().map_or(1, usize::from),
            spill_dir: std::env::temp_dir(),
            spill_limit_bytes: u64::MAX,
            optimize: true,
        }
    }
}

/// Memory that this process may use, in bytes: the machine's, or its cgroup's (v1 or v2) if that is less.
pub fn available_memory() -> u64 {
    let read = |p: &str| std::fs::read_to_string(p).ok();
    let total = read("/proc/meminfo")
        .and_then(|t| t.lines().find_map(|l| l.strip_prefix("MemTotal:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()))
        .map_or(4 << 30, |kb| kb * 1024);
    let mut limit = total;
    let groups = read("/proc/self/cgroup").unwrap_or_default();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let files = if controllers.is_empty() {
            [format!("/sys/fs/cgroup{path}/memory.max"), "/sys/fs/cgroup/memory.max".to_string()]
        } else if controllers.split(',').any(|c| c == "memory") {
            [
                format!("/sys/fs/cgroup/memory{path}/memory.limit_in_bytes"),
                "/sys/fs/cgroup/memory/memory.limit_in_bytes".to_string(),
            ]
        } else {
            continue;
        };
        for f in files {
            if let Some(v) = read(&f).and_then(|t| t.trim().parse::<u64>().ok()) {
                limit = limit.min(v);
            }
        }
    }
    limit
}
