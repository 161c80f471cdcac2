//! A memory limit that the kernel enforces on this process, where it lets us: a control group (version 1 or 2), which takes root.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders in which groups with a memory controller are made: of version 1, and of version 2.
const ROOTS: [(&str, &str); 2] = [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")];

/// A group that this process is in: what it allocates while this lives counts against the limit, and beyond it the kernel ends it.
pub struct Limit {
    root: &'static Path,
    group: PathBuf,
}

/// The name of the group of a process.
fn name(pid: u32) -> String {
    format!("tilework-memory-{pid}")
}

impl Limit {
    /// Puts this process under a limit; None where no group can be made. What it has allocated before does not count.
    pub fn of(bytes: u64) -> Option<Limit> {
        let limit = ROOTS.iter().find_map(|(root, file)| {
            let limit = Limit { root: Path::new(root), group: Path::new(root).join(name(std::process::id())) };
            fs::create_dir(&limit.group).ok()?;
            fs::write(limit.group.join(file), bytes.to_string()).ok()?;
            Some(limit)
        })?;
        // Swap would let it cheat.
        let _ = fs::write(limit.group.join("memory.swap.max"), "0");
        let _ = fs::write(limit.group.join("memory.memsw.limit_in_bytes"), bytes.to_string());
        fs::write(limit.group.join("cgroup.procs"), std::process::id().to_string()).ok()?;
        Some(limit)
    }

    /// Whether processes can be limited here.
    pub fn is_possible() -> bool {
        Limit::of(1 << 40).is_some()
    }

    /// Removes the group of a process that has ended in it.
    pub fn clear(pid: u32) {
        ROOTS.iter().for_each(|(root, _)| {
            let _ = fs::remove_dir(Path::new(root).join(name(pid)));
        });
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        let _ = fs::write(self.root.join("cgroup.procs"), std::process::id().to_string());
        let _ = fs::remove_dir(&self.group);
    }
}
