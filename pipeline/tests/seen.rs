//! What an operator sees of the live service: metrics, logs and `top`; and that no record is seen in any of them.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

#[path = "support/program.rs"]
mod program;
#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/service.rs"]
mod service;

use program::fundwatch;
use serde_json::{Value, json};
use service::{PATIENCE, Service, free_port, start};

/// A folder with a service's configuration, state and log.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// One whose configuration has these lines besides.
    fn new(more: &str) -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        let config = format!("data = {:?}\n{more}", place.path("data"));
        fs::write(place.path("fundwatch.toml"), config).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn serve(&self) -> Service {
        let config = self.path("fundwatch.toml");
        let mut service = start(&["--config", config.to_str().unwrap()], free_port(), &self.path("log"), &[]);
        assert!(service.is_ready(), "it ended: {}", self.log());
        service
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

fn wait(what: &str, log: impl Fn() -> String, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}: {}", log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A death, and a visit long after it: an alert of the built-in rules.
fn after_death(person: &str, nth: u32) -> String {
    let death = json!({"kind": "person_fact", "rev": 1, "fact_id": format!("F{nth}"),
        "psn_no": person, "fact": "death", "begin": "2025-01-01"});
    let visit = json!({"kind": "visit", "rev": 1, "mdtrt_id": format!("V{nth}"), "psn_no": person,
        "fixmedins_code": "H1", "med_type": "11", "begntime": "2025-03-01 09:00:00"});
    format!("{death}\n{visit}\n")
}

/// Whether a text has this sample.
fn has(metrics: &str, sample: &str) -> bool {
    metrics.lines().any(|line| line == sample)
}

#[test]
fn what_happens_is_counted_by_what_it_is() {
    let place = Place::new("[metrics]\narrangements = true\n");
    let mut service = place.serve();
    let body = format!("{}nonsense\n{{\"kind\":\"visit\"}}\n", after_death("P1", 1));
    service.post(None, body.as_bytes()).unwrap();
    service.post(None, after_death("P1", 1).as_bytes()).unwrap();
    fs::create_dir_all(place.path("data/inbox")).unwrap();
    fs::write(place.path("data/inbox/more.ndjson"), after_death("P2", 2)).unwrap();
    wait("two alerts", || place.log(), || service.alerts().len() == 2);
    let metrics = service.metrics();
    for sample in [
        "fundwatch_changes_accepted_total{source=\"http\",kind=\"visit\"} 1",
        "fundwatch_changes_accepted_total{source=\"folder\",kind=\"person_fact\"} 1",
        "fundwatch_changes_duplicate_total{source=\"http\",kind=\"visit\"} 1",
        "fundwatch_changes_rejected_total{source=\"http\",kind=\"visit\"} 1",
        "fundwatch_changes_rejected_total{source=\"http\",kind=\"?\"} 1",
        "fundwatch_rejects_total{source=\"http\",code=\"not_json\"} 1",
        "fundwatch_rejects_total{source=\"http\",code=\"missing_field\"} 1",
        "fundwatch_rejects_total{source=\"folder\",code=\"conflict\"} 0",
        "fundwatch_events_total{rule=\"A01\",event=\"raised\"} 2",
        "fundwatch_events_total{rule=\"A01\",event=\"withdrawn\"} 0",
        "fundwatch_alerts{rule=\"A01\"} 2",
        "fundwatch_alerts{rule=\"A02\"} 0",
        "fundwatch_sequence 2",
        "fundwatch_ready 1",
        "fundwatch_inbox_batches 0",
        "fundwatch_inbox_bytes 0",
        // The visits are of 9 o'clock in China.
        "fundwatch_now_timestamp_seconds 1740790800",
    ] {
        assert!(has(&metrics, sample), "{sample} is not in\n{metrics}");
    }
    assert_eq!(service.counter("fundwatch_changes_accepted_total"), 4);
    let ticks = service.counter("fundwatch_ticks_total");
    assert!(ticks >= 3);
    for of_ticks in ["fundwatch_tick_seconds_count", "fundwatch_tick_changes_count"] {
        assert_eq!(service.counter(of_ticks), ticks, "{of_ticks}");
    }
    assert_eq!(service.counter("fundwatch_tick_part_seconds_count"), 4 * ticks);
    assert!(service.counter("fundwatch_hand_in_to_commit_seconds_count") >= 3);
    for of_place in [
        "fundwatch_store_segment_bytes",
        "fundwatch_store_database_bytes",
        "fundwatch_disk_free_bytes",
        "fundwatch_arena_bytes",
        "process_resident_memory_bytes",
        "fundwatch_now_behind_seconds",
    ] {
        assert!(service.counter(of_place) > 0, "{of_place} in\n{metrics}");
    }
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    let started = metrics.lines().find_map(|line| line.strip_prefix("process_start_time_seconds ")).unwrap();
    assert!((clock - started.parse::<f64>().unwrap()).abs() < 120.0, "{started}");
    // What an arrangement holds: the visits and facts, under some operator.
    let arranged = metrics.lines().filter(|line| line.starts_with("fundwatch_arrangement_updates{operator="));
    assert!(arranged.filter(|line| !line.ends_with(" 0")).count() > 3, "{metrics}");
    // A restart counts anew, and knows what stands.
    assert_eq!(service.terminate(), Some(0));
    service = place.serve();
    let metrics = service.metrics();
    assert!(has(&metrics, "fundwatch_alerts{rule=\"A01\"} 2"), "{metrics}");
    assert!(has(&metrics, "fundwatch_events_total{rule=\"A01\",event=\"raised\"} 0"), "{metrics}");
    service.post(None, br#"{"kind":"person_fact","op":"del","rev":2,"fact_id":"F1"}"#).unwrap();
    assert!(has(&service.metrics(), "fundwatch_alerts{rule=\"A01\"} 1"));
}

#[test]
fn readers_of_the_feed_are_counted_while_they_read() {
    let place = Place::new("");
    let service = place.serve();
    assert!(!service.metrics().contains("fundwatch_arrangement_updates"));
    let mut reader = TcpStream::connect(service.address).unwrap();
    reader.write_all(b"GET /v1/feed HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    wait("a reader", || place.log(), || service.counter("fundwatch_feed_readers") == 1);
    drop(reader);
    wait("no reader", || place.log(), || service.counter("fundwatch_feed_readers") == 0);
}

#[test]
fn every_sample_has_a_name_that_is_explained() {
    let place = Place::new("");
    let service = place.serve();
    service.post(None, after_death("P1", 1).as_bytes()).unwrap();
    let metrics = service.metrics();
    let mut explained = "";
    for line in metrics.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            explained = rest.split(' ').next().unwrap();
            assert!(metrics.contains(&format!("# HELP {explained} ")), "{explained} has no help");
        } else if !line.starts_with('#') {
            assert!(line.starts_with(explained), "{line} stands under {explained}");
            line.rsplit(' ').next().unwrap().parse::<f64>().unwrap_or_else(|_| panic!("{line}"));
        }
    }
    let labels: std::collections::BTreeSet<&str> = metrics
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('{')?.1.rsplit_once('}'))
        .flat_map(|(labels, _)| labels.split(',').filter_map(|label| label.split_once("=\"")))
        .map(|(name, _)| name)
        .collect();
    let known = [
        "code", "event", "identity", "kind", "le", "operator", "part", "rule", "source", "thread", "version",
    ];
    assert!(
        labels.iter().all(|label| known.contains(label)),
        "{labels:?}: a new label must not name a record"
    );
}

