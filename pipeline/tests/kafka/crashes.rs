//! The service is killed at every named point and at random moments, while changes and their corrections flow through a
//! broker that crashes too; a second service of the same name ends the first.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use records::splitmix::SplitMix64;
use serde_json::Value;

use crate::banks::bent;
use crate::broker::Broker;
use crate::place::{Place, Region, flow, folded, published, settled};
use crate::program::fundwatch;
use crate::service::Service;

/// Where the program ends itself if it is asked to, as it was built for tests.
const POINTS: [&str; 13] = [
    "tick taken",
    "tick appended",
    "segment begun",
    "tick judged",
    "tick committed",
    "tick answered",
    "events sent",
    "events published",
    "events projected",
    "backup begun",
    "backup written",
    "rules before",
    "rules after",
];

/// Kills at random moments that follow each round of the points.
const RANDOM: usize = 7;

/// How long a service may take until it comes to its point.
const REACHES: Duration = Duration::from_secs(20);

/// Does what leads a service to its point, where changes alone do not.
fn provoke(point: &str, nth: usize, service: &mut Service, at: &Path, next_bank: &Path) {
    let is_asked = point.starts_with("backup") || point.starts_with("rules");
    if !is_asked || !service.is_ready() {
        return;
    }
    let url = format!("http://{}", service.address);
    if point.starts_with("backup") {
        // It does not answer if it comes to its point.
        fundwatch(at, &["backup", &format!("b{nth}"), "--at", &url]);
        return;
    }
    let done = fundwatch(at, &["rules", "apply", next_bank.to_str().unwrap(), "--by", "Li", "--at", &url]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let bank = done.out.split(&[' ', ','][..]).nth(1).unwrap();
    fundwatch(at, &["rules", "approve", bank, "--by", "Wang", "--at", &url]);
}

/// Waits until a service has ended by itself.
fn ends(service: &mut Service) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < REACHES {
        if service.child.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// The same messages by the console tool of Kafka, which is not ours.
fn console_reads_the_same(broker: &Broker) {
    let ours: BTreeMap<String, (String, Value)> = broker
        .committed("alerts")
        .iter()
        .map(|message| {
            let key = String::from_utf8(message.key.clone()).unwrap();
            (message.header("ce_sequence").to_owned(), (key, serde_json::from_slice(&message.value).unwrap()))
        })
        .collect();
    let theirs = broker.console("alerts");
    assert_eq!(theirs.len(), ours.len(), "messages that the console tool reads");
    for (headers, key, value) in theirs {
        let value: Value = serde_json::from_str(&value).unwrap();
        assert_eq!(ours[&headers["ce_sequence"]], (key, value));
    }
}

#[test]
fn crashes_of_either_side_lose_nothing_and_double_nothing() {
    let kills: usize = std::env::var("FUNDWATCH_KILLS").map_or(16, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let Some(broker) = Broker::start(at) else { return };
    broker.topics(&["changes:3", "bureau.person_fact:1", "alerts:2"]);
    let region = Region::new(at, 500 + 40 * u64::try_from(kills).unwrap());
    let mine = bent(at, &region.rules, "persons = 3", "persons = 2");
    let lines = region.disordered(3);
    let place = Place::new(Some(&region.rules));
    let (mut random, sender) = (SplitMix64::seeded(3), broker.sender());
    // What was killed where, and how long the next start took.
    let (mut killed, mut restarts) = (BTreeMap::<&str, usize>::new(), Vec::new());
    let mut is_mine = false;
    // A segment is begun every few ticks.
    let small = ("FUNDWATCH_SEGMENT_BYTES", "8192");
    let mut service = place.begin(&broker, &[small]);
    for (nth, some) in lines.chunks(lines.len() / (kills + 1) + 1).enumerate() {
        if nth == kills {
            flow(&sender, some, some.len(), Duration::ZERO);
            break;
        }
        let moment = nth % (POINTS.len() + RANDOM);
        std::thread::scope(|scope| {
            scope.spawn(|| flow(&sender, some, some.len() / 20, Duration::from_millis(30)));
            if nth == kills / 2 {
                broker.crash();
                broker.begin();
            }
            let Some(point) = POINTS.get(moment).copied() else {
                std::thread::sleep(Duration::from_millis(random.below(1_500)));
                *killed.entry("at random").or_default() += 1;
                return;
            };
            let _ = (service.child.kill(), service.child.wait());
            service = place.begin(&broker, &[small, ("FUNDWATCH_FAIL_AT", point)]);
            let next_bank = if is_mine { &region.rules } else { &mine };
            provoke(point, nth, &mut service, at, next_bank);
            // Where nothing is left to do, the point is not reached.
            if ends(&mut service) {
                *killed.entry(point).or_default() += 1;
                is_mine ^= point == "rules after";
            }
        });
        let _ = (service.child.kill(), service.child.wait());
        let begun = Instant::now();
        service = place.begin(&broker, &[small]);
        assert!(service.is_ready(), "{}", place.log());
        restarts.push(begun.elapsed());
    }
    restarts.sort_unstable();
    eprintln!(
        "{} changes; killed: {killed:?}; restarts: median {:?}, longest {:?}",
        lines.len(),
        restarts[restarts.len() / 2],
        restarts.last().unwrap()
    );
    if kills >= POINTS.len() {
        let missed: Vec<_> = POINTS.iter().filter(|point| !killed.contains_key(*point)).collect();
        assert!(missed.is_empty(), "never reached: {missed:?}");
    }
    let wanted = region.alerts(if is_mine { &mine } else { &region.rules });
    settled(&place, &service, &broker, &wanted);
    console_reads_the_same(&broker);
    assert_eq!(service.terminate(), Some(0), "{}", place.log());
    assert!(!place.log().contains("panicked"), "{}", place.log());
}

#[test]
fn a_second_service_of_the_same_name_ends_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let Some(broker) = Broker::start(folder.path()) else { return };
    broker.topics(&["changes:1", "bureau.person_fact:1", "alerts:1"]);
    let place = Place::new(None);
    let mut service = place.begin(&broker, &[]);
    assert!(service.is_ready(), "{}", place.log());
    let sender = broker.sender();
    sender.send_visit_after_death();
    place.wait("the first publishes", || published(&service) >= 1);
    let other = Place::new(None);
    let mut second = other.begin(&broker, &[]);
    assert!(second.is_ready(), "{}", other.log());
    other.wait("the second publishes", || published(&second) >= 1);
    let withdrawn = r#"{"kind": "visit", "op": "del", "rev": 2, "mdtrt_id": "V1"}"#;
    assert_eq!(service.post(None, withdrawn.as_bytes()).unwrap().status, 202);
    place.wait("the first has ended", || service.child.try_wait().unwrap().is_some());
    assert_eq!(service.child.wait().unwrap().code(), Some(3));
    assert!(place.log().contains("another service named fundwatch"), "{}", place.log());
    // What the first did not come to is not there.
    let messages = broker.committed("alerts");
    assert!(messages.iter().all(|message| message.header("ce_type") == "fundwatch.alert.raised.v1"));
    let of_second = &messages[messages.len() - 1..];
    assert_eq!(folded(of_second, 1).len(), 1);
}
