//! Strangers, other versions and noise are turned away, and the job that runs meanwhile does not notice.

use super::ops::Act;
use super::random::Dice;
use super::{cluster, command, misbehave, registry, serial, session};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;
use tilework::array::arange;
use tilework::exec::remote::{RemoteConfig, SchedulerConfig, Token, serve};
use tilework::format::registry::Registry;
use tilework::plan::codec::registry_hash;
use tilework::session::{Executor, Session};
use tilework::wire::frame;
use tilework::wire::hello::{self, Answer, Hello, Role};
use tilework::wire::message::{Ask, FromNode, Given, ToNode};
use tilework::{Config, ErrorKind, Result};

/// Ports that the processes of this machine listen on and that belong to the given ones.
fn listening(process: u32) -> Vec<u16> {
    let sockets: Vec<String> = std::fs::read_dir(format!("/proc/{process}/fd"))
        .unwrap()
        .filter_map(|e| std::fs::read_link(e.ok()?.path()).ok())
        .filter_map(|l| Some(l.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_string()))
        .collect();
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let port = |line: &str| {
        let f: Vec<&str> = line.split_whitespace().collect();
        let listens = f[3] == "0A" && sockets.iter().any(|s| s == f[9]);
        if listens { u16::from_str_radix(f[1].split(':').nth(1)?, 16).ok() } else { None }
    };
    table.lines().skip(1).filter_map(port).collect()
}