/// What stands in place of person numbers, keys and texts of records.
const CANARY: &str = "KANARI7731";

/// Does everything with records that can be done wrongly, each with the canary in it.
fn feed_canaries(place: &Place, service: &Service) {
    let inbox = place.path("data/inbox");
    let write = |name: &str, text: &[u8]| {
        fs::create_dir_all(&inbox).unwrap();
        fs::write(inbox.join(name), text).unwrap();
    };
    let person = |of: Value| {
        let mut record = json!({"kind": "person", "psn_no": CANARY, "gend": "1", "brdy": "1960-01-01"});
        record.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
        record.to_string()
    };
    // Taken, taken again, in conflict; each fault of the decoder; no JSON at all.
    let lines = [
        after_death(CANARY, 1),
        after_death(CANARY, 1),
        person(json!({"rev": 1})),
        person(json!({"rev": 1, "gend": "2"})),
        person(json!({"gend": CANARY})),
        person(json!({"brdy": CANARY})),
        person(json!({"rev": CANARY})),
        person(json!({"op": CANARY})),
        person(json!({"kind": CANARY})),
        json!({"kind": "fee_line", "feedetl_sn": CANARY, "det_item_fee_sumamt": CANARY}).to_string(),
        json!({"kind": "visit", "mdtrt_id": CANARY}).to_string(),
        format!("{{\"kind\":\"person\",\"psn_no\":\"{CANARY}\",\"psn_no\":\"{CANARY}\"}}"),
        format!("{CANARY} is no JSON"),
        format!("{{\"kind\":\"person\",\"psn_no\":\"{CANARY}"),
    ];
    service.post(Some(CANARY), lines.join("\n").as_bytes()).unwrap();
    // The same id with another body; an array that breaks off; a body that is shorter than was said.
    service.post(Some(CANARY), format!("[{{\"psn_no\":\"{CANARY}\"").as_bytes()).unwrap();
    service.post(None, format!("[{{\"psn_no\":\"{CANARY}\"").as_bytes()).unwrap();
    let mut broken = TcpStream::connect(service.address).unwrap();
    let head = format!(
        "POST /v1/changes HTTP/1.1\r\nHost: test\r\nX-Request-Id: {CANARY}-2\r\nContent-Length: 9999\r\n\r\n"
    );
    broken.write_all(head.as_bytes()).unwrap();
    broken.write_all(format!("{{\"kind\":\"person\",\"psn_no\":\"{CANARY}\"}}\n").as_bytes()).unwrap();
    drop(broken);
    let mut nonsense = TcpStream::connect(service.address).unwrap();
    nonsense.write_all(format!("{CANARY} HTTP\r\n\r\n").as_bytes()).unwrap();
    drop(nonsense);
    // Addresses and parameters.
    for path in [
        "/v1/alerts/X",
        "/v1/alerts?X=1",
        "/v1/alerts?rule=X",
        "/X",
        "/v1/feed?after=X",
        "/v1/rejected?after=X",
    ] {
        service.get(&path.replace('X', CANARY)).unwrap();
    }
    // Files: rows that are torn, no head, no kind, another coding, damaged.
    write("person.csv", format!("psn_no,gend,brdy\n{CANARY},1\n{CANARY},{CANARY},{CANARY}\n").as_bytes());
    write("visit.csv", format!("{CANARY},{CANARY}\n{CANARY},2\n").as_bytes());
    write("nokind.csv", format!("psn_no\n{CANARY}\n").as_bytes());
    write("lines.ndjson", lines.join("\n").as_bytes());
    write(
        "coded.ndjson",
        &[b"{\"kind\":\"person\",\"psn_no\":\"", CANARY.as_bytes(), b"\xff\xfe\"}\n"].concat(),
    );
    write("broken.ndjson.gz", &[b"\x1f\x8b\x08\x00", CANARY.as_bytes()].concat());
    write("broken.parquet", &[b"PAR1", CANARY.as_bytes(), b"PAR1"].concat());
    write("quoted.csv", format!("psn_no,gend\n\"{CANARY},1\n").as_bytes());
    write("strange.txt", CANARY.as_bytes());
}

