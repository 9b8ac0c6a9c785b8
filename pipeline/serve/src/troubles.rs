//! What goes wrong beside the live loop, by thread, until it goes well again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The last trouble of each thread that has one; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Troubles(Arc<Mutex<BTreeMap<&'static str, String>>>);

impl Troubles {
    /// Something goes wrong on a thread, and is tried again.
    pub fn set(&self, thread: &'static str, what: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(thread, what.to_owned());
    }

    /// One who tells what goes wrong on a thread, and notes it here.
    pub(crate) fn noting<'t>(
        &'t self,
        thread: &'static str,
        tell: &'t dyn Fn(String),
    ) -> impl Fn(String) + 't {
        move |what| {
            self.set(thread, &what);
            tell(what);
        }
    }

    /// It goes well on a thread.
    pub fn clear(&self, thread: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(thread);
    }

    /// A line for each thread on which something goes wrong.
    pub fn lines(&self) -> Vec<String> {
        let troubles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.iter().map(|(thread, what)| format!("{thread}: {what}")).collect()
    }
}
