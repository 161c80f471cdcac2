//! Runs that are interrupted or killed.

use super::program::{Folder, Ran};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// Long enough to be interrupted: high compression of noise.
const LONG: [&str; 10] = [
    "calc",
    "sin(A*1.1)+cos(B*1.3)",
    "-A",
    "scene.tif:1",
    "-B",
    "scene.tif:2",
    "--compress=zstd:22",
    "--threads=2",
    "--memory=32MiB",
    "-o",
];

fn start(f: &Folder, args: &[&str]) -> Child {
    f.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

/// The hidden files in the folder, and how long they are.
fn unfinished(f: &Folder) -> Vec<(String, u64)> {
    let hidden = f.names().into_iter().filter(|n| n.starts_with('.'));
    hidden.map(|n| (n.clone(), std::fs::metadata(f.at(&n)).map_or(0, |m| m.len()))).collect()
}

/// Waits until pixels are being written.
fn wait_for_pixels(f: &Folder, child: &mut Child) {
    let start = Instant::now();
    while !unfinished(f).iter().any(|(_, n)| *n > 0) {
        assert!(child.try_wait().unwrap().is_none(), "the run ended before it could be interrupted");
        assert!(start.elapsed() < Duration::from_secs(60), "nothing was written in a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn send(child: &Child, signal: i32) {
    // SAFETY: a signal to a child that has not been waited for.
    assert_eq!(unsafe { libc::kill(child.id() as i32, signal) }, 0);
}

#[test]
fn an_interrupted_run_ends_at_once_and_leaves_nothing() {
    let f = Folder::new();
    f.scene("2048x2048");
    for (signal, cog) in [(libc::SIGINT, false), (libc::SIGTERM, true)] {
        std::fs::write(f.at("o.tif"), b"old").unwrap();
        let more = ["o.tif", "--overwrite", "--tile=128", if cog { "--cog" } else { "--progress" }];
        let mut child = start(&f, &[&LONG[..], &more].concat());
        wait_for_pixels(&f, &mut child);
        let since = Instant::now();
        send(&child, signal);
        let ran: Ran = child.wait_with_output().unwrap().into();
        assert!(since.elapsed() < Duration::from_secs(2), "it took {:?}", since.elapsed());
        assert_eq!((ran.code, ran.signal), (Some(130), None), "{ran:?}");
        assert!(ran.err.contains("interrupted") && !ran.err.contains("panicked"), "{ran:?}");
        assert_eq!(f.names(), ["o.tif", "scene.tif"]);
        assert_eq!(f.bytes("o.tif"), b"old");
    }
}

#[test]
fn what_a_killed_run_leaves_is_hidden_and_swept_by_a_later_one() {
    let f = Folder::new();
    f.scene("2048x2048");
    let mut child = start(&f, &[&LONG[..], &["o.tif", "--tile=128"]].concat());
    wait_for_pixels(&f, &mut child);
    send(&child, libc::SIGKILL);
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ran.signal, Some(libc::SIGKILL));
    let left = unfinished(&f);
    assert_eq!((f.names().len(), left.len()), (2, 1), "{:?}", f.names());
    assert!(left[0].0.starts_with(".o.tif.") && left[0].0.ends_with(".part"), "{left:?}");
    // The next run is not disturbed; it removes what is old enough to be nobody's.
    f.run(&["calc", "A+1", "-A", "scene.tif", "-o", "o.tif"]).ok();
    assert_eq!(unfinished(&f).len(), 1, "the file is too young to be called abandoned");
    let old = std::fs::File::options().append(true).open(f.at(&left[0].0)).unwrap();
    old.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
    drop(old);
    f.run(&["calc", "A+1", "-A", "scene.tif", "-o", "o.tif", "--overwrite"]).ok();
    assert_eq!(f.names(), ["o.tif", "scene.tif"]);
}
