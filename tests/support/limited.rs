//! Memory limits that the kernel enforces. Needs the right to make a memory cgroup (version 1 or 2).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A cgroup of its own with a limit; removed when dropped.
pub struct Limited(PathBuf);

impl Limited {
    /// None where there is no right to make one.
    pub fn new(name: &str, bytes: u64) -> Option<Limited> {
        let name = format!("tilework-test-{}-{name}", std::process::id());
        let v1 = Path::new("/sys/fs/cgroup/memory").join(&name);
        if fs::create_dir(&v1).is_ok() {
            let group = Limited(v1);
            return fs::write(group.0.join("memory.limit_in_bytes"), bytes.to_string()).is_ok().then_some(group);
        }
        let v2 = Path::new("/sys/fs/cgroup").join(&name);
        fs::create_dir(&v2).ok()?;
        let group = Limited(v2);
        let set = fs::write(group.0.join("memory.max"), bytes.to_string()).is_ok();
        // Swap would let the job cheat.
        let _ = fs::write(group.0.join("memory.swap.max"), "0");
        set.then_some(group)
    }

    /// A program that runs in it.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("echo $$ > {}/cgroup.procs && exec \"$0\" \"$@\"", self.0.display())]).arg(program);
        command
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}
