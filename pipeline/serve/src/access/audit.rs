//! The audit: who did what, and what was refused, an entry each, written down before it counts.
//!
//! Entries go through a queue of bounded length to one thread, which hands them to a [`Sink`] and answers those who
//! wait. An act waits until its entry is on the disk, and is not done where that cannot be; a refusal stands whether or
//! not its entry could be queued, and how many could not is an entry of its own.
//!
//! A decision on an alert is an entry that holds it: once that is on the disk the decision is taken, and there is no
//! moment at which one is without the other. The database gets both from here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot, watch};
use wire::Fen;

use crate::Error;

/// Entries that wait at the most.
const QUEUE: usize = 4_096;

/// Entries that are written together at the most.
const TOGETHER: usize = 512;

/// Something that was done, or refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When, in China: `YYYY-MM-DD HH:MM:SS`.
    pub time: String,
    /// The name of the principal; empty where nobody was recognised.
    pub who: String,
    /// Their roles, with commas.
    pub role: String,
    /// The operation.
    pub operation: String,
    /// The division that it concerns, if it is one's.
    pub division: Option<String>,
    /// `allowed`, `failed`, `refused`, `unknown`, `foreign`, `limited`, `lost`, `done` or `imported`.
    pub outcome: String,
    /// The request, whence it came, and why it ended so; never a token or a record.
    pub detail: String,
    /// The decision that it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// A decision on an alert, as the trail holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its number among all decisions, from 1; given by the trail when it is kept.
    pub number: u64,
    /// The alert.
    pub alert_id: String,
    /// The state whose events `revision` counts, in hexadecimal digits.
    pub state: String,
    /// The event that was looked at.
    pub revision: u64,
    /// What was decided.
    pub decision: String,
    /// Who decided.
    pub by: String,
    /// When, `YYYY-MM-DD HH:MM:SS` in China.
    pub at: String,
    /// What is confirmed of the amount.
    pub amount: Option<Fen>,
    /// Why.
    pub reason: String,
}

/// Where an entry stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub number: u64,
    /// The number of its decision; 0 if it is none.
    pub decision: u64,
}

/// Where entries are kept. It is given some at a time, and must have them on the disk when it returns.
pub trait Sink: Send {
    /// Keeps entries, all of them or none; says where each stands.
    ///
    /// # Errors
    /// They are not kept.
    fn keep(&mut self, entries: &[Entry]) -> Result<Vec<Kept>, Error>;

    /// Keeps lines of this very trail that it has lost, if they follow the last one as they are; says whether they do.
    ///
    /// # Errors
    /// They follow, and are not kept.
    fn take_back(&mut self, lines: &[String]) -> Result<bool, Error>;

    /// How many entries it has.
    fn entries(&self) -> u64;
}

/// What is to be kept.
enum Kind {
    Entry(Box<Entry>),
    /// Lines that were lost.
    Lines(Vec<String>),
    /// It is only asked whether those before are kept.
    Nothing,
}

struct Asked {
    kind: Kind,
    kept: Option<oneshot::Sender<Option<Kept>>>,
}

impl Asked {
    fn entry(&self) -> Option<&Entry> {
        match &self.kind {
            Kind::Entry(entry) => Some(entry),
            _ => None,
        }
    }

    /// Says where it stands, if somebody waits. Who does not wait any more has not done it.
    fn answer(self, kept: Option<Kept>) {
        let _ = self.kept.map(|waiting| waiting.send(kept));
    }
}

/// Where entries are handed in; clones lead to the same sink.
#[derive(Clone)]
pub struct Audit {
    queue: mpsc::Sender<Asked>,
    lost: Arc<AtomicU64>,
    /// How many entries are kept.
    entries: watch::Sender<u64>,
}

/// An entry cannot be written, and so what it is about is not done.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the audit cannot be written, and nothing is done that is not in it")]
pub struct NotKept;

