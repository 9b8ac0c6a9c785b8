//! The way into the live loop: a queue with room for so many bytes. When it is full, who brings more waits.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use detectors::alert_view::AlertView;
use runtime::engine::Engine;
use tokio::sync::{Semaphore, oneshot};

use crate::batch::{Answer, Batch};
use crate::candidate::Ready;
use crate::metrics::waiting::Waiting;
use crate::room::Room;

/// Bytes that wait at the most.
const ROOM_BYTES: usize = 64 << 20;

/// Bytes that a permit stands for.
const UNIT: usize = 1 << 10;

/// What the loop is handed.
pub(crate) enum ToLive {
    /// Changes.
    Batch(Batch),
    /// Somebody asks the engine something.
    Ask(Question),
    /// Another engine takes over.
    Adopt(Box<Adopt>),
    /// Another bank or base is to be in force, and all processes start again with it.
    Restart(Restart),
    /// It is to end.
    Stop,
}

/// What is asked of the engine between two ticks.
pub(crate) type Question = Box<dyn FnOnce(&mut Engine) -> Result<(), runtime::Error> + Send>;

/// An engine that takes over.
pub(crate) struct Adopt {
    /// The engine, and what it knows.
    pub(crate) ready: Ready,
    /// What is noted in the transaction that makes it so.
    pub(crate) note: Note,
    /// The base that counts from there on, if it is another one.
    pub(crate) base: Option<store::Base>,
    /// Told when it is so.
    pub(crate) done: std::sync::mpsc::Sender<()>,
}

/// What comes into force by a start.
pub(crate) struct Restart {
    /// What it is, for people.
    pub(crate) what: String,
    /// What is noted in the transaction that makes it so.
    pub(crate) note: Note,
    /// The base that counts from there on, if it is another one.
    pub(crate) base: Option<store::Base>,
    /// Told when it is so.
    pub(crate) done: std::sync::mpsc::Sender<()>,
}

/// A name and what is noted under it.
pub(crate) type Note = (&'static str, Vec<u8>);

/// Where sources hand in what they have; clones lead to the same loop.
#[derive(Clone)]
pub struct Inbox {
    sender: Sender<ToLive>,
    room: Arc<Semaphore>,
    waiting: Waiting,
}

/// The service ends: nothing is taken any more.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the service ends; nothing is taken any more")]
pub struct Ended;

impl Inbox {
    /// A queue and its end; what waits in it is counted.
    pub(crate) fn new(waiting: Waiting) -> (Inbox, Receiver<ToLive>) {
        let (sender, handed) = channel();
        (Inbox { sender, room: Arc::new(Semaphore::new(ROOM_BYTES / UNIT)), waiting }, handed)
    }

    /// Hands a batch in, when there is room for it.
    ///
    /// # Errors
    /// The loop has ended.
    pub async fn hand_in(&self, mut batch: Batch) -> Result<(), Ended> {
        let units = (batch.bytes.len() / UNIT + 1).min(ROOM_BYTES / UNIT);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.room).acquire_many_owned(units).await.map_err(|_| Ended)?;
        batch.room = Some(Room::new(permit, self.waiting.batch(batch.bytes.len())));
        self.sender.send(ToLive::Batch(batch)).map_err(|_| Ended)
    }

    /// Hands a batch in and waits until it is durable.
    ///
    /// # Errors
    /// The loop has ended.
    pub async fn answered(&self, mut batch: Batch) -> Result<Answer, Ended> {
        let (answer, answered) = oneshot::channel();
        batch.answer = Some(answer);
        self.hand_in(batch).await?;
        answered.await.map_err(|_| Ended)
    }

    /// Looks at the alerts and counts as they are after all that was handed in before.
    ///
    /// # Errors
    /// The loop has ended.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&AlertView) -> T + Send + 'static,
    ) -> Result<T, Ended> {
        self.ask(move |engine| engine.look(look)).await
    }

    /// Asks the engine something, as it is after all that was handed in before. The stream waits for the answer: it is
    /// to be a matter of look-ups.
    ///
    /// # Errors
    /// The loop has ended.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Engine) -> Result<T, runtime::Error> + Send + 'static,
    ) -> Result<T, Ended> {
        let (answer, answered) = oneshot::channel();
        let question: Question = Box::new(move |engine| {
            // Nobody waits any more: nothing is to be done.
            let _ = answer.send(question(engine)?);
            Ok(())
        });
        self.sender.send(ToLive::Ask(question)).map_err(|_| Ended)?;
        answered.await.map_err(|_| Ended)
    }

    /// Hands in an engine that takes over after what was handed in before.
    ///
    /// # Errors
    /// The loop has ended.
    pub(crate) fn adopt(&self, adopt: Adopt) -> Result<(), Ended> {
        self.sender.send(ToLive::Adopt(Box::new(adopt))).map_err(|_| Ended)
    }

    /// Asks for a start under another bank, after what was handed in before.
    ///
    /// # Errors
    /// The loop has ended.
    pub(crate) fn restart(&self, restart: Restart) -> Result<(), Ended> {
        self.sender.send(ToLive::Restart(restart)).map_err(|_| Ended)
    }

    /// Tells the loop to end after what was handed in.
    pub fn stop(&self) {
        // It may have ended already.
        let _ = self.sender.send(ToLive::Stop);
    }
}
