//! A region through a broker that is stopped and crashes, in disorder and with duplicates, and on to another machine:
//! the alerts are those of a run over all of it at once.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::broker::Broker;
use crate::place::{Place, Region, flow, settled};
use crate::program::fundwatch;

#[test]
fn disorder_duplicates_and_a_broker_that_begins_again_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(broker) = Broker::start(folder.path()) else { return };
    broker.topics(&["changes:3", "bureau.person_fact:1", "alerts:2"]);
    let region = Region::new(folder.path(), 400);
    let lines = region.disordered(8);
    let place = Place::new(Some(&region.rules));
    let mut service = place.begin(&broker, &[]);
    assert!(service.is_ready(), "{}", place.log());
    let sender = broker.sender();
    std::thread::scope(|scope| {
        scope.spawn(|| flow(&sender, &lines, 100, Duration::from_millis(40)));
        std::thread::sleep(Duration::from_secs(1));
        broker.end();
        broker.begin();
        std::thread::sleep(Duration::from_secs(1));
        broker.crash();
        std::thread::sleep(Duration::from_secs(1));
        broker.begin();
    });
    // All of it once more, from the last to the first: each key's revisions come the other way round.
    let backwards: Vec<Vec<u8>> = region.lines.iter().rev().cloned().collect();
    flow(&sender, &backwards, 500, Duration::ZERO);
    let all = u64::try_from(lines.len() + backwards.len()).unwrap();
    let taken = || {
        service.counter("fundwatch_changes_accepted_total")
            + service.counter("fundwatch_changes_duplicate_total")
    };
    place.wait("all changes are taken", || taken() == all);
    let different: BTreeSet<&Vec<u8>> = region.lines.iter().collect();
    assert_eq!(service.counter("fundwatch_changes_accepted_total"), different.len() as u64);
    settled(&place, &service, &broker, &region.alerts(&region.rules));
    assert_eq!(service.terminate(), Some(0), "{}", place.log());
}

#[test]
fn a_service_goes_on_elsewhere_from_a_backup_while_the_topic_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let Some(broker) = Broker::start(folder.path()) else { return };
    broker.topics(&["changes:3", "bureau.person_fact:1", "alerts:2"]);
    let region = Region::new(folder.path(), 400);
    let lines = region.disordered(9);
    let mut place = Place::new(Some(&region.rules));
    let mut service = place.begin(&broker, &[]);
    assert!(service.is_ready(), "{}", place.log());
    let sender = broker.sender();
    let (before, rest) = lines.split_at(lines.len() / 3);
    let (meanwhile, after) = rest.split_at(rest.len() / 2);
    flow(&sender, before, 200, Duration::ZERO);
    let url = format!("http://{}", service.address);
    std::thread::scope(|scope| {
        scope.spawn(|| flow(&sender, meanwhile, 50, Duration::from_millis(20)));
        let done = fundwatch(place.folder.path(), &["backup", "noon", "--at", &url]);
        assert_eq!(done.code, Some(0), "{done:?}");
    });
    // The machine is lost with all that it took after the backup.
    let _ = (service.child.kill(), service.child.wait());
    flow(&sender, after, 200, Duration::ZERO);
    let restore = ["restore", "data/backups/noon", "--data", "elsewhere"];
    let done = fundwatch(place.folder.path(), &restore);
    assert_eq!(done.code, Some(0), "{done:?}");
    place.data = "elsewhere";
    let mut service = place.begin(&broker, &[]);
    assert!(service.is_ready(), "{}", place.log());
    settled(&place, &service, &broker, &region.alerts(&region.rules));
    assert_eq!(service.terminate(), Some(0), "{}", place.log());
}
