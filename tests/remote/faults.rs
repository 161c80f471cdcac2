//! What happens when workers die, tasks fail, clients leave.

use super::ops::Act;
use super::{cluster, config, misbehave, serial, session};
use std::time::{Duration, Instant};
use tilework::ErrorKind;
use tilework::array::{DynArray, arange};
use tilework::exec::remote::LocalCluster;

fn slow(ms: u64) -> DynArray {
    let x = arange(0, 4000, 1, 20).unwrap(); // 200 chunks
    misbehave(&x, Act::Sleep { ms }).unwrap().rechunk(33).unwrap().cumsum(0).unwrap()
}

#[test]
fn a_killed_worker_changes_nothing() {
    for victim in 0..2 {
        let mut cluster = cluster(2).unwrap();
        let (x, remote) = (slow(8), session(&cluster));
        let run = std::thread::spawn(move || {
            let start = Instant::now();
            (remote.compute(x.expr()).map(|t| t.as_bytes().map(<[u8]>::to_vec)), start.elapsed())
        });
        std::thread::sleep(Duration::from_millis(200)); // a quarter of what 200 sleeps of 8 ms take on two threads
        assert!(!run.is_finished(), "the run was over before the kill");
        cluster.kill_worker(victim).unwrap();
        let (got, took) = run.join().unwrap();
        assert!(took > Duration::from_millis(300), "the kill came too late to matter: {took:?}");
        assert_eq!(got.unwrap().unwrap(), serial().compute(slow(0).expr()).unwrap().as_bytes().unwrap());
    }
}

/// A process that is stopped keeps its connections open: only its silence gives it away.
#[test]
fn a_worker_that_hangs_is_taken_for_lost() {
    let mut settings = config(2);
    settings.silence = Duration::from_secs(2);
    let cluster = LocalCluster::start(settings).unwrap();
    let (x, remote) = (slow(8), session(&cluster));
    let run = std::thread::spawn(move || remote.compute(x.expr()));
    std::thread::sleep(Duration::from_millis(200));
    assert!(!run.is_finished());
    let id = cluster.worker_ids()[0].to_string();
    assert!(std::process::Command::new("kill").args(["-STOP", &id]).status().unwrap().success());
    let got = run.join().unwrap().unwrap();
    assert_eq!(got.as_bytes().unwrap(), serial().compute(slow(0).expr()).unwrap().as_bytes().unwrap());
}

#[test]
fn a_worker_that_comes_late_takes_part() {
    let mut cluster = cluster(0).unwrap();
    let (x, remote) = (slow(1), session(&cluster));
    let run = std::thread::spawn(move || remote.compute(x.expr()));
    std::thread::sleep(Duration::from_millis(150));
    cluster.add_worker().unwrap();
    std::thread::sleep(Duration::from_millis(100));
    assert!(!run.is_finished());
    cluster.add_worker().unwrap();
    let got = run.join().unwrap().unwrap();
    assert_eq!(got.as_bytes().unwrap(), serial().compute(slow(0).expr()).unwrap().as_bytes().unwrap());
}

#[test]
fn all_workers_lost_is_an_error_in_time() {
    let mut settings = config(2);
    settings.worker_timeout = Duration::from_millis(500);
    let mut cluster = LocalCluster::start(settings).unwrap();
    let (x, remote) = (slow(20), session(&cluster));
    let again = remote.clone();
    let run = std::thread::spawn(move || remote.compute(x.expr()));
    std::thread::sleep(Duration::from_millis(300));
    assert!(!run.is_finished());
    (0..2).for_each(|i| cluster.kill_worker(i).unwrap());
    let start = Instant::now();
    let e = run.join().unwrap().unwrap_err();
    assert!(e.kind() == ErrorKind::Environment && e.to_string().contains("no worker"), "{e}");
    assert!(start.elapsed() < Duration::from_secs(10));
    // Without a worker from the start it is the same; with a new one all is well.
    assert_eq!(again.compute(slow(0).expr()).unwrap_err().kind(), ErrorKind::Environment);
    cluster.add_worker().unwrap();
    again.compute(slow(0).expr()).unwrap();
}

#[test]
fn a_task_that_kills_its_worker_is_given_up() {
    let cluster = cluster(3).unwrap();
    let x = misbehave(&arange(0, 1000, 1, 10).unwrap(), Act::Die { at: 42 }).unwrap();
    let e = session(&cluster).compute(x.expr()).unwrap_err();
    let text = e.to_string();
    assert!(e.kind() == ErrorKind::Environment && text.contains("died while they ran misbehave, chunk [42]"), "{e}");
}

#[test]
fn failures_name_op_chunk_and_worker() {
    let cluster = cluster(2).unwrap();
    let x = arange(0, 100, 1, 10).unwrap();
    let failing = misbehave(&x, Act::Fail { at: 3 }).unwrap();
    let e = session(&cluster).compute(failing.expr()).unwrap_err();
    let text = e.to_string();
    assert_eq!(e.kind(), ErrorKind::Usage, "{e}");
    let parts = ["worker ", "process ", "misbehave, chunk [3] [30:40]", "this block does not like you"];
    assert!(parts.iter().all(|p| text.contains(p)), "{text}");
    let panicking = misbehave(&x, Act::Panic { at: 5 }).unwrap();
    let e = session(&cluster).compute(panicking.expr()).unwrap_err();
    let text = e.to_string();
    assert!(
        e.kind() == ErrorKind::Bug && text.contains("misbehave, chunk [5]") && text.contains("this block has had enough"),
        "{text}"
    );
    // Both workers live on.
    session(&cluster).compute(x.expr()).unwrap();
}

#[test]
fn a_cancelled_run_ends_soon_and_frees_the_workers() {
    let cluster = cluster(2).unwrap();
    let (x, remote) = (slow(20), session(&cluster));
    let token = remote.cancel_token().clone();
    let run = std::thread::spawn(move || remote.compute(x.expr()));
    std::thread::sleep(Duration::from_millis(200));
    assert!(!run.is_finished());
    token.cancel();
    let start = Instant::now();
    assert_eq!(run.join().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    let start = Instant::now();
    session(&cluster).compute(arange(0, 100, 1, 10).unwrap().expr()).unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn processes_end_with_their_scheduler() {
    let (ids, ended) = {
        let cluster = cluster(2).unwrap();
        session(&cluster).compute(arange(0, 100, 1, 10).unwrap().expr()).unwrap();
        (cluster.worker_ids(), Instant::now())
    };
    let took = ended.elapsed();
    for id in ids {
        assert!(!std::path::Path::new(&format!("/proc/{id}")).exists());
    }
    assert!(took < Duration::from_secs(2), "they had to be killed");
}
