//! Made-up histories, written to a store and to a plain model of what it must hold.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use store::{AsideEvent, AsideLine, Error, Event, EventKind, Store, Tick};

/// A size from which on segments roll every few ticks.
pub(crate) const SMALL: u64 = 300;

/// Who takes events in a history.
const TAKERS: [&str; 2] = ["feed", "topic"];

/// All that can be read of a store.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Content {
    pub(crate) changes: Vec<(u64, Vec<u8>)>,
    pub(crate) tick: u64,
    pub(crate) sequence: u64,
    pub(crate) offsets: BTreeMap<String, u64>,
    pub(crate) answers: BTreeMap<String, Vec<u8>>,
    pub(crate) alerts: BTreeMap<String, (u64, Vec<u8>)>,
    pub(crate) events: Vec<(u64, Vec<u8>)>,
    pub(crate) beside: Vec<(u64, Vec<u8>)>,
    pub(crate) rejects: Vec<(u64, Vec<u8>)>,
    /// Alerts aside of the feed, by id: number of the last event, state, group, rank and alert.
    pub(crate) aside: BTreeMap<String, (u64, String, String, u64, Vec<u8>)>,
    pub(crate) aside_events: Vec<AsideLine>,
    pub(crate) cursors: BTreeMap<String, u64>,
}

/// Reads all of a folder; of answers, those of the ticks up to `ticks`.
pub(crate) fn read(folder: &Path, ticks: u64) -> Result<Content, Error> {
    let store = Store::open_with(folder, SMALL)?;
    read_open(&store, ticks)
}

/// Reads all of an open store.
pub(crate) fn read_open(store: &Store, ticks: u64) -> Result<Content, Error> {
    let mut content =
        Content { tick: store.last_tick(), sequence: store.last_sequence(), ..Content::default() };
    store.replay(|tick, change| {
        content.changes.push((tick, change.to_vec()));
        Ok::<(), Error>(())
    })?;
    let state = store.state();
    content.offsets = state.offsets()?.into_iter().collect();
    for request in (1..=ticks).flat_map(|tick| [request(tick, 0), request(tick, 1)]) {
        if let Some(answer) = state.answer(&request)? {
            content.answers.insert(request, answer);
        }
    }
    for (id, alert) in state.alerts("", usize::MAX, |_| true)?.items {
        let (sequence, same) = state.alert(&id)?.unwrap();
        assert_eq!(alert, same, "{id} is one thing in the list and another by its id");
        content.alerts.insert(id, (sequence, alert));
    }
    content.events = state.events(0, usize::MAX)?.items;
    content.beside = state.beside(0, content.sequence)?;
    assert_eq!(content.beside, state.beside(0, u64::MAX)?);
    content.rejects = state.rejects(0, usize::MAX)?.items;
    read_aside(store, &mut content)?;
    for taker in TAKERS {
        let cursor = state.cursor(taker)?;
        if cursor > 0 {
            content.cursors.insert(taker.to_owned(), cursor);
        }
    }
    Ok(content)
}

/// Reads what is aside of the feed, in every way that there is.
fn read_aside(store: &Store, content: &mut Content) -> Result<(), Error> {
    let snapshot = store.state().snapshot()?;
    content.aside_events = snapshot.aside_events(0, usize::MAX)?.items;
    assert_eq!(snapshot.last_aside()?, content.aside_events.len() as u64);
    let mut by_group: BTreeMap<(String, String), Vec<(u64, String)>> = BTreeMap::new();
    for (id, of) in snapshot.asides("", usize::MAX)?.items {
        assert_eq!(snapshot.aside(&id)?.as_ref(), Some(&of));
        by_group.entry((of.state.clone(), of.group.clone())).or_default().push((of.rank, id.clone()));
        content.aside.insert(id, (of.number, of.state, of.group, of.rank, of.alert));
    }
    let counted = by_group.iter().map(|((state, group), of)| (state.clone(), group.clone(), of.len() as u64));
    assert_eq!(snapshot.aside_counts()?, counted.collect::<Vec<_>>());
    for ((state, group), mut expected) in by_group {
        expected.sort();
        let (mut found, mut after): (Vec<(u64, String)>, _) = (Vec::new(), None);
        loop {
            let page = snapshot.aside_order(
                (&state, &group),
                after.as_ref().map(|(n, id): &(u64, String)| (*n, id.as_str())),
                2,
            )?;
            found.extend(page.items);
            after = found.last().cloned();
            if !page.more {
                break;
            }
        }
        assert_eq!(found, expected, "{state} {group}");
    }
    Ok(())
}

fn request(tick: u64, nth: u64) -> String {
    format!("request {tick}/{nth}")
}

/// An event of an alert aside of the feed.
struct Aside {
    id: String,
    stays: bool,
    state: &'static str,
    group: &'static str,
    rank: u64,
    line: Vec<u8>,
    alert: Vec<u8>,
    beside: Vec<u8>,
}

impl Aside {
    fn event(&self) -> AsideEvent<'_> {
        AsideEvent {
            stays: self.stays,
            state: self.state,
            group: self.group,
            rank: self.rank,
            alert_id: &self.id,
            line: &self.line,
            alert: &self.alert,
            beside: &self.beside,
        }
    }
}

/// A history that is being written.
pub(crate) struct History {
    random: TestRng,
    pub(crate) model: Content,
}

