//! What a client of Kafka hears beside its answers: why brokers cannot be reached, and which messages did not arrive.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::ProducerContext;
use tracing::debug;

/// How long is listened for what was heard.
const MOMENT: Duration = Duration::from_millis(100);

/// A message that did not arrive: its number, and why.
pub(super) type Undelivered = (usize, RDKafkaErrorCode);

#[derive(Default)]
struct Noted {
    why: Option<String>,
    undelivered: Vec<Undelivered>,
}

/// What a client heard; clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Noted>>);

impl Heard {
    fn with<T>(&self, look: impl FnOnce(&mut Noted) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Listens for a moment: what a client hears waits until somebody polls it, and logs stand before it.
    pub(crate) fn listen(poll: impl Fn(Duration)) {
        let begun = Instant::now();
        while begun.elapsed() < MOMENT {
            poll(MOMENT / 10);
        }
    }

    /// An error with what was heard of its reason: an answer that does not come says no more than that.
    pub(crate) fn because(&self, error: &KafkaError) -> String {
        match self.with(|noted| noted.why.clone()) {
            Some(why) => format!("{error}: {why}"),
            None => error.to_string(),
        }
    }

    /// Brokers answer: what was heard before is over.
    pub(super) fn forget(&self) {
        self.with(|noted| noted.why = None);
    }

    /// What did not arrive since this was asked last.
    pub(super) fn take_undelivered(&self) -> Vec<Undelivered> {
        self.with(|noted| std::mem::take(&mut noted.undelivered))
    }
}

impl ClientContext for Heard {
    fn error(&self, error: KafkaError, reason: &str) {
        debug!(%error, reason, "kafka");
        // That all brokers are down is said after the reason.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            self.with(|noted| noted.why = Some(reason.to_owned()));
        }
    }
}

impl ConsumerContext for Heard {}

impl ProducerContext for Heard {
    type DeliveryOpaque = usize;

    fn delivery(&self, delivered: &DeliveryResult<'_>, number: usize) {
        if let Err((error, _)) = delivered {
            let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail);
            self.with(|noted| noted.undelivered.push((number, code)));
        }
    }
}
