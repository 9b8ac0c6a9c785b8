//! What was handed in and is not committed yet.

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Gauges of the inbox; clones are of the same ones.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    batches: Gauge,
    bytes: Gauge,
}

impl Waiting {
    pub(super) fn register(registry: &mut Registry) -> Waiting {
        let waiting = Waiting::default();
        let help = "Batches of changes that were handed in and are not committed yet";
        registry.register("fundwatch_inbox_batches", help, waiting.batches.clone());
        let help = "Bytes of changes that were handed in and are not committed yet";
        registry.register("fundwatch_inbox_bytes", help, waiting.bytes.clone());
        waiting
    }

    /// A batch waits until what is given is dropped.
    pub fn batch(&self, bytes: usize) -> Waits {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.batches.inc();
        self.bytes.inc_by(bytes);
        Waits { waiting: self.clone(), bytes }
    }
}

/// A batch that waits, until it is dropped.
#[derive(Debug)]
pub struct Waits {
    waiting: Waiting,
    bytes: i64,
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.waiting.batches.dec();
        self.waiting.bytes.dec_by(self.bytes);
    }
}