impl Audit {
    /// Begins to write into a sink, on a thread of its own; what goes wrong there is told.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn start(
        mut sink: Box<dyn Sink>,
        now: fn() -> String,
        tell: impl Fn(String) + Send + 'static,
    ) -> Result<Audit, Error> {
        let (queue, mut asked) = mpsc::channel::<Asked>(QUEUE);
        let audit = Audit { queue, lost: Arc::default(), entries: watch::Sender::new(sink.entries()) };
        let (lost, entries) = (Arc::clone(&audit.lost), audit.entries.clone());
        let body = move || {
            let (mut told, mut next) = (false, None);
            while let Some(first) = next.take().or_else(|| asked.blocking_recv()) {
                if let Kind::Lines(lines) = &first.kind {
                    let taken = sink.take_back(lines).is_ok_and(|taken| taken);
                    entries.send_replace(sink.entries());
                    first.answer(taken.then(Kept::default));
                    continue;
                }
                let mut some = vec![first];
                while some.len() < TOGETHER
                    && let Ok(more) = asked.try_recv()
                {
                    if matches!(more.kind, Kind::Lines(_)) {
                        next = Some(more);
                        break;
                    }
                    some.push(more);
                }
                let time = now();
                let asked = some.iter().filter_map(Asked::entry);
                let mut written: Vec<Entry> =
                    asked.map(|entry| Entry { time: time.clone(), ..entry.clone() }).collect();
                let missing = lost.swap(0, Ordering::Relaxed);
                if missing > 0 {
                    let (outcome, detail) = ("lost".to_owned(), format!("{missing} entries of refusals"));
                    written.push(Entry { time, outcome, detail, ..Entry::default() });
                }
                let kept = sink.keep(&written);
                if let Err(error) = &kept {
                    let refusals = some.iter().filter(|of| of.kept.is_none()).count() as u64;
                    lost.fetch_add(missing + refusals, Ordering::Relaxed);
                    if !told {
                        tell(format!(
                            "audit: {}; until it can be written no act is done, and refusals are counted",
                            crate::error::with_sources(error)
                        ));
                    }
                }
                told = kept.is_err();
                entries.send_replace(sink.entries());
                let mut places = kept.ok().map(Vec::into_iter);
                for of in some {
                    let place = places.as_mut().map(|places| match of.kind {
                        Kind::Entry(_) => places.next().unwrap_or_default(),
                        _ => Kept::default(),
                    });
                    of.answer(place);
                }
            }
        };
        std::thread::Builder::new().name("audit".to_owned()).spawn(body).map_err(Error::System)?;
        Ok(audit)
    }

    /// Notes a refusal. It is not waited for.
    pub fn note(&self, entry: Entry) {
        if self.queue.try_send(Asked { kind: Kind::Entry(Box::new(entry)), kept: None }).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes an act or a decision, and waits until it is on the disk; says where it stands.
    ///
    /// # Errors
    /// It is not: the act must not be done, the decision is not taken.
    pub async fn must(&self, entry: Entry) -> Result<Kept, NotKept> {
        self.asked(Kind::Entry(Box::new(entry))).await
    }

    /// Has lines written that the trail has lost; says whether they follow what it has, as they are.
    pub async fn take_back(&self, lines: Vec<String>) -> bool {
        self.asked(Kind::Lines(lines)).await.is_ok()
    }

    /// Waits until all that was noted before is on the disk, or cannot be written.
    pub async fn settle(&self) {
        // What cannot be written is told where it is tried.
        let _ = self.asked(Kind::Nothing).await;
    }

    /// How many entries are on the disk, as their number changes.
    pub fn entries(&self) -> watch::Receiver<u64> {
        self.entries.subscribe()
    }

    async fn asked(&self, kind: Kind) -> Result<Kept, NotKept> {
        let (kept, answer) = oneshot::channel();
        self.queue.send(Asked { kind, kept: Some(kept) }).await.map_err(|_| NotKept)?;
        answer.await.ok().flatten().ok_or(NotKept)
    }
}

/// Seconds since 1970 in China, as entries write them.
pub fn now() -> String {
    const CHINA_AHEAD_SECONDS: i64 = 8 * 3_600;
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX).saturating_add(CHINA_AHEAD_SECONDS);
    records::time::format_time(seconds)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Keeps entries in memory while it is let, and fails where it is told to.
    struct InMemory {
        kept: Arc<Mutex<Vec<Entry>>>,
        go_on: Receiver<bool>,
    }

    impl Sink for InMemory {
        fn keep(&mut self, entries: &[Entry]) -> Result<Vec<Kept>, Error> {
            if !self.go_on.recv().unwrap_or(true) {
                return Err(Error::config("no room"));
            }
            self.kept.lock().unwrap().extend_from_slice(entries);
            Ok(vec![Kept::default(); entries.len()])
        }

        fn take_back(&mut self, _: &[String]) -> Result<bool, Error> {
            Ok(false)
        }

        fn entries(&self) -> u64 {
            self.kept.lock().unwrap().len() as u64
        }
    }

    fn audit() -> (Audit, Arc<Mutex<Vec<Entry>>>, Sender<bool>) {
        let (go, go_on) = channel();
        let kept = Arc::<Mutex<Vec<Entry>>>::default();
        let sink = InMemory { kept: Arc::clone(&kept), go_on };
        (Audit::start(Box::new(sink), now, drop).unwrap(), kept, go)
    }

    fn entry(detail: &str) -> Entry {
        Entry { detail: detail.to_owned(), ..Entry::default() }
    }

    #[tokio::test]
    async fn an_act_is_not_done_where_its_entry_is_not_kept() {
        let (audit, kept, go) = audit();
        go.send(true).unwrap();
        assert!(audit.must(entry("one")).await.is_ok());
        go.send(false).unwrap();
        assert!(audit.must(entry("two")).await.is_err());
        go.send(true).unwrap();
        assert!(audit.must(entry("three")).await.is_ok());
        let kept: Vec<String> = kept.lock().unwrap().iter().map(|of| of.detail.clone()).collect();
        assert_eq!(kept, ["one", "three"]);
    }

    #[tokio::test]
    async fn refusals_that_find_no_room_are_counted() {
        let (audit, kept, go) = audit();
        // The thread takes some and is held up; then the queue fills.
        for nth in 0..QUEUE + TOGETHER + 100 {
            audit.note(entry(&nth.to_string()));
        }
        drop(go);
        assert!(audit.must(entry("last")).await.is_ok());
        let kept = kept.lock().unwrap();
        let lost: Vec<&Entry> = kept.iter().filter(|of| of.outcome == "lost").collect();
        let numbers = lost.iter().map(|of| of.detail.split(' ').next().unwrap().parse::<usize>().unwrap());
        let (numbers, lost): (usize, usize) = (numbers.sum(), lost.len());
        assert!(numbers >= 100, "{numbers}");
        assert_eq!(kept.len() - lost - 1 + numbers, QUEUE + TOGETHER + 100);
    }
}