#[test]
fn no_record_is_seen_in_a_log_or_a_figure() {
    for format in ["text", "json"] {
        let place = Place::new(&format!("[log]\nformat = \"{format}\"\nlevel = \"trace\"\n"));
        let mut service = place.serve();
        feed_canaries(&place, &service);
        let all = |service: &Service| {
            let rejected = service.get("/v1/rejected?limit=1000").unwrap().json()["items"].to_string();
            let of_files = ["person.csv", "nokind.csv", "lines.ndjson", "coded.ndjson"];
            of_files.iter().all(|file| rejected.contains(file))
                && ["broken.ndjson.gz", "broken.parquet", "strange.txt", "visit.csv"]
                    .iter()
                    .all(|file| place.log().contains(file))
        };
        wait("all files were looked at", || place.log(), || all(&service));
        // What was sent is there, where it belongs.
        assert_eq!(service.alerts().len(), 1);
        let rejected = service.get("/v1/rejected?limit=1000").unwrap();
        assert!(String::from_utf8_lossy(&rejected.body).matches(CANARY).count() > 20);
        let mut metrics = service.metrics();
        // A crash, a start that puts all of it through the engine again, and an end.
        let _ = service.child.kill();
        service.child.wait().unwrap();
        service = place.serve();
        metrics += &service.metrics();
        assert_eq!(service.terminate(), Some(0));
        let log = place.log();
        assert!(log.contains("tick committed") && log.contains("skipped"), "{log}");
        let seen = log.lines().chain(metrics.lines()).filter(|line| line.contains(CANARY));
        assert_eq!(seen.collect::<Vec<_>>(), [""; 0]);
    }
}

