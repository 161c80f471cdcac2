//! A small HTTP server for tests: values in memory, ranged reads, writes, the part of S3's protocol that a client needs for objects
//! of one bucket, and faults on demand.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// Answers with this status.
    Status(u16),
    /// Breaks off in the middle of the body.
    Truncate,
    /// Waits before it answers.
    #[allow(dead_code, reason = "not every test uses it")]
    Slow(Duration),
    /// Answers a request for a range with everything.
    IgnoreRange,
}

#[derive(Default)]
struct State {
    values: BTreeMap<String, Vec<u8>>,
    /// How many more requests of a path that ends so fail, and how.
    faults: Vec<(String, usize, Fault)>,
    requests: Vec<String>,
}

/// A server on a port of its own, until the process ends.
#[derive(Clone)]
pub struct Server {
    state: Arc<Mutex<State>>,
    pub address: String,
}

impl Server {
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = Server { state: Arc::default(), address };
        let serving = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = serving.clone();
                std::thread::spawn(move || {
                    let _ = server.serve(stream);
                });
            }
        });
        server
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a value under a path without its first `/`.
    pub fn put(&self, path: &str, value: &[u8]) {
        self.state().values.insert(path.to_string(), value.to_vec());
    }

    /// Puts all files of a folder under a path.
    #[allow(dead_code, reason = "not every test uses it")]
    pub fn put_folder(&self, path: &str, folder: &std::path::Path) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let name = format!("{path}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                self.put_folder(&name, &entry.path());
            } else {
                self.put(&name, &std::fs::read(entry.path()).unwrap());
            }
        }
    }

    /// Lets the next `n` requests of paths that end so fail.
    pub fn fail(&self, ending: &str, n: usize, fault: Fault) {
        self.state().faults.push((ending.to_string(), n, fault));
    }

    /// Methods and paths of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    fn fault(&self, path: &str) -> Option<Fault> {
        let mut state = self.state();
        let rule = state.faults.iter_mut().find(|(end, n, _)| *n > 0 && path.ends_with(end.as_str()))?;
        rule.1 -= 1;
        Some(rule.2)
    }

    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut input = BufReader::new(stream.try_clone()?);
        let mut output = stream;
        loop {
            let mut line = String::new();
            if input.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let mut words = line.split_whitespace();
            let (method, target) = (words.next().unwrap_or("").to_string(), words.next().unwrap_or("").to_string());
            let (mut len, mut range) = (0, None);
            loop {
                let mut header = String::new();
                input.read_line(&mut header)?;
                let Some((name, value)) = header.trim().split_once(':') else { break };
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => len = value.trim().parse().unwrap_or(0),
                    "range" => range = value.trim().strip_prefix("bytes=").map(str::to_string),
                    _ => {}
                }
            }
            let mut body = vec![0; len];
            input.read_exact(&mut body)?;
            let (path, query) = target.split_once('?').unwrap_or((&target, ""));
            let path = decoded(path.trim_start_matches('/'));
            self.state().requests.push(format!("{method} {path}"));
            let fault = self.fault(&path);
            match fault {
                Some(Fault::Status(code)) => {
                    respond(&mut output, code, "", b"", true)?;
                    continue;
                }
                Some(Fault::Slow(pause)) => std::thread::sleep(pause),
                _ => {}
            }
            let range = range.filter(|_| fault != Some(Fault::IgnoreRange));
            if !self.answer(&mut output, &method, &path, query, range.as_deref(), body, fault == Some(Fault::Truncate))? {
                return Ok(()); // breaks off
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one request")]
    fn answer(
        &self,
        out: &mut TcpStream,
        method: &str,
        path: &str,
        query: &str,
        range: Option<&str>,
        body: Vec<u8>,
        truncate: bool,
    ) -> std::io::Result<bool> {
        match method {
            "GET" if query.contains("list-type=2") => respond(out, 200, "", self.listed(path, query).as_bytes(), true)?,
            "GET" | "HEAD" => {
                let Some(value) = self.state().values.get(path).cloned() else {
                    respond(out, 404, "", b"", true)?;
                    return Ok(true);
                };
                let date = "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n";
                let parsed =
                    range.and_then(|r| r.split_once('-')).map(|(a, b)| (a.parse().unwrap_or(0), b.parse().unwrap_or(usize::MAX)));
                let (code, part, extra) = match parsed {
                    Some((first, _)) if first >= value.len() => {
                        (416, Vec::new(), format!("Content-Range: bytes */{}\r\n", value.len()))
                    }
                    Some((first, last)) => {
                        let end = last.saturating_add(1).min(value.len());
                        (206, value[first..end].to_vec(), format!("Content-Range: bytes {first}-{}/{}\r\n", end - 1, value.len()))
                    }
                    None => (200, value, String::new()),
                };
                if truncate {
                    write!(out, "HTTP/1.1 {code} x\r\nContent-Length: {}\r\n{extra}\r\n", part.len())?;
                    out.write_all(&part[..part.len() / 2])?;
                    return Ok(false);
                }
                respond(out, code, &format!("{extra}{date}ETag: \"e{}\"\r\n", part.len()), &part, method == "GET")?;
            }
            "PUT" => {
                self.state().values.insert(path.to_string(), body);
                respond(out, 200, "ETag: \"e\"\r\n", b"", true)?;
            }
            "DELETE" => {
                self.state().values.remove(path);
                respond(out, 204, "", b"", true)?;
            }
            "POST" if query.starts_with("delete") => {
                let text = String::from_utf8_lossy(&body).into_owned();
                let keys = text.split("<Key>").skip(1).filter_map(|k| k.split("</Key>").next());
                let mut answer = "<DeleteResult>".to_string();
                for key in keys {
                    self.state().values.remove(&format!("{path}/{key}"));
                    answer += &format!("<Deleted><Key>{key}</Key></Deleted>");
                }
                respond(out, 200, "", format!("{answer}</DeleteResult>").as_bytes(), true)?;
            }
            _ => respond(out, 405, "", b"", true)?,
        }
        Ok(true)
    }

    /// S3's list of the objects of a bucket.
    fn listed(&self, bucket: &str, query: &str) -> String {
        let option =
            |name: &str| query.split('&').find_map(|q| q.strip_prefix(name)?.strip_prefix('=')).map(decoded).unwrap_or_default();
        let (prefix, delimiter) = (option("prefix"), option("delimiter"));
        let mut out = "<ListBucketResult><IsTruncated>false</IsTruncated>".to_string();
        let mut folders = std::collections::BTreeSet::new();
        for (key, value) in &self.state().values {
            let Some(key) = key.strip_prefix(&format!("{bucket}/")).filter(|k| k.starts_with(&prefix)) else { continue };
            match key[prefix.len()..].split_once('/') {
                Some((folder, _)) if !delimiter.is_empty() => drop(folders.insert(format!("{prefix}{folder}/"))),
                _ => {
                    let n = value.len();
                    out += &format!(
                        "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>e</ETag><Size>{n}</Size></Contents>"
                    );
                }
            }
        }
        for f in folders {
            out += &format!("<CommonPrefixes><Prefix>{f}</Prefix></CommonPrefixes>");
        }
        out + "</ListBucketResult>"
    }
}

fn respond(out: &mut TcpStream, code: u16, headers: &str, body: &[u8], with_body: bool) -> std::io::Result<()> {
    write!(out, "HTTP/1.1 {code} x\r\nContent-Length: {}\r\n{headers}\r\n", body.len())?;
    if with_body { out.write_all(body) } else { Ok(()) }
}

fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        if b != b'%' {
            out.push(b);
            continue;
        }
        let hex: Vec<u8> = bytes.by_ref().take(2).collect();
        out.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
    }
    String::from_utf8(out).unwrap()
}