/// What a port answers before it hangs up, which it does in five seconds at the latest.
fn send(port: u16, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

fn why(answer: &[u8]) -> String {
    match answer.get(4..).map(frame::decode::<Answer>) {
        Some(Ok(Answer::Refused { why })) => why,
        other => panic!("not refused: {other:?}"),
    }
}

fn greeting(secret: [u8; 32], versions: (u16, u16), registry: u64, build: String) -> Vec<u8> {
    let mut out = Vec::new();
    let hello = Hello { secret, registry, build, role: Role::Client { data_port: 1 } };
    hello::append(&hello, versions, &mut out).unwrap();
    out
}

/// A job that waits while a file is there, from a process of its own: other tests of this one listen, too.
pub fn client(address: &str, token: &str, held: PathBuf) -> Result<()> {
    let remote = RemoteConfig::new(address, Token::parse(token)?).with_registry(registry());
    let x = arange(0, 4000, 1, 20)?;
    let session = Session::new(Config::default()).with_executor(Executor::Remote(remote));
    let got = session.compute(misbehave(&x, Act::Hold { file: held })?.expr())?;
    assert_eq!(got.as_bytes()?, serial().compute(x.expr())?.as_bytes()?);
    Ok(())
}

#[test]
fn strangers_are_refused_on_every_port_and_the_job_goes_on() {
    let cluster = cluster(2).unwrap();
    let held = tempfile::NamedTempFile::new().unwrap();
    let token = cluster.remote().token.to_hex();
    let args = ["client", cluster.address(), &token, held.path().to_str().unwrap()].map(String::from);
    let mut client = command(&args).spawn().unwrap();
    let scheduler: u16 = cluster.address().rsplit(':').next().unwrap().parse().unwrap();
    let mut ports = vec![scheduler];
    for id in cluster.worker_ids().into_iter().chain([client.id()]) {
        let found = (0..10_000).map(|_| (std::thread::sleep(Duration::from_millis(2)), listening(id)).1).find(|p| !p.is_empty());
        ports.extend(found.unwrap_or_else(|| panic!("process {id} listens nowhere")));
    }
    assert_eq!(ports.len(), 4, "{ports:?}");
    let mut secret = [0; 32];
    for (byte, digits) in secret.iter_mut().zip(token.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
    }
    let (hash, now, build) = (registry_hash(&registry()), (hello::MIN_VERSION, hello::MAX_VERSION), hello::build);
    let mut dice = Dice(3);
    for &port in &ports {
        let mut wrong = secret;
        wrong[31] ^= 1;
        assert!(why(&send(port, &greeting(wrong, now, hash, build()))).contains("token"));
        let version = why(&send(port, &greeting(secret, (7, 9), hash, build())));
        assert!(version.contains("7 to 9") && version.contains("1 to 1"), "{version}");
        let other = why(&send(port, &greeting(secret, now, 0xabc, build())));
        assert!(other.contains("0000000000000abc") && other.contains(&format!("{hash:016x}")), "{other}");
        let release = why(&send(port, &greeting(secret, now, hash, "tilework 99".into())));
        assert!(release.contains("tilework 99") && release.contains(&build()), "{release}");
        // Too long before the token is shown, and too long at all: no answer.
        assert!(send(port, &5000u32.to_le_bytes()).is_empty());
        assert!(send(port, &[0xff; 4]).is_empty());
        assert!(send(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").is_empty());
        for _ in 0..5 {
            let noise: Vec<u8> = (0..dice.below(3000)).map(|_| dice.below(256) as u8).collect();
            let framed: Vec<u8> = (noise.len() as u32).to_le_bytes().into_iter().chain(noise.clone()).collect();
            send(port, &noise);
            why(&send(port, &framed));
        }
    }
    // Someone who has the token but talks nonsense afterwards.
    for after in [vec![0xff; 64], vec![3, 0, 0, 0, 9, 9, 9], (17u32 << 20).to_le_bytes().to_vec()] {
        let mut bytes = greeting(secret, now, hash, build());
        bytes.extend(after);
        send(scheduler, &bytes);
    }
    assert!(client.try_wait().unwrap().is_none(), "the job ended before the strangers did");
    drop(held);
    assert!(client.wait().unwrap().success());
}

#[test]
fn a_flood_of_silent_strangers_keeps_nobody_out() {
    let cluster = cluster(1).unwrap();
    let flood: Vec<TcpStream> = (0..400).map_while(|_| TcpStream::connect(cluster.address()).ok()).collect();
    assert!(flood.len() > 200, "{}", flood.len());
    let x = arange(0, 1000, 1, 10).unwrap();
    let start = std::time::Instant::now();
    assert_eq!(x.sum(None).unwrap().compute_in(&session(&cluster)).unwrap().as_slice::<i64>().unwrap(), [499_500]);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn a_client_is_told_why_it_is_refused() {
    let cluster = cluster(1).unwrap();
    let x = arange(0, 10, 1, 5).unwrap();
    let with = |remote: RemoteConfig| Session::new(Config::default()).with_executor(Executor::Remote(remote)).compute(x.expr());
    let e = with(RemoteConfig::new(cluster.address(), Token::random().unwrap()).with_registry(registry())).unwrap_err();
    assert!(e.kind() == ErrorKind::Usage && e.to_string().contains("token is wrong"), "{e}");
    let e = with(cluster.remote().with_registry(Registry::builtin())).unwrap_err();
    assert!(e.kind() == ErrorKind::Usage && e.to_string().contains("other operations"), "{e}");
    let e = with(RemoteConfig::new("127.0.0.1:1", Token::random().unwrap())).unwrap_err();
    assert!(e.kind() == ErrorKind::Environment && e.to_string().contains("127.0.0.1:1"), "{e}");
}

#[test]
fn only_loopback_is_listened_on() {
    for bind in ["0.0.0.0", "192.0.2.1", "::"] {
        let config = SchedulerConfig {
            bind: bind.parse().unwrap(),
            port: 0,
            token: Token::random().unwrap(),
            worker_timeout: Duration::from_secs(1),
            silence: Duration::from_secs(20),
            until_eof: false,
        };
        let e = serve(&config, Registry::builtin(), |_| panic!("listens on {bind}")).unwrap_err();
        assert!(e.kind() == ErrorKind::Usage && e.to_string().contains("loopback"), "{e}");
    }
}

#[test]
fn tokens_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep").join("token");
    let token = Token::random().unwrap();
    token.write(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(Token::read(&path).unwrap() == token && Token::random().unwrap() != token);
    assert!(!format!("{token:?}").contains(&token.to_hex()[..8]));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(Token::read(&path).unwrap_err().to_string().contains("chmod 600"));
    for wrong in ["", "12", &"g".repeat(64), &"é".repeat(32), &"+f".repeat(32)] {
        assert!(Token::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn random_bytes_are_no_message() {
    let mut dice = Dice(11);
    for _ in 0..20_000 {
        let bytes: Vec<u8> = (0..dice.below(64)).map(|_| dice.below(256) as u8).collect();
        let _ = frame::decode::<FromNode>(&bytes);
        let _ = frame::decode::<ToNode>(&bytes);
        let _ = frame::decode::<Ask>(&bytes);
        let _ = frame::decode::<Given>(&bytes);
        assert!(hello::check(&bytes, &[1; 32], 0).is_err());
    }
    for n in [0u32, 4096, 4097, 1 << 24, u32::MAX] {
        assert_eq!(frame::length(n.to_le_bytes(), 4096).is_ok(), n <= 4096);
    }
    let mut out = vec![1, 2, 3];
    assert!(frame::append(&vec![0u8; 5000], 4096, &mut out).is_err());
    assert_eq!(out, [1, 2, 3]);
}
