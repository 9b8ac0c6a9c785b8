//! Whether a cluster goes on, as one of its processes sees it.

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Error;

#[derive(Debug, Default)]
struct Seen {
    /// Why it cannot go on; the first reason stands.
    why: Mutex<Option<String>>,
    has_failed: AtomicBool,
    is_ending: AtomicBool,
    /// Control connections: who waits for something on one is told by its end.
    controls: Mutex<Vec<TcpStream>>,
}

/// What is known of it; clones are of the same.
#[derive(Clone, Debug, Default)]
pub struct Status(Arc<Seen>);

impl Status {
    /// Whether it cannot go on.
    pub fn has_failed(&self) -> bool {
        self.0.has_failed.load(Ordering::Acquire)
    }

    /// Why it cannot go on, if it cannot.
    pub fn failure(&self) -> Option<Error> {
        self.why().clone().map(Error::Cluster)
    }

    fn why(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.0.why.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports that it cannot go on, unless that is known or it was told to end; all control connections end.
    pub fn fail(&self, why: String) {
        if self.is_ending() {
            return;
        }
        self.why().get_or_insert(why);
        self.0.has_failed.store(true, Ordering::Release);
        self.close();
    }

    fn close(&self) {
        for control in self.0.controls.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // It may have ended already.
            let _ = control.shutdown(Shutdown::Both);
        }
    }

    /// From now on connections may end.
    pub(crate) fn end(&self) {
        self.0.is_ending.store(true, Ordering::Release);
    }

    /// Whether connections may end.
    pub(crate) fn is_ending(&self) -> bool {
        self.0.is_ending.load(Ordering::Acquire)
    }

    /// Reports it when the thread that has this panics.
    pub(crate) fn watch_worker(&self) -> WatchedWorker {
        WatchedWorker(self.clone())
    }

    /// Ends this control connection when the cluster cannot go on.
    pub(super) fn watch(&self, control: &TcpStream) -> std::io::Result<()> {
        let control = control.try_clone()?;
        self.0.controls.lock().unwrap_or_else(PoisonError::into_inner).push(control);
        if self.has_failed() {
            self.close();
        }
        Ok(())
    }
}

/// Held by a worker while it works.
pub(crate) struct WatchedWorker(Status);

impl Drop for WatchedWorker {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail("a worker panicked; the message stands above".to_owned());
        }
    }
}
