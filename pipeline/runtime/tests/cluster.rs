//! An engine over several processes, here threads that speak to each other over the network alone: what it says is what
//! an engine of one process says; who does not fit is refused; and when one ends, all end.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use detectors::alert_view::AlertEvent;
use detectors::detector::SPECS;
use rulebank::Bank;
use runtime::Error;
use runtime::cluster::follower::follow;
use runtime::cluster::hosts::Hosts;
use runtime::cluster::leader::{Leader, Tell};
use runtime::cluster::secret::Secret;
use runtime::cluster::status::Status;
use runtime::cluster::{Generation, Member};
use runtime::engine::{Engine, Options, Recorder};

const GENERATION: Generation = Generation { state: 7, number: 3 };

/// How long something may take until the test has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lines of a tick.
const TICK: u64 = 400;

fn sample(below: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/busy-month").join(below)
}

fn bank() -> Bank {
    rulebank::load(Some(&sample("rules")), SPECS).unwrap()
}

/// The bank without a rule that has alerts in the sample.
fn smaller(bank: &Bank) -> Bank {
    let mut files = bank.files.clone();
    let (_, text) = files.iter_mut().find(|(_, text)| text.contains("id       = \"T01\"")).unwrap();
    *text = text.replace("= \"active\"", "= \"retired\"");
    rulebank::load_files(&files, SPECS).unwrap()
}

fn hosts(count: usize) -> Hosts {
    let free: Vec<TcpListener> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    Hosts::of(free.iter().map(|free| free.local_addr().unwrap().to_string()).collect()).unwrap()
}

fn member(hosts: &Hosts, process: usize, workers: usize) -> Member {
    let bank = (process == 0).then(|| "bank-a".to_owned());
    Member { hosts: hosts.clone(), process, workers, secret: Secret::default(), bank }
}

/// What was said to somebody who listens.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<String>>>);

impl Said {
    fn tell(&self) -> Tell {
        let said = self.clone();
        Arc::new(move |what| said.0.lock().unwrap().push(what))
    }

