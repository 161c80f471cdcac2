use super::{FileStore, Listing, MemoryStore, Store, check_key};
use crate::base::Kind;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::process::Command;

/// What every store must do.
pub(super) fn conformance(store: &dyn Store) {
    assert_eq!(store.get("a/b").unwrap(), None);
    assert_eq!(store.size("a/b").unwrap(), None);
    assert_eq!(store.get_range("a/b", 0..1).unwrap(), None);
    assert!(!store.erase("a/b").unwrap() && !store.exists("a/b").unwrap());
    assert_eq!(store.list("").unwrap(), Vec::<String>::new());
    store.set("a/b", b"hello").unwrap();
    assert_eq!(store.get("a/b").unwrap().unwrap(), b"hello");
    assert_eq!(store.get("a").unwrap(), None, "a folder of keys is no value");
    assert_eq!(store.get("a/b/c").unwrap(), None, "nothing lies below a value");
    assert_eq!(store.get_range("a/b", 1..4).unwrap().unwrap(), b"ell");
    assert_eq!(store.get_range("a/b", 5..5).unwrap().unwrap(), b"");
    for range in [0..6, 4..u64::MAX, 6..6] {
        assert_eq!(store.get_range("a/b", range).unwrap_err().kind(), Kind::Corrupt);
    }
    assert_eq!(store.get_bounded("a/b", 5).unwrap().unwrap(), b"hello");
    assert_eq!(store.get_bounded("a/b", 4).unwrap_err().kind(), Kind::Corrupt);
    assert_eq!(store.get_bounded("a", 4).unwrap(), None);
    let stamp = store.stamp("a/b").unwrap();
    assert!(stamp.is_some() && stamp == store.stamp("a/b").unwrap() && store.stamp("a").unwrap().is_none());
    store.set("a/b", b"").unwrap();
    assert_ne!(store.stamp("a/b").unwrap(), stamp);
    assert_eq!(store.get("a/b").unwrap().unwrap(), b"");
    assert_eq!(store.size("a/b").unwrap(), Some(0));
    store.set(".zarray", b"x").unwrap();
    store.set("ab/c", b"y").unwrap();
    store.set("a/c/0", b"z").unwrap();
    assert_eq!(store.list("").unwrap(), [".zarray", "a/b", "a/c/0", "ab/c"]);
    assert_eq!(store.list("a").unwrap(), ["a/b", "a/c/0"]);
    assert_eq!(store.list("a/b").unwrap(), ["a/b"]);
    let listing = |values: &[&str], folders: &[&str]| Listing {
        values: values.iter().map(ToString::to_string).collect(),
        folders: folders.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(store.children("").unwrap(), listing(&[".zarray"], &["a", "ab"]));
    assert_eq!(store.children("a").unwrap(), listing(&["b"], &["c"]));
    assert_eq!(store.children("nothing").unwrap(), listing(&[], &[]));
    assert_eq!(store.children("a/b").unwrap(), listing(&[], &[]));
    assert_eq!(store.children("../x").unwrap_err().kind(), Kind::Usage);
    assert_eq!(store.list("nothing").unwrap(), Vec::<String>::new());
    assert!(store.erase("a/b").unwrap() && !store.exists("a/b").unwrap());
    for key in BAD_KEYS {
        let errors = [
            store.get(key).unwrap_err(),
            store.set(key, b"1").unwrap_err(),
            store.size(key).unwrap_err(),
            store.erase(key).unwrap_err(),
            store.get_range(key, 0..1).unwrap_err(),
        ];
        assert!(errors.iter().all(|e| e.kind() == Kind::Usage), "{key:?}");
    }
    assert_eq!(store.list("../x").unwrap_err().kind(), Kind::Usage);
    assert!(!store.label().is_empty());
}

const BAD_KEYS: [&str; 14] =
    ["", "/", "/etc/passwd", "..", "../x", "a/../b", "a/..", ".", "./a", "a//b", "a/", "a\\b", "a\0b", ".tilework-x/a"];

#[test]
fn memory_conforms() {
    conformance(&MemoryStore::new());
}

#[test]
fn files_conform() {
    let dir = tempfile::tempdir().unwrap();
    conformance(&FileStore::new(dir.path().join("not/there/yet")));
}

#[test]
fn urls_conform() {
    conformance(&*super::url::open("memory://conformance/x", 0).unwrap().0);
    let dir = tempfile::tempdir().unwrap();
    conformance(&*super::url::open(&format!("file://{}/a%20b", dir.path().display()), 0).unwrap().0);
    assert!(dir.path().join("a b").is_dir());
    let (store, key) = super::url::open(&format!("file://{}/a/b.npy", dir.path().display()), 1).unwrap();
    assert_eq!((store.label(), key.as_str()), (dir.path().join("a").display().to_string(), "b.npy"));
    assert_eq!(super::url::open("memory://b.npy", 1).unwrap().1, "b.npy");
    for url in ["file://host/a", "s3://", "ftp://host/a", "https://host", "s3://bucket"] {
        assert!(super::url::open(url, 1).is_err(), "{url}");
    }
    assert!(!super::url::is_url("C:/x") && !super::url::is_url("/a://b") && super::url::is_url("s3://x"));
}

#[cfg(feature = "cloud")]
#[test]
fn object_stores_conform() {
    use super::ObjectStore;
    use std::sync::Arc;
    conformance(&ObjectStore::over(Arc::new(object_store::memory::InMemory::new()), "memory"));
    let dir = tempfile::tempdir().unwrap();
    let local = object_store::local::LocalFileSystem::new_with_prefix(dir.path()).unwrap();
    conformance(&ObjectStore::over(Arc::new(local), "local"));
}

#[test]
fn nothing_else_lies_in_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileStore::new(dir.path());
    store.set("a", b"1").unwrap();
    store.set("a", b"2").unwrap();
    assert!(store.set("a/b", b"3").is_err(), "a value cannot have values below it");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn stores_agree(ops in prop::collection::vec((0u8..4, "[ab](/[01]){1,2}", prop::collection::vec(any::<u8>(), 0..20)), 0..40)) {
        let dir = tempfile::tempdir().unwrap();
        let (file, memory) = (FileStore::new(dir.path()), MemoryStore::new());
        let mut model: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for (op, key, value) in ops {
            match op {
                0 | 1 => {
                    // A file system cannot hold a value where others lie below.
                    if file.set(&key, &value).is_ok() {
                        memory.set(&key, &value).unwrap();
                        model.insert(key, value);
                    }
                }
                2 => {
                    let was = model.remove(&key).is_some();
                    prop_assert_eq!(file.erase(&key).unwrap_or(false), was);
                    prop_assert_eq!(memory.erase(&key).unwrap(), was);
                }
                _ => {
                    prop_assert_eq!(file.get(&key).unwrap(), model.get(&key).cloned());
                    prop_assert_eq!(memory.get(&key).unwrap(), model.get(&key).cloned());
                }
            }
        }
        let keys: Vec<String> = model.into_keys().collect();
        prop_assert_eq!(&file.list("").unwrap(), &keys);
        prop_assert_eq!(&memory.list("").unwrap(), &keys);
    }

    #[test]
    fn accepted_keys_stay_inside(key in "[a./\\\\\u{0}-]{0,12}") {
        if check_key(&key).is_ok() {
            let root = std::path::Path::new("/root/of/store");
            let path = root.join(&key);
            prop_assert!(path.starts_with(root) && path.components().all(|c| c != std::path::Component::ParentDir));
        }
    }
}

/// Not a test by itself: what [`killed_writers_leave_old_or_new`] starts and kills.
#[test]
#[ignore = "run by killed_writers_leave_old_or_new in a process of its own"]
fn child_that_writes_until_killed() {
    let Some(dir) = std::env::var_os("TILEWORK_TEST_STORE") else { return };
    let store = FileStore::new(dir);
    for i in 0u8.. {
        store.set("c/0/0", &vec![i; 200_000]).unwrap();
        if i == 255 {
            return;
        }
    }
}

#[test]
fn killed_writers_leave_old_or_new() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileStore::new(dir.path());
    let mut n_seen = 0;
    for round in 0..20u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "store::tests::child_that_writes_until_killed"])
            .env("TILEWORK_TEST_STORE", dir.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_micros(2_000 + round * 1_700));
        let value_meanwhile = store.get("c/0/0").unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        for value in [value_meanwhile, store.get("c/0/0").unwrap()].into_iter().flatten() {
            assert!(value.len() == 200_000 && value.iter().all(|&b| b == value[0]));
            n_seen += 1;
        }
        assert!(store.list("").unwrap().iter().all(|k| k == "c/0/0"));
    }
    assert!(n_seen > 0, "the writer never got to write");
}
