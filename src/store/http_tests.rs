use super::tests::conformance;
use super::{ObjectStore, Patience, Store};
use crate::base::Kind;
use object_store::RetryConfig;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[path = "../../tests/support/http.rs"]
pub mod server;
use server::{Fault, Server};

fn patience() -> Patience {
    Patience { max_retries: 3, timeout: Duration::from_millis(300), ..Patience::default() }
}

#[test]
fn a_store_that_speaks_s3_conforms() {
    let server = Server::start();
    let s3 = object_store::aws::AmazonS3Builder::new()
        .with_endpoint(&server.address)
        .with_allow_http(true)
        .with_bucket_name("bucket")
        .with_access_key_id("id")
        .with_secret_access_key("secret")
        .with_retry(RetryConfig { max_retries: 2, ..RetryConfig::default() })
        .build()
        .unwrap();
    conformance(&ObjectStore::over(Arc::new(s3), "s3://bucket"));
}

/// A server that others have written (`moto_server` from PyPI), ended when dropped.
struct Moto {
    process: std::process::Child,
    address: String,
}

impl Moto {
    /// The program that the environment names, or of that name; None where there is none.
    fn start() -> Option<Moto> {
        let program = std::env::var_os("TILEWORK_MOTO_SERVER").unwrap_or_else(|| "moto_server".into());
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let quiet = std::process::Stdio::null;
        let command = std::process::Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(quiet())
            .stderr(quiet())
            .spawn();
        let moto = Moto { process: command.ok()?, address: format!("127.0.0.1:{port}") };
        let start = Instant::now();
        while let Err(e) = moto.make_bucket() {
            assert!(start.elapsed() < Duration::from_secs(60), "the server does not answer: {e}");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(moto)
    }

    fn make_bucket(&self) -> std::io::Result<()> {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(&self.address)?;
        write!(stream, "PUT /bucket HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", self.address)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(std::io::Error::other(answer)) }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_server_that_others_have_written_conforms() {
    let Some(moto) = Moto::start() else {
        eprintln!("skipped: there is no moto_server here (pip install 'moto[server,s3]'); TILEWORK_MOTO_SERVER names another");
        return;
    };
    let s3 = object_store::aws::AmazonS3Builder::new()
        .with_endpoint(format!("http://{}", moto.address))
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_bucket_name("bucket")
        .with_access_key_id("id")
        .with_secret_access_key("secret")
        .build()
        .unwrap();
    conformance(&ObjectStore::over(Arc::new(s3), "s3://bucket"));
}

#[test]
fn values_are_read_and_written_over_http() {
    let server = Server::start();
    let store = ObjectStore::open(&format!("{}/data/x/", server.address), &patience()).unwrap();
    assert_eq!(store.get("a").unwrap(), None);
    store.set("a/b", b"hello").unwrap();
    assert_eq!(store.get("a/b").unwrap().unwrap(), b"hello");
    assert_eq!(store.get_range("a/b", 1..4).unwrap().unwrap(), b"ell");
    assert_eq!(store.get_range("a/b", 5..5).unwrap().unwrap(), b"");
    assert_eq!(store.get_range("a/b", 3..9).unwrap_err().kind(), Kind::Corrupt);
    assert_eq!(store.get_range("a/b", 7..9).unwrap_err().kind(), Kind::Corrupt);
    assert_eq!(store.get_range("c", 7..9).unwrap(), None);
    assert_eq!(store.get_bounded("a/b", 4).unwrap_err().kind(), Kind::Corrupt);
    assert_eq!(store.size("a/b").unwrap(), Some(5));
    assert!(store.erase("a/b").unwrap() && !store.erase("a/b").unwrap());
    assert!(server.requests().contains(&"PUT data/x/a/b".to_string()));
    // A plain server cannot tell what it has.
    assert!(matches!(store.list("").unwrap_err().kind(), Kind::Environment | Kind::Unsupported));
}

#[test]
fn passing_failures_are_overcome() {
    let server = Server::start();
    server.put("data/v", &[7; 100_000]);
    let store = ObjectStore::open(&format!("{}/data", server.address), &patience()).unwrap();
    for fault in
        [Fault::Status(500), Fault::Status(503), Fault::Status(429), Fault::Truncate, Fault::Slow(Duration::from_millis(600))]
    {
        let before = server.requests().len();
        server.fail("/v", 2, fault);
        assert_eq!(store.get("v").unwrap().unwrap(), vec![7; 100_000], "{fault:?}");
        assert!(server.requests().len() >= before + 3, "{fault:?}");
        server.fail("/v", 1, fault);
        assert_eq!(store.get_range("v", 10..90_000).unwrap().unwrap(), vec![7; 89_990], "{fault:?}");
    }
}

#[test]
fn lasting_failures_are_told() {
    let server = Server::start();
    server.put("v", &[7; 1000]);
    let store = ObjectStore::open(&server.address, &patience()).unwrap();
    let tell = |fault| {
        server.fail("v", 1000, fault);
        let e = store.get_range("v", 10..20).unwrap_err();
        // Nothing is left of the rule for the next case.
        server.fail("v", 0, fault);
        e
    };
    let e = tell(Fault::Status(500));
    assert_eq!(e.kind(), Kind::Environment);
    assert!(e.to_string().contains("after 3 retries") && e.to_string().contains("'v'") && e.to_string().contains("500"), "{e}");

    let server = Server::start();
    server.put("v", &[7; 1000]);
    let store = ObjectStore::open(&server.address, &patience()).unwrap();
    server.fail("v", 1000, Fault::Truncate);
    let e = store.get("v").unwrap_err();
    assert_eq!(e.kind(), Kind::Environment);
    assert!(e.to_string().contains("repetitions"), "{e}");

    for (code, kind) in [(403, Kind::Usage), (401, Kind::Usage)] {
        let server = Server::start();
        server.fail("v", 1, Fault::Status(code));
        let e = ObjectStore::open(&server.address, &patience()).unwrap().get("v").unwrap_err();
        assert_eq!(e.kind(), kind);
        assert!(e.to_string().contains("credentials"), "{e}");
    }
    let server = Server::start();
    server.put("v", &[7; 1000]);
    server.fail("v", 10, Fault::IgnoreRange);
    let e = ObjectStore::open(&server.address, &patience()).unwrap().get_range("v", 10..20).unwrap_err();
    assert!(e.kind() == Kind::Unsupported && e.to_string().contains("Range request not supported"), "{e}");

    // Nobody listens there.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let start = Instant::now();
    let e = ObjectStore::open(&format!("http://{gone}"), &patience()).unwrap().get("v").unwrap_err();
    assert_eq!(e.kind(), Kind::Environment);
    assert!(e.to_string().contains("retries") && start.elapsed() < Duration::from_secs(30), "{e}");
}

#[test]
fn requests_work_on_threads_of_another_runtime() {
    let server = Server::start();
    server.put("v", b"x");
    let store = ObjectStore::open(&server.address, &patience()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(async { store.get("v") }).unwrap().unwrap(), b"x");
}

#[test]
fn urls_that_make_no_sense_are_refused() {
    for (url, word) in [
        ("s3://", "missing"),
        ("http://", "missing"),
        ("ftp://host/x", "ftp"),
        ("https://host/x?token=1", "query"),
        ("nothing", "begins"),
    ] {
        let e = ObjectStore::open(url, &Patience::default()).unwrap_err();
        assert!(e.to_string().contains(word), "{e}");
    }
}

/// Needs an empty place in a store: its URL in the variable, credentials where the store wants them.
#[test]
#[ignore = "needs an empty place in a store, its URL in TILEWORK_TEST_STORE_URL"]
fn a_store_of_the_environment_conforms() {
    let url = std::env::var("TILEWORK_TEST_STORE_URL").expect("TILEWORK_TEST_STORE_URL");
    let store = ObjectStore::open(&url, &Patience::default()).unwrap();
    conformance(&store);
    for key in store.list("").unwrap() {
        assert!(store.erase(&key).unwrap());
    }
}
