//! The live service as a person starts it, and a client that speaks to it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long something may take until the test has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running service; it is killed when the test is done with it.
pub(crate) struct Service {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that nobody listens at, nor at the one behind it, which a broker takes besides. It is none of those that
/// the system gives to connections: one of these could take it while a broker that listened there begins again.
pub(crate) fn free_port() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let listens = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_err();
    loop {
        let nth = std::process::id() * 64 + 2 * NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 10_240 + u16::try_from(nth % 20_000).unwrap();
        if !listens(port) && !listens(port + 1) {
            return SocketAddr::from(([127, 0, 0, 1], port));
        }
    }
}

/// Starts a service with these arguments besides its address; what it says goes to `log`.
pub(crate) fn start(args: &[&str], address: SocketAddr, log: &Path, envs: &[(&str, &str)]) -> Service {
    begin(&["serve"], args, (address, log, envs))
}

/// Starts a command that serves, with these arguments besides its address.
pub(crate) fn begin(
    command: &[&str],
    args: &[&str],
    (address, log, envs): (SocketAddr, &Path, &[(&str, &str)]),
) -> Service {
    let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_fundwatch"));
    program.args(command).args(args).arg("--listen").arg(address.to_string());
    program.envs(envs.iter().copied()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    Service { child: program.spawn().unwrap(), address }
}

/// What a service answers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("{error}: {} {}", self.status, String::from_utf8_lossy(&self.body))
        })
    }
}

impl Service {
    /// Waits until it takes changes; says whether it does, and not whether it has ended.
    pub(crate) fn is_ready(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if self.get("/health/ready").is_ok_and(|answer| answer.status == 200) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the service is not ready after {PATIENCE:?}");
    }

    /// Asks for something.
    pub(crate) fn get(&self, path: &str) -> std::io::Result<Answer> {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"), b"")
    }

    /// Hands in changes, with an id if there is one.
    pub(crate) fn post(&self, id: Option<&str>, body: &[u8]) -> std::io::Result<Answer> {
        let id = id.map(|id| format!("X-Request-Id: {id}\r\n")).unwrap_or_default();
        let head = format!(
            "POST /v1/changes HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{id}Content-Length: {}\r\n\r\n",
            body.len()
        );
        self.ask(&head, body)
    }

    /// Sends a request with this head and body.
    pub(crate) fn ask(&self, head: &str, body: &[u8]) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let cut = || std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "no whole answer");
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(cut)?;
        let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut)?;
        let body = &answer[end + 4..];
        let whole = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if whole.is_some_and(|length| length.parse() != Ok(body.len())) {
            return Err(cut());
        }
        Ok(Answer { status, body: body.to_vec() })
    }

    /// All alerts that stand, by id, without their state.
    pub(crate) fn alerts(&self) -> BTreeMap<String, Value> {
        let mut alerts = BTreeMap::new();
        let mut after = String::new();
        loop {
            let page = self.get(&format!("/v1/alerts?limit=70&after={after}")).unwrap().json();
            for alert in page["items"].as_array().unwrap() {
                let mut alert = alert.clone();
                assert_eq!(alert.as_object_mut().unwrap().remove("state").unwrap(), "standing");
                alerts.insert(alert["alert_id"].as_str().unwrap().to_owned(), alert);
            }
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => return alerts,
            }
        }
    }

    /// Events after one, until `count` came: sequence and event.
    pub(crate) fn events(&self, after: u64, count: usize) -> Vec<(u64, Value)> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!("GET /v1/feed HTTP/1.0\r\nHost: test\r\nLast-Event-ID: {after}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let (mut text, mut some) = (Vec::new(), vec![0; 1 << 16]);
        loop {
            let events = events_of(&String::from_utf8_lossy(&text));
            if events.len() >= count {
                return events;
            }
            let got = stream.read(&mut some).unwrap();
            assert!(got > 0, "the feed ends after {} of {count} events", events.len());
            text.extend_from_slice(&some[..got]);
        }
    }

    /// The text of `/metrics`.
    pub(crate) fn metrics(&self) -> String {
        String::from_utf8(self.get("/metrics").unwrap().body).unwrap()
    }

    /// A counter of `/metrics`: the sum over all its labels.
    pub(crate) fn counter(&self, name: &str) -> u64 {
        let text = self.metrics();
        let samples = text.lines().filter_map(|line| line.strip_prefix(name));
        let samples = samples.filter(|rest| rest.starts_with([' ', '{']));
        let values = samples.map(|rest| rest.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
        values.reduce(|sum, value| sum + value).unwrap_or_else(|| panic!("no counter {name}"))
    }

    /// Asks it to end as an operator does; gives its exit code.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        let done = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
        self.child.wait().unwrap().code()
    }
}

/// The whole events of a text of server-sent events; one that is cut off is none.
fn events_of(text: &str) -> Vec<(u64, Value)> {
    let whole = text.rfind("\n\n").map_or("", |end| &text[..end]);
    let event = |block: &str| {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
        Some((field("id: ")?.parse().ok()?, serde_json::from_str(field("data: ")?).unwrap()))
    };
    whole.split("\n\n").filter_map(event).collect()
}

/// The alerts that stand after these events; each must fit the ones before it.
pub(crate) fn fold<'e>(events: impl IntoIterator<Item = &'e Value>) -> BTreeMap<String, Value> {
    let mut standing = BTreeMap::new();
    for event in events {
        let alert = event["alert"].clone();
        let id = alert["alert_id"].as_str().unwrap().to_owned();
        let before = match event["event"].as_str().unwrap() {
            "withdrawn" => (standing.remove(&id).is_some(), true),
            "raised" => (standing.insert(id, alert).is_some(), false),
            _ => (standing.insert(id, alert).is_some(), true),
        };
        assert_eq!(before.0, before.1, "{event}: whether it stood before");
    }
    standing
}