#[test]
fn a_log_is_lines_for_people_or_objects_for_programs() {
    let place = Place::new("[log]\nlevel = \"debug\"\n");
    let mut service = place.serve();
    let address = service.address;
    service.post(None, after_death("P1", 1).as_bytes()).unwrap();
    assert_eq!(service.terminate(), Some(0));
    let log = place.log();
    assert!(log.lines().any(|line| line == format!("ready: http://{address}")), "{log}");
    assert!(log.contains("starting") && log.contains("told to end") && log.contains("ended"), "{log}");

    let place = Place::new("[log]\nformat = \"json\"\nlevel = \"debug\"\n");
    let mut service = place.serve();
    service.post(None, after_death("P1", 1).as_bytes()).unwrap();
    assert_eq!(service.terminate(), Some(0));
    let log = place.log();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |message: &str| {
        lines.iter().find(|line| line["message"] == message).unwrap_or_else(|| panic!("{log}"))
    };
    assert_eq!(of("ready")["address"], service.address.to_string());
    assert_eq!((&of("starting")["level"], &of("ended")["level"]), (&json!("INFO"), &json!("INFO")));
    let tick = of("tick committed");
    let span = &tick["span"];
    assert_eq!((&tick["level"], &span["name"]), (&json!("DEBUG"), &json!("tick")));
    assert_eq!(
        (&span["changes"], &span["events"], span["tick"].is_u64()),
        (&json!(2), &json!(1), true),
        "{tick}"
    );
    for part in ["take_ms", "judge_ms", "append_ms", "commit_ms"] {
        assert!(span[part].as_f64().is_some_and(|milliseconds| milliseconds < 60_000.0), "{part} in {tick}");
    }

    // Without a word about it, no tick is logged.
    let place = Place::new("[log]\nformat = \"json\"\n");
    let mut service = place.serve();
    service.post(None, after_death("P1", 1).as_bytes()).unwrap();
    assert_eq!(service.terminate(), Some(0));
    assert!(place.log().contains("\"ready\"") && !place.log().contains("tick committed"), "{}", place.log());
}

#[test]
fn what_goes_on_beside_the_loop_is_logged() {
    let place = Place::new("");
    let service = place.serve();
    let done = Command::new("kill").args(["-HUP", &service.child.id().to_string()]).status().unwrap();
    assert!(done.success());
    wait("it is logged", || place.log(), || place.log().contains("principals were read again"));
}

#[test]
fn top_shows_a_service_at_a_glance() {
    let place = Place::new("");
    let service = place.serve();
    service.post(None, after_death("P1", 1).as_bytes()).unwrap();
    let url = format!("http://{}", service.address);
    let done = fundwatch(Path::new("."), &["top", "--once", "--url", &url]);
    assert_eq!(done.code, Some(0), "{done:?}");
    for part in
        ["state      ready", "accepted   ", "2 in all", "1 alerts stand", "A01 ", "resident", "free", "up "]
    {
        assert!(done.out.contains(part), "{part} is not in\n{}", done.out);
    }
    drop(service);
    let done = fundwatch(Path::new("."), &["top", "--once", "--url", &url]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.err.contains("is the service running"), "{done:?}");
}
