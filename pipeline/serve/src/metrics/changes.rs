//! Changes that came: by outcome, source and kind, and why some were rejected.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use records::Kind;
use records::decode::Code;

use crate::batch::Origin;

/// Where a change came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A request.
    Http,
    /// A file of the watched folder.
    Folder,
    /// A topic.
    Kafka,
}

const SOURCES: [Source; 3] = [Source::Http, Source::Folder, Source::Kafka];

impl Source {
    /// Where a batch came from.
    pub fn of(origin: &Origin) -> Source {
        match origin {
            Origin::Request { .. } => Source::Http,
            Origin::File { .. } => Source::Folder,
            Origin::Topics(_) => Source::Kafka,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Source::Http => "http",
            Source::Folder => "folder",
            Source::Kafka => "kafka",
        }
    }
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was taken.
    Accepted,
    /// It was there before.
    Duplicate,
    /// It cannot be taken.
    Rejected,
}

/// The kinds, and behind them the place of those that name none.
const KINDS: usize = Kind::ALL.len() + 1;

/// Changes of a batch by fate and kind.
#[derive(Debug, Default)]
pub struct Tally([[u64; KINDS]; 3]);

impl Tally {
    /// Counts one.
    pub fn add(&mut self, fate: Fate, kind: Option<Kind>) {
        self.0[fate as usize][kind.map_or(KINDS - 1, |kind| kind as usize)] += 1;
    }
}

/// A counter of each source and kind.
type Counters = [[Counter; KINDS]; 3];

type Two = [(&'static str, &'static str); 2];

/// Counters of changes.
#[derive(Debug)]
pub struct Changes {
    /// By fate.
    counters: [Counters; 3],
    rejects: Family<Two, Counter>,
}

impl Changes {
    pub(super) fn register(registry: &mut Registry) -> Changes {
        let mut counters = |name: &str, help: &str| -> Counters {
            let family: Family<Two, Counter> = Family::default();
            registry.register(name, help, family.clone());
            SOURCES.map(|source| {
                std::array::from_fn(|kind| {
                    let kind = Kind::ALL.get(kind).map_or("?", |kind| kind.name());
                    family.get_or_create_owned(&[("source", source.name()), ("kind", kind)])
                })
            })
        };
        let counters = [
            counters("fundwatch_changes_accepted", "Changes that were taken"),
            counters("fundwatch_changes_duplicate", "Changes that were there before"),
            counters(
                "fundwatch_changes_rejected",
                "Changes that could not be taken; their kind may be unknown",
            ),
        ];
        let rejects: Family<Two, Counter> = Family::default();
        registry.register(
            "fundwatch_rejects",
            "Changes that could not be taken, by the code of why",
            rejects.clone(),
        );
        for (source, code) in SOURCES.iter().flat_map(|source| CODES.map(|code| (source, code))) {
            // It is there from now on.
            drop(rejects.get_or_create_owned(&[("source", source.name()), ("code", code.as_str())]));
        }
        Changes { counters, rejects }
    }

    /// Adds the changes of a batch.
    pub fn add(&self, source: Source, tally: &Tally) {
        for (of_fate, counters) in tally.0.iter().zip(&self.counters) {
            for (count, counter) in
                of_fate.iter().zip(&counters[source as usize]).filter(|(count, _)| **count > 0)
            {
                counter.inc_by(*count);
            }
        }
    }

    /// Adds a reject to those of its code.
    pub fn reject(&self, source: Source, code: Code) {
        self.rejects.get_or_create(&[("source", source.name()), ("code", code.as_str())]).inc();
    }
}

/// Codes that are there from the start, so that the first reject is seen as a rise from 0.
const CODES: [Code; 7] = [
    Code::NotJson,
    Code::UnknownKind,
    Code::BadOp,
    Code::MissingField,
    Code::BadValue,
    Code::BadAmount,
    Code::Conflict,
];
