//! A disk that fills up during a run: said as such, nothing left, an old output untouched.

use super::program::{Folder, Ran};
use std::ffi::CString;
use std::os::unix::process::CommandExt;

const CALC: [&str; 8] = ["calc", "A*1.1+B", "-A", "scene.tif:1", "-B", "scene.tif:2", "--compress=none", "--overwrite"];

#[test]
fn a_file_size_limit_is_a_full_disk() {
    let f = Folder::new();
    f.scene("600x600");
    for extra in [&["-o", "o.tif"][..], &["-o", "o.tif", "--cog", "--tile=128"]] {
        std::fs::write(f.at("o.tif"), b"old").unwrap();
        let mut command = f.command(&[&CALC[..], extra].concat());
        // SAFETY: both calls are async-signal-safe and change this child alone.
        unsafe {
            command.pre_exec(|| {
                libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
                let limit = libc::rlimit { rlim_cur: 1 << 20, rlim_max: 1 << 20 };
                if libc::setrlimit(libc::RLIMIT_FSIZE, &limit) == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
            });
        }
        let ran: Ran = command.output().unwrap().into();
        ran.fails(&["o.tif", "too large"]);
        assert_eq!(f.names(), ["o.tif", "scene.tif"]);
        assert_eq!(f.bytes("o.tif"), b"old");
    }
}

/// A mounted file system that goes away with the value.
struct Mount(CString);

impl Mount {
    fn tmpfs(at: &std::path::Path) -> Option<Mount> {
        let text = |s: &str| CString::new(s).unwrap();
        let (target, kind, data) = (text(at.to_str()?), text("tmpfs"), text("size=1m"));
        // SAFETY: all pointers are strings that outlive the call.
        let done = unsafe { libc::mount(kind.as_ptr(), target.as_ptr(), kind.as_ptr(), 0, data.as_ptr().cast()) };
        (done == 0).then_some(Mount(target))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // SAFETY: the string outlives the call.
        unsafe { libc::umount2(self.0.as_ptr(), libc::MNT_DETACH) };
    }
}

#[test]
fn a_full_disk_leaves_nothing() {
    let f = Folder::new();
    f.scene("600x600");
    std::fs::create_dir(f.at("small")).unwrap();
    let Some(_mount) = Mount::tmpfs(&f.at("small")) else {
        eprintln!("note: this user may not mount a small file system; the full disk is not tested");
        return;
    };
    for extra in [&["-o", "small/o.tif"][..], &["-o", "small/o.tif", "--cog", "--tile=128"]] {
        f.run(&[&CALC[..], extra].concat()).fails(&["small/o.tif", "No space left"]);
        assert_eq!(std::fs::read_dir(f.at("small")).unwrap().count(), 0, "something is left on the full disk");
    }
    f.run(&["datasets", "scene", "-o", "small/s.tif", "--size", "2048x2048"]).fails(&["small/s.tif", "No space left"]);
    assert_eq!(std::fs::read_dir(f.at("small")).unwrap().count(), 0);
}
