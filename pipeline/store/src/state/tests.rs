//! A commit that the disk had, and that was told as failed.

use super::*;

#[test]
fn a_tick_that_was_committed_unseen_is_not_committed_twice() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(&folder.path().join("state.redb")).unwrap();
    let event = Event { kind: EventKind::Raised, alert_id: "A", line: b"event", alert: b"alert" };
    let rejects = [b"rejected".to_vec()];
    let tick = Tick { tick: 1, events: &[event], rejects: &rejects, ..Tick::default() };
    assert_eq!(state.commit(&tick, 1, 8).unwrap(), 1);
    // As if the commit had given an error: what is known without the database is as before.
    state.tick.store(0, Ordering::Release);
    state.sequence.store(0, Ordering::Release);
    assert_eq!(state.commit(&tick, 1, 8).unwrap(), 1);
    assert_eq!((state.last_tick(), state.last_sequence()), (1, 1));
    assert_eq!(state.rejects(0, 9).unwrap().items, [(1, b"rejected".to_vec())]);
    assert_eq!(state.events(0, 9).unwrap().items, [(1, b"event".to_vec())]);
}
