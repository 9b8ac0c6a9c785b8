//! The live service over several processes: it answers as one does, and whichever of them dies, nothing is lost or
//! doubled.
//!
//! `FUNDWATCH_KILLS=50 cargo test -p pipeline --test cluster kills` kills more often than the gate does.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

#[path = "support/program.rs"]
mod program;
#[path = "support/service.rs"]
mod service;
#[path = "support/supervised.rs"]
mod supervised;

use program::fundwatch;
use records::splitmix::SplitMix64;
use serde_json::{Value, json};
use service::{PATIENCE, Service, fold, free_port, start};
use supervised::start_cluster;
use synth::{Recipe, Schemes};

/// A folder with a region, the requests that bring its records, and the alerts of a run over them.
struct Place {
    folder: tempfile::TempDir,
    requests: Vec<Vec<u8>>,
    expected: BTreeMap<String, Value>,
}

impl Place {
    fn new(seed: u64, visits: u64) -> Place {
        let folder = tempfile::tempdir().unwrap();
        let region = folder.path().join("region");
        let recipe = Recipe { seed, visits, months: 1, schemes: Schemes::All, strength: 1.0 };
        synth::write(&recipe, &region, &mut |_| {}).unwrap();
        let lines = fs::read(region.join("records/changes.ndjson")).unwrap();
        let requests = with_corrections(seed, &lines);
        fs::create_dir(folder.path().join("records")).unwrap();
        fs::write(folder.path().join("records/changes.ndjson"), requests.concat()).unwrap();
        let mut place = Place { folder, requests, expected: BTreeMap::new() };
        place.expected = place.run(&place.path("region/rules"), "out");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The alerts of a run over all requests.
    fn run(&self, rules: &Path, out: &str) -> BTreeMap<String, Value> {
        let args = ["run", "records", "--rules", rules.to_str().unwrap(), "--out", out, "--quiet"];
        let done = fundwatch(self.folder.path(), &args);
        assert_eq!(done.code, Some(0), "{done:?}");
        let alerts = fs::read_to_string(self.path(out).join("alerts.ndjson")).unwrap();
        let alert = |line: &str| {
            let alert: Value = serde_json::from_str(line).unwrap();
            (alert["alert_id"].as_str().unwrap().to_owned(), alert)
        };
        alerts.lines().map(alert).collect()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Options of `serve` on a state of this name.
    fn options(&self, data: &str) -> Vec<String> {
        let path = |name: &str| self.path(name).to_str().unwrap().to_owned();
        vec!["--data".to_owned(), path(data), "--rules".to_owned(), path("region/rules")]
    }

    /// Starts one process of a service.
    fn process(&self, data: &str, more: &[&str], address: SocketAddr) -> Service {
        let options = self.options(data);
        let args: Vec<&str> = options.iter().map(String::as_str).chain(more.iter().copied()).collect();
        start(&args, address, &self.path("log"), &[])
    }

    /// Starts a supervisor of two processes.
    fn supervised(&self, data: &str) -> Service {
        let options = self.options(data);
        let args: Vec<&str> = options.iter().map(String::as_str).collect();
        start_cluster(2, &args, free_port(), &self.path("log"))
    }

    /// Sends a request until it is answered.
    fn send(&self, service: &mut Service, nth: usize) {
        let (begun, id) = (Instant::now(), format!("request {nth}"));
        while !service.post(Some(&id), &self.requests[nth]).is_ok_and(|answer| answer.status == 202) {
            assert!(begun.elapsed() < PATIENCE, "{id} is not answered: {}", self.log());
            assert!(service.child.try_wait().unwrap().is_none(), "{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the alerts are those of a run; each event must have been told once, and lead there.
    fn holds(&self, service: &Service, wanted: &BTreeMap<String, Value>) -> Vec<Value> {
        self.wait("the alerts are those of the run", || service.alerts() == *wanted);
        let last = service.counter("fundwatch_sequence");
        let events = service.events(0, usize::try_from(last).unwrap());
        let sequences: Vec<u64> = events.iter().map(|(sequence, _)| *sequence).collect();
        assert_eq!(sequences, (1..=last).collect::<Vec<_>>());
        assert_eq!(fold(events.iter().map(|(_, event)| event)), *wanted);
        events.into_iter().map(|(_, event)| event).collect()
    }

    fn wait(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !holds() {
            assert!(begun.elapsed() < PATIENCE, "{what}: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The changes in requests, with some visits withdrawn and some of these sent again.
fn with_corrections(seed: u64, lines: &[u8]) -> Vec<Vec<u8>> {
    let lines: Vec<&[u8]> = lines.split_inclusive(|byte| *byte == b'\n').collect();
    let mut random = SplitMix64::seeded(seed);
    let mut requests = Vec::new();
    for some in lines.chunks(60) {
        requests.push(some.concat());
        let mut corrections = Vec::new();
        for line in some {
            let put: Value = serde_json::from_slice(line).unwrap();
            if put["kind"] == "visit" && random.below(4) == 0 {
                let rev = put["rev"].as_u64().unwrap_or(0);
                let del = json!({"kind": "visit", "op": "del", "rev": rev + 1, "mdtrt_id": put["mdtrt_id"]});
                corrections.extend(format!("{del}\n").into_bytes());
                if random.below(2) == 0 {
                    let mut again = put.clone();
                    again["rev"] = json!(rev + 2);
                    corrections.extend(format!("{again}\n").into_bytes());
                }
            }
        }
        requests.push(corrections);
    }
    requests.retain(|request| !request.is_empty());
    requests
}

/// The processes that a supervisor has started: their numbers and ids.
fn children(of: u32) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        // It may end at this moment.
        let (Ok(stat), Ok(line)) =
            (fs::read_to_string(entry.path().join("stat")), fs::read(entry.path().join("cmdline")))
        else {
            continue;
        };
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse::<u32>().ok());
        let line: Vec<String> =
            line.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
        if parent == Some(of)
            && let Some(at) = line.iter().position(|part| part == "--process")
        {
            found.insert(line[at + 1].clone(), pid);
        }
    }
    found
}

/// The generation of a service that takes changes; none while it does not, or does not answer.
fn generation(service: &Service) -> Option<u64> {
    let ready = service.get("/health/ready").ok()?.status == 200;
    let metrics = String::from_utf8(service.get("/metrics").ok()?.body).unwrap();
    let line = metrics.lines().find_map(|line| line.strip_prefix("fundwatch_generation "));
    line.filter(|_| ready).and_then(|number| number.parse().ok())
}

fn signal(pid: u32, signal: &str) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

/// A list of addresses that nobody has at the moment.
fn hosts(count: usize) -> String {
    let addresses: Vec<String> = (0..count).map(|_| free_port().to_string()).collect();
    addresses.join(",")
}

#[test]
fn two_processes_answer_as_one_and_as_a_run() {
    let place = Place::new(31, 500);
    assert!(place.expected.len() > 50, "{} alerts", place.expected.len());
    let all = 0..place.requests.len();
    // One process with two workers.
    let mut one = place.process("one", &["--workers", "2"], free_port());
    assert!(one.is_ready(), "{}", place.log());
    all.clone().for_each(|nth| place.send(&mut one, nth));
    let events = place.holds(&one, &place.expected);
    assert!(events.iter().any(|event| event["event"] == "withdrawn"), "nothing was corrected");
    assert_eq!((one.counter("fundwatch_processes"), one.counter("fundwatch_generation")), (1, 0));
    assert_eq!(one.terminate(), Some(0), "{}", place.log());
    // Two processes with one worker each; the follower has neither a state nor a port for people.
    let hosts = hosts(2);
    let mut leader = place.process("two", &["--hosts", &hosts], free_port());
    let folder = place.path("follower");
    fs::create_dir(&folder).unwrap();
    let mut follower = start(
        &["--hosts", &hosts, "--process", "1", "--data", folder.to_str().unwrap()],
        free_port(),
        &place.path("log"),
        &[],
    );
    assert!(leader.is_ready(), "{}", place.log());
    all.for_each(|nth| place.send(&mut leader, nth));
    place.holds(&leader, &place.expected);
    assert_eq!((leader.counter("fundwatch_processes"), leader.counter("fundwatch_generation")), (2, 1));
    // Told to end, both end; the follower when the leader has finished.
    signal(follower.child.id(), "-TERM");
    assert_eq!(leader.terminate(), Some(0), "{}", place.log());
    assert_eq!(follower.child.wait().unwrap().code(), Some(0), "{}", place.log());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "a follower has no state");
    assert!(!place.log().contains("panicked"), "{}", place.log());
}

#[test]
fn kills_of_either_process_lose_nothing_and_double_nothing() {
    let kills: usize = std::env::var("FUNDWATCH_KILLS").map_or(4, |kills| kills.parse().unwrap());
    let place = Place::new(32, 250 + 12 * kills as u64);
    let every = (place.requests.len() / kills).max(1);
    let (mut random, mut killed) = (SplitMix64::seeded(7), 0);
    let mut service = place.supervised("data");
    assert!(service.is_ready(), "{}", place.log());
    for nth in 0..place.requests.len() {
        if nth % every == every / 2 && killed < kills {
            // The leader and the follower in turn, while the request is taken.
            let before = service.counter("fundwatch_generation");
            let victim = children(service.child.id())[&(killed % 2).to_string()];
            let after = Duration::from_micros(random.below(40_000));
            let killer = std::thread::spawn(move || {
                std::thread::sleep(after);
                signal(victim, "-KILL");
            });
            place.send(&mut service, nth);
            killer.join().unwrap();
            killed += 1;
            place.wait("the next generation is ready", || generation(&service) > Some(before));
        } else {
            place.send(&mut service, nth);
        }
    }
    assert_eq!(killed, kills);
    place.holds(&service, &place.expected);
    assert_eq!(service.counter("fundwatch_generation"), kills as u64 + 1);
    let processes = children(service.child.id());
    assert_eq!(processes.len(), 2);
    assert_eq!(service.terminate(), Some(0), "{}", place.log());
    assert!(processes.values().all(|pid| !Path::new(&format!("/proc/{pid}")).exists()));
    let log = place.log();
    assert!(log.contains("the cluster cannot go on: process 1 (") && !log.contains("panicked"), "{log}");
}

#[test]
fn who_does_not_belong_there_is_refused() {
    let place = Place::new(33, 60);
    let (hosts, address) = (hosts(2), free_port());
    let secret = |name: &str, text: &str| {
        fs::write(place.path(name), text).unwrap();
        place.path(name).to_str().unwrap().to_owned()
    };
    let (ours, theirs) = (secret("ours", "fifteen or sixteen"), secret("theirs", "sixteen or fifteen"));
    let mut leader = place.process("data", &["--hosts", &hosts, "--secret-file", &ours], address);
    let begin = |more: &[&str]| {
        let args = [&["--hosts", &hosts, "--process", "1"], more].concat();
        start(&args, free_port(), &place.path("log"), &[])
    };
    // Another bank, another secret, another number of workers: both sides say so, and the leader goes on waiting.
    fs::create_dir_all(place.path("mine/tables")).unwrap();
    let mine = place.path("mine").to_str().unwrap().to_owned();
    for (more, why) in [
        (vec!["--secret-file", &ours, "--rules", &mine], "process 1 was given the rules of bank"),
        (vec!["--secret-file", &theirs], "its secret is another one"),
        (vec!["--secret-file", &ours, "--workers", "2"], "process 1 has 2 workers, here are 1"),
    ] {
        let mut refused = begin(&more);
        assert_eq!(refused.child.wait().unwrap().code(), Some(2), "{}", place.log());
        let (not_taken, not_let_in) =
            (format!("does not take this process: {why}"), format!("was not let in: {why}"));
        place.wait(why, || place.log().contains(&not_taken) && place.log().contains(&not_let_in));
    }
    assert_eq!(leader.get("/health/ready").unwrap().status, 503);
    assert!(
        leader.get("/health/ready").unwrap().json()["detail"]
            .as_str()
            .unwrap()
            .contains("waits for process 1")
    );
    let mut follower = begin(&["--secret-file", &ours]);
    assert!(leader.is_ready(), "{}", place.log());
    place.send(&mut leader, 0);
    // The leader dies while the follower sleeps; another pair takes over. The old follower wakes up and ends.
    signal(follower.child.id(), "-STOP");
    leader.child.kill().unwrap();
    leader.child.wait().unwrap();
    let mut leader = place.process("data", &["--hosts", &hosts, "--secret-file", &ours], address);
    let mut successor = begin(&["--secret-file", &ours]);
    assert!(leader.is_ready(), "{}", place.log());
    assert_eq!(leader.counter("fundwatch_generation"), 2);
    signal(follower.child.id(), "-CONT");
    assert_eq!(follower.child.wait().unwrap().code(), Some(3));
    assert!(place.log().contains("the cluster cannot go on: the leader ("), "{}", place.log());
    (1..place.requests.len()).for_each(|nth| place.send(&mut leader, nth));
    place.holds(&leader, &place.expected);
    // A follower that is told to end takes the cluster with it; the leader says why it ends.
    successor.child.kill().unwrap();
    let begun = Instant::now();
    while leader.child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < PATIENCE, "the leader does not notice");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(leader.child.wait().unwrap().code(), Some(3));
    let process = format!("process 1 ({}) has ended", hosts.split(',').nth(1).unwrap());
    assert!(place.log().contains(&process) && !place.log().contains("panicked"), "{}", place.log());
}

#[test]
fn another_bank_comes_into_force_by_a_start_of_all() {
    let place = Place::new(34, 300);
    // The built-in rules with the region's tables, and one rule less.
    let mine = place.path("mine");
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rulebank/rules");
    for (from, to) in [(place.path("region/rules"), &mine), (rules, &mine.join("rules"))] {
        let done = Command::new("cp").arg("-rT").arg(&from).arg(to).status().unwrap();
        assert!(done.success(), "{}", from.display());
    }
    fs::remove_file(mine.join("rules/extended/care_after_death.toml")).unwrap();
    let after = place.run(&mine, "after");
    assert!(
        place.expected.keys().any(|id| id.starts_with("A01"))
            && !after.keys().any(|id| id.starts_with("A01"))
    );
    let mut service = place.supervised("data");
    assert!(service.is_ready(), "{}", place.log());
    (0..place.requests.len()).for_each(|nth| place.send(&mut service, nth));
    place.holds(&service, &place.expected);
    let at = format!("http://{}", service.address);
    let apply = ["rules", "apply", mine.to_str().unwrap(), "--by", "Li", "--at", &at];
    let done = fundwatch(place.folder.path(), &apply);
    assert_eq!(done.code, Some(0), "{done:?}");
    let bank = done.out.split(&[' ', ','][..]).nth(1).unwrap().to_owned();
    // Whether it hears the answer depends on who is quicker.
    fundwatch(place.folder.path(), &["rules", "approve", &bank, "--by", "Wang", "--at", &at]);
    place.wait("the next generation is ready", || generation(&service) == Some(2));
    let events = place.holds(&service, &after);
    let cause = json!([{"kind": "rule", "key": "A01", "rev": null}]);
    assert!(events.iter().any(|event| event["event"] == "withdrawn" && event["cause"] == cause));
    assert_eq!(service.get("/v1/bank").unwrap().json()["in_force"]["approved_by"], "Wang");
    assert!(place.log().contains("is in force: start all processes again"), "{}", place.log());
    assert_eq!(service.terminate(), Some(0), "{}", place.log());
}

#[test]
fn check_and_doctor_speak_of_the_hosts() {
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str| fs::write(folder.path().join("fundwatch.toml"), text).unwrap();
    let check = || fundwatch(folder.path(), &["config", "check", "fundwatch.toml"]);
    write("[cluster]\nhosts = [\"a.example:2101\", \"b.example:2101\"]\n");
    assert!(check().code == Some(2) && check().err.contains("secret_file"), "{:?}", check());
    fs::write(folder.path().join("secret"), "short").unwrap();
    write("[cluster]\nhosts = [\"a.example:2101\", \"b.example:2101\"]\nsecret_file = \"secret\"\n");
    assert!(check().code == Some(2) && check().err.contains("16 bytes"), "{:?}", check());
    let hosts = hosts(2);
    write(&format!("[cluster]\nhosts = {hosts:?}\nprocess = 1\n"));
    assert!(
        check().code == Some(0) && check().out.contains("process 1 of 2, led by 127.0.0.1:"),
        "{:?}",
        check()
    );
    let doctor = || fundwatch(folder.path(), &["doctor", "--config", "fundwatch.toml"]);
    assert!(doctor().out.contains("ok  cluster        process 1 of 2"), "{:?}", doctor());
    write(
        "[cluster]\nhosts = [\"127.0.0.1:9\", \"no-such-host.invalid:2101\"]\nprocess = 1\nsecret_file = \"secret\"\n",
    );
    fs::write(folder.path().join("secret"), "long enough for all").unwrap();
    assert!(doctor().out.contains("no  cluster        no-such-host.invalid:2101: "), "{:?}", doctor());
    // Options of `serve` are looked at before anything is started.
    let wrong = fundwatch(folder.path(), &["cluster", "--processes", "2", "--", "--lsten", "x"]);
    assert!(wrong.code == Some(2) && wrong.err.contains("--lsten"), "{wrong:?}");
}
