use super::{FileSpill, SpillStore};
use crate::base::{AxisSlice, Kind, Scalar};
use crate::chunk::{Chunk, Tensor};
use crate::spill::folder::sweep;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

fn chunk(n: usize, seed: u32) -> Chunk {
    Tensor::from_vec(&[n], (0..n as u32).map(|i| (i ^ seed).wrapping_mul(2_654_435_761)).collect()).unwrap().into()
}

fn values(c: &Chunk) -> Vec<u32> {
    let Chunk::Tensor(t) = c else { panic!("a tensor") };
    t.to_ndarray().unwrap().into_iter().collect()
}

fn files(dir: &Path) -> usize {
    std::fs::read_dir(dir).unwrap().count()
}

#[test]
fn chunks_come_back_and_the_folder_goes() {
    let dir = tempfile::tempdir().unwrap();
    let spill = FileSpill::new(dir.path(), u64::MAX).unwrap();
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(spill.path()).unwrap().permissions().mode() & 0o777, 0o700);
    for i in 0..10 {
        spill.write(i, &chunk(1000 * i as usize, i)).unwrap();
    }
    spill.write(3, &chunk(77, 99)).unwrap();
    let kept = spill.read(5).unwrap();
    spill.remove(5);
    spill.remove(5);
    assert_eq!(spill.read(5).unwrap_err().kind(), Kind::Bug);
    assert_eq!(values(&kept), values(&chunk(5000, 5)));
    assert_eq!(values(&spill.read(3).unwrap()), values(&chunk(77, 99)));
    assert_eq!(values(&spill.read(0).unwrap()), Vec::<u32>::new());
    drop(spill);
    assert_eq!(files(dir.path()), 0);
    assert_eq!(values(&kept), values(&chunk(5000, 5)));
}

#[test]
fn lists_and_views_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let spill = FileSpill::new(dir.path(), u64::MAX).unwrap();
    let Chunk::Tensor(t) = chunk(1000, 1) else { panic!("a tensor") };
    let view = t.slice_axis(0, AxisSlice { start: 999, step: -3, len: 300 });
    let list = Chunk::List(vec![view.into(), Chunk::Unit, Chunk::Bytes(vec![1, 2, 3].into())].into());
    spill.write(7, &list).unwrap();
    let Chunk::List(back) = spill.read(7).unwrap() else { panic!("a list") };
    let Chunk::Tensor(t) = &back[0] else { panic!("a tensor") };
    assert_eq!(t.at(&[1]), Scalar::U64(u64::from((996u32 ^ 1).wrapping_mul(2_654_435_761))));
    assert!(matches!(&back[2], Chunk::Bytes(b) if **b == [1, 2, 3]));
}

#[test]
fn the_limit_holds_while_removed_files_are_mapped() {
    let dir = tempfile::tempdir().unwrap();
    let spill = FileSpill::new(dir.path(), 10_000).unwrap();
    spill.write(0, &chunk(1000, 0)).unwrap();
    spill.write(1, &chunk(1000, 1)).unwrap();
    let e = spill.write(2, &chunk(1000, 2)).unwrap_err();
    assert_eq!(e.kind(), Kind::DiskFull);
    assert!(e.message().contains("9.8 KiB") && e.message().contains("limit"), "{e}");
    assert_eq!(files(spill.path()), 3);
    let mapped = spill.read(0).unwrap();
    spill.remove(0);
    assert_eq!(spill.write(2, &chunk(1000, 2)).unwrap_err().kind(), Kind::DiskFull);
    drop(mapped);
    spill.write(2, &chunk(1000, 2)).unwrap();
    assert!(spill.used_bytes() <= 10_000);
    // Replacing needs room for both for a moment.
    assert_eq!(spill.write(2, &chunk(1000, 3)).unwrap_err().kind(), Kind::DiskFull);
    assert_eq!(values(&spill.read(2).unwrap()), values(&chunk(1000, 2)));
}

#[test]
fn changed_bits_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let spill = FileSpill::new(dir.path(), u64::MAX).unwrap();
    spill.write(0, &chunk(200, 0)).unwrap();
    let path = spill.file(0);
    let good = std::fs::read(&path).unwrap();
    for bit in (0..good.len() * 8).step_by(11) {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&path, &bad).unwrap();
        let e = spill.read(0).unwrap_err();
        assert_eq!(e.kind(), Kind::Corrupt);
        assert!(e.to_string().contains("0.chunk"));
    }
    std::fs::write(&path, &good[..100]).unwrap();
    assert_eq!(spill.read(0).unwrap_err().kind(), Kind::Corrupt);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(spill.read(0).unwrap_err().kind(), Kind::Corrupt);
}

#[test]
fn threads_share_a_store() {
    let dir = tempfile::tempdir().unwrap();
    let spill = FileSpill::new(dir.path(), u64::MAX).unwrap();
    std::thread::scope(|s| {
        for t in 0..4u32 {
            let spill = &spill;
            s.spawn(move || {
                for i in 0..50 {
                    spill.write(t * 100 + i, &chunk(500, t ^ i)).unwrap();
                    assert_eq!(values(&spill.read(t * 100 + i).unwrap()), values(&chunk(500, t ^ i)));
                    if i % 2 == 0 {
                        spill.remove(t * 100 + i);
                    }
                }
            });
        }
    });
    assert_eq!(files(spill.path()), 1 + 4 * 25);
}

/// Not a test by itself: what [`killed_runs_are_swept`] starts and kills.
#[test]
#[ignore = "run by killed_runs_are_swept in a process of its own"]
fn child_that_spills_until_killed() {
    let Some(dir) = std::env::var_os("TILEWORK_TEST_SPILL") else { return };
    let spill = FileSpill::new(Path::new(&dir), u64::MAX).unwrap();
    spill.write(0, &chunk(5000, 0)).unwrap();
    println!("ready {}", spill.path().display());
    std::thread::sleep(std::time::Duration::from_secs(60));
}

#[test]
fn killed_runs_are_swept() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "spill::store::tests::child_that_spills_until_killed"])
        .env("TILEWORK_TEST_SPILL", dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let path = lines.find_map(|l| l.unwrap().split_once("ready ").map(|(_, p)| p.to_string())).unwrap();
    assert_eq!(sweep(dir.path()), 0, "a living run keeps its folder");
    assert!(Path::new(&path).join("0.chunk").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(Path::new(&path).join("0.chunk").exists());
    let spill = FileSpill::new(dir.path(), 1).unwrap();
    assert!(!Path::new(&path).exists(), "the dead run's folder is swept");
    assert_eq!(files(dir.path()), 1);
    assert!(spill.path().exists());
}

/// Needs a small disk: mount a tmpfs of 1 MiB and name it in the variable.
#[test]
#[ignore = "needs a small file system, named in TILEWORK_TEST_SMALL_DISK"]
fn a_full_disk_is_told() {
    let dir = std::env::var_os("TILEWORK_TEST_SMALL_DISK").expect("TILEWORK_TEST_SMALL_DISK");
    let spill = FileSpill::new(Path::new(&dir), u64::MAX).unwrap();
    let mut n = 0;
    let e = loop {
        match spill.write(n, &chunk(10_000, n)) {
            Ok(_) => n += 1,
            Err(e) => break e,
        }
    };
    assert!(n > 0 && e.kind() == Kind::DiskFull, "{n} {e:?}");
    assert_eq!(files(spill.path()), n as usize + 1, "no partial file is left");
    assert_eq!(values(&spill.read(n - 1).unwrap()), values(&chunk(10_000, n - 1)));
    spill.remove(0);
    spill.write(n, &chunk(10_000, n)).unwrap();
}