impl History {
    pub(crate) fn new(seed: u8) -> History {
        History { random: TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]), model: Content::default() }
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.random.next_u64() % end
    }

    fn bytes(&mut self, what: &str) -> Vec<u8> {
        let length = usize::try_from(self.below(90)).unwrap();
        format!("{what} {:016x} {}", self.random.next_u64(), "x".repeat(length)).into_bytes()
    }

    /// Appends changes for a tick without committing it: a crash in between is to undo them.
    pub(crate) fn append_in_vain(&mut self, store: &mut Store) {
        let change = self.bytes("never committed");
        for _ in 0..=self.below(2) {
            store.append(self.model.tick + 1, [change.as_slice(), b""].into_iter()).unwrap();
        }
    }

    /// Appends the changes of the next tick and commits it.
    pub(crate) fn tick(&mut self, store: &mut Store) {
        let tick = self.model.tick + 1;
        let changes: Vec<Vec<u8>> = (0..self.below(5)).map(|_| self.bytes("change")).collect();
        if !changes.is_empty() || self.below(2) == 0 {
            store.append(tick, changes.iter().map(Vec::as_slice)).unwrap();
        }
        let happened: Vec<(EventKind, String, Vec<u8>, Vec<u8>)> =
            (0..self.below(4)).map(|_| self.event()).collect();
        let events: Vec<Event<'_>> = happened
            .iter()
            .map(|(kind, alert_id, line, alert)| Event { kind: *kind, alert_id, line, alert })
            .collect();
        let offsets: Vec<(String, u64)> =
            (0..self.below(3)).map(|source| (format!("topic/{source}"), tick * 10 + source)).collect();
        let requests: Vec<(String, Vec<u8>)> =
            (0..self.below(3)).map(|nth| (request(tick, nth), self.bytes("answer"))).collect();
        let rejects: Vec<Vec<u8>> = (0..self.below(3)).map(|_| self.bytes("rejected")).collect();
        // What is known beside an event may be nothing, and may be known of the first ones only.
        let known: Vec<Vec<u8>> = (0..self.below(events.len() as u64 + 1))
            .map(|nth| if nth % 3 == 1 { Vec::new() } else { self.bytes("beside") })
            .collect();
        let lines: Vec<Aside> = (0..self.below(4)).map(|_| self.aside()).collect();
        let aside: Vec<AsideEvent<'_>> = lines.iter().map(Aside::event).collect();
        let (before, beside) = (self.model.sequence - events.len() as u64, known.as_slice());
        let whole = Tick {
            tick,
            events: &events,
            beside,
            offsets: &offsets,
            requests: &requests,
            rejects: &rejects,
            aside: &aside,
            ..Tick::default()
        };
        assert_eq!(store.commit(&whole).unwrap(), self.model.sequence);
        let model = &mut self.model;
        model.tick = tick;
        model.changes.extend(changes.into_iter().map(|change| (tick, change)));
        model.offsets.extend(offsets);
        model.answers.extend(requests);
        model.beside.extend((before + 1..).zip(known).filter(|(_, known)| !known.is_empty()));
        let number = model.rejects.len() as u64;
        model.rejects.extend((number + 1..).zip(rejects));
    }

    /// An event of an alert aside of the feed, which the model has taken. The tick has its events of the feed already.
    fn aside(&mut self) -> Aside {
        let id = format!("B-{}", self.below(6));
        let stays = self.below(3) > 0;
        let (state, group) = (
            ["held", "shadow"][usize::try_from(self.below(2)).unwrap()],
            ["R1", "R2"][usize::try_from(self.below(2)).unwrap()],
        );
        let (rank, line, alert) = (self.below(3) * (u64::MAX / 2), self.bytes("aside"), self.bytes("alert"));
        let beside = if self.below(2) == 0 { Vec::new() } else { self.bytes("beside") };
        let model = &mut self.model;
        let number = model.aside_events.len() as u64 + 1;
        let (of_state, of_line, of_beside) = (state.to_owned(), line.clone(), beside.clone());
        let after = model.sequence;
        model.aside_events.push(AsideLine {
            number,
            after,
            state: of_state,
            line: of_line,
            beside: of_beside,
        });
        if stays {
            let of = (number, state.to_owned(), group.to_owned(), rank, alert.clone());
            model.aside.insert(id.clone(), of);
        } else {
            model.aside.remove(&id);
        }
        Aside { id, stays, state, group, rank, line, alert, beside }
    }

    /// An event of one of a few alerts, which the model has taken.
    fn event(&mut self) -> (EventKind, String, Vec<u8>, Vec<u8>) {
        let id = format!("A-{}", self.below(8));
        let kind = match (self.model.alerts.contains_key(&id), self.below(2)) {
            (false, _) => EventKind::Raised,
            (true, 0) => EventKind::Changed,
            (true, _) => EventKind::Withdrawn,
        };
        let (line, alert) = (self.bytes("event"), self.bytes("alert"));
        let model = &mut self.model;
        model.sequence += 1;
        model.events.push((model.sequence, line.clone()));
        match kind {
            EventKind::Withdrawn => model.alerts.remove(&id),
            _ => model.alerts.insert(id.clone(), (model.sequence, alert.clone())),
        };
        (kind, id, line, alert)
    }

    /// Lets somebody take events up to the last one.
    pub(crate) fn advance(&mut self, store: &Store) {
        let taker = TAKERS[usize::try_from(self.below(2)).unwrap()];
        store.state().advance((taker, self.model.sequence)).unwrap();
        if self.model.sequence > 0 {
            self.model.cursors.insert(taker.to_owned(), self.model.sequence);
        }
    }
}

/// Copies a folder: of one that is open, what a process that is killed at this moment leaves.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let copied = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &copied);
        } else {
            fs::copy(&entry, &copied).unwrap();
        }
    }
}
