//! The audit: who did what, and what was refused, an entry each, written down before it counts.
//!
//! Entries go through a queue of bounded length to one thread, which hands them to a [`Sink`] and answers those who
//! wait. An act waits until its entry is on the disk, and is not done where that cannot be; a refusal stands whether or
//! not its entry could be queued, and how many could not is an entry of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

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
    /// `allowed`, `failed`, `refused`, `unknown`, `foreign`, `limited` or `lost`.
    pub outcome: String,
    /// The request, whence it came, and why it ended so; never a token or a record.
    pub detail: String,
}

/// Where entries are kept. It is given some at a time, and must have them on the disk when it returns.
pub trait Sink: Send {
    /// Keeps entries, all of them or none.
    ///
    /// # Errors
    /// They are not kept.
    fn keep(&mut self, entries: &[Entry]) -> Result<(), Error>;
}

struct Asked {
    /// Nothing, where it is only asked whether those before are kept.
    entry: Option<Entry>,
    kept: Option<oneshot::Sender<bool>>,
}

/// Where entries are handed in; clones lead to the same sink.
#[derive(Clone)]
pub struct Audit {
    queue: mpsc::Sender<Asked>,
    lost: Arc<AtomicU64>,
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
        let audit = Audit { queue, lost: Arc::default() };
        let lost = Arc::clone(&audit.lost);
        let body = move || {
            let mut told = false;
            while let Some(first) = asked.blocking_recv() {
                let mut some = vec![first];
                while some.len() < TOGETHER
                    && let Ok(next) = asked.try_recv()
                {
                    some.push(next);
                }
                let time = now();
                let asked = some.iter().filter_map(|of| of.entry.clone());
                let mut entries: Vec<Entry> =
                    asked.map(|entry| Entry { time: time.clone(), ..entry }).collect();
                let missing = lost.swap(0, Ordering::Relaxed);
                if missing > 0 {
                    let (outcome, detail) = ("lost".to_owned(), format!("{missing} entries of refusals"));
                    entries.push(Entry { time, outcome, detail, ..Entry::default() });
                }
                let kept = sink.keep(&entries);
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
                for waiting in some.into_iter().filter_map(|of| of.kept) {
                    // Who does not wait any more has not done it.
                    let _ = waiting.send(kept.is_ok());
                }
            }
        };
        std::thread::Builder::new().name("audit".to_owned()).spawn(body).map_err(Error::System)?;
        Ok(audit)
    }

    /// Notes a refusal. It is not waited for.
    pub fn note(&self, entry: Entry) {
        if self.queue.try_send(Asked { entry: Some(entry), kept: None }).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes an act, and waits until it is on the disk.
    ///
    /// # Errors
    /// It is not: the act must not be done.
    pub async fn must(&self, entry: Entry) -> Result<(), NotKept> {
        self.asked(Some(entry)).await
    }

    /// Waits until all that was noted before is on the disk, or cannot be written.
    pub async fn settle(&self) {
        // What cannot be written is told where it is tried.
        let _ = self.asked(None).await;
    }

    async fn asked(&self, entry: Option<Entry>) -> Result<(), NotKept> {
        let (kept, answer) = oneshot::channel();
        self.queue.send(Asked { entry, kept: Some(kept) }).await.map_err(|_| NotKept)?;
        match answer.await {
            Ok(true) => Ok(()),
            _ => Err(NotKept),
        }
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
        fn keep(&mut self, entries: &[Entry]) -> Result<(), Error> {
            if !self.go_on.recv().unwrap_or(true) {
                return Err(Error::config("no room"));
            }
            self.kept.lock().unwrap().extend_from_slice(entries);
            Ok(())
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