    /// Waits until something with this in it was said.
    fn wait_for(&self, what: &str) {
        let begun = Instant::now();
        while !self.0.lock().unwrap().iter().any(|said| said.contains(what)) {
            assert!(begun.elapsed() < PATIENCE, "{what} was not said: {:?}", self.0.lock().unwrap());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn follower(member: Member, tell: Tell) -> JoinHandle<Result<(), Error>> {
    std::thread::spawn(move || follow(&member, &Status::default(), &tell, &|| true))
}

/// Gathers a leader; gives it up when the test's patience is over.
fn gather(member: &Member, status: &Status, tell: Tell) -> Result<Option<Leader>, Error> {
    let begun = Instant::now();
    Leader::gather(member, GENERATION, status, tell, |_| begun.elapsed() < PATIENCE)
}

/// An engine's recorder, and the events that it records, a line each.
fn recorder() -> (Recorder, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&lines);
    let recorder = Box::new(move |events: &[AlertEvent]| {
        let line = |event: &AlertEvent| serde_json::to_string(&event.line).unwrap();
        to.lock().unwrap().extend(events.iter().map(line));
        Ok(())
    });
    (recorder, lines)
}

fn options(workers: usize) -> Options {
    Options { workers, as_of: None, profile: None }
}

/// Hands in the sample, tick by tick.
fn hand_in(engine: &mut Engine, to: impl Fn(u64) -> bool) {
    let changes = std::fs::read(sample("records/changes.ndjson")).unwrap();
    for line in changes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        engine.front.change(line).unwrap();
        if engine.front.lines_in_tick() == TICK {
            engine.close_tick().unwrap();
            if !to(engine.front.last_tick()) {
                return;
            }
        }
    }
    engine.close_tick_with_profiles().unwrap();
}

/// The events of an engine over the sample, with another bank at the end if there is one.
fn events(mut engine: Engine, other: Option<&Bank>, lines: &Mutex<Vec<String>>) -> Vec<String> {
    hand_in(&mut engine, |_| true);
    if let Some(other) = other {
        engine.change_bank(other).unwrap();
    }
    engine.settle().unwrap();
    engine.finish().unwrap();
    std::mem::take(&mut *lines.lock().unwrap())
}

#[test]
fn several_processes_say_what_one_says() {
    let (bank, status, said) = (bank(), Status::default(), Said::default());
    let (recorder_of_one, lines) = recorder();
    let expected = events(Engine::start(&bank, &options(2), recorder_of_one).unwrap(), None, &lines);
    assert!(expected.len() > 100, "{} events", expected.len());
    for (processes, workers) in [(2, 1), (3, 2)] {
        let hosts = hosts(processes);
        let followers: Vec<_> =
            (1..processes).map(|process| follower(member(&hosts, process, workers), said.tell())).collect();
        let leader = gather(&member(&hosts, 0, workers), &status, said.tell()).unwrap().unwrap();
        assert_eq!(leader.processes(), processes);
        let (recorder, lines) = recorder();
        let engine = Engine::start_leading(&bank, &options(workers), recorder, leader).unwrap();
        let found = events(engine, None, &lines);
        assert!(found == expected, "{processes} processes: {} of {} events", found.len(), expected.len());
        for follower in followers {
            follower.join().unwrap().unwrap();
        }
    }
}

#[test]
fn another_bank_reaches_the_followers() {
    let (bank, said) = (bank(), Said::default());
    let smaller = smaller(&bank);
    let (recorder_of_one, lines) = recorder();
    let expected =
        events(Engine::start(&bank, &options(1), recorder_of_one).unwrap(), Some(&smaller), &lines);
    assert!(expected.last().unwrap().contains("\"kind\":\"rule\",\"key\":\"T01\""), "{expected:?}");
    let hosts = hosts(2);
    let follower = follower(member(&hosts, 1, 1), said.tell());
    let leader = gather(&member(&hosts, 0, 1), &Status::default(), said.tell()).unwrap().unwrap();
    let (recorder, lines) = recorder();
    let engine = Engine::start_leading(&bank, &options(1), recorder, leader).unwrap();
    assert!(events(engine, Some(&smaller), &lines) == expected);
    follower.join().unwrap().unwrap();
}

#[test]
fn who_does_not_fit_is_refused_and_told_why() {
    let (hosts, said) = (hosts(2), Said::default());
    let leading = {
        let (member, tell) = (member(&hosts, 0, 1), said.tell());
        std::thread::spawn(move || gather(&member, &Status::default(), tell).map(|leader| leader.is_some()))
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "another secret of ours").unwrap();
    let right = member(&hosts, 1, 1);
    let three =
        Hosts::of([hosts.get(0).unwrap(), hosts.get(1).unwrap(), "127.0.0.1:9"].map(str::to_owned).to_vec());
    for (wrong, why) in [
        (Member { secret: Secret::read(&path).unwrap(), ..right.clone() }, "its secret is another one"),
        (Member { bank: Some("bank-b".to_owned()), ..right.clone() }, "the leader those of bank bank-a"),
        (Member { workers: 2, ..right.clone() }, "process 1 has 2 workers, here are 1"),
        (Member { hosts: three.unwrap(), ..right.clone() }, "process 1 has a list of 3 hosts, here are 2"),
    ] {
        let refused = follow(&wrong, &Status::default(), &said.tell(), &|| true).unwrap_err();
        assert!(refused.to_string().contains(why) && refused.exit_code() == 2, "{why}: {refused}");
        said.wait_for(why);
    }
    // Somebody who only knocks, and one who says something else.
    drop(TcpStream::connect(hosts.get(0).unwrap()).unwrap());
    std::io::Write::write_all(
        &mut TcpStream::connect(hosts.get(0).unwrap()).unwrap(),
        b"GET / HTTP/1.1\r\nHost: cluster\r\nConnection: close\r\n\r\n",
    )
    .unwrap();
    said.wait_for("no process of a cluster of this version");
    // The right one still gets in.
    let _follower = follower(right, said.tell());
    assert!(leading.join().unwrap().unwrap());
}

#[test]
fn who_is_gone_ends_the_cluster() {
    let (bank, status, said) = (bank(), Status::default(), Said::default());
    let hosts = hosts(2);
    // What a follower is told that has joined, and then is killed: its connections end.
    let doomed = Status::default();
    let following = {
        let (member, status, tell) = (member(&hosts, 1, 1), doomed.clone(), said.tell());
        std::thread::spawn(move || follow(&member, &status, &tell, &|| true))
    };
    let leader = gather(&member(&hosts, 0, 1), &status, said.tell()).unwrap().unwrap();
    let (recorder, lines) = recorder();
    let mut engine = Engine::start_leading(&bank, &options(1), recorder, leader).unwrap();
    hand_in(&mut engine, |tick| tick < 3);
    engine.settle().unwrap();
    let settled = lines.lock().unwrap().len();
    assert!(!status.has_failed());
    doomed.fail("the test ends it".to_owned());
    let why = following.join().unwrap().unwrap_err();
    assert!(why.to_string().contains("the test ends it"), "{why}");
    let begun = Instant::now();
    while !status.has_failed() {
        assert!(begun.elapsed() < PATIENCE, "the leader does not notice");
        std::thread::sleep(Duration::from_millis(10));
    }
    let why = status.failure().unwrap().to_string();
    assert!(why.contains("process 1 (") && why.contains("has ended"), "{why}");
    // Whatever is asked of the engine now is answered with why, and no tick is judged any more.
    let ended = engine.close_tick().and_then(|()| engine.settle()).unwrap_err();
    assert_eq!(ended.to_string(), why);
    assert_eq!(lines.lock().unwrap().len(), settled);
}
