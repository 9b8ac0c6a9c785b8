//! In which administrative division each institution stands, by what its record says: who may see its alerts, and by
//! what they are asked for.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use runtime::front::Division;

/// Divisions by fixmedins_code; clones see the same ones.
#[derive(Clone, Debug, Default)]
pub struct Divisions {
    by_institution: Arc<RwLock<HashMap<String, Arc<str>>>>,
    /// Whether the state is loaded.
    are_known: Arc<AtomicBool>,
    /// What changed since somebody took it.
    changed: Arc<Mutex<Changed>>,
}

/// Institutions with where they stand now, if they stand anywhere.
pub(crate) type Changed = BTreeMap<String, Option<Arc<str>>>;

impl Divisions {
    /// The admdvs (six digits) of an institution; none if it has sent no record of itself.
    pub fn of(&self, fixmedins_code: &str) -> Option<Arc<str>> {
        self.by_institution.read().unwrap_or_else(PoisonError::into_inner).get(fixmedins_code).cloned()
    }

    /// Whether all that is durable is in them: not before the state is loaded.
    pub fn are_known(&self) -> bool {
        self.are_known.load(Ordering::Acquire)
    }

    /// The state is loaded.
    pub(crate) fn set_known(&self) {
        self.are_known.store(true, Ordering::Release);
    }

    /// Takes in what changed.
    pub(crate) fn take(&self, changed: Vec<Division>) {
        if changed.is_empty() {
            return;
        }
        let mut divisions = self.by_institution.write().unwrap_or_else(PoisonError::into_inner);
        let mut noted = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        for (institution, division) in changed {
            let division: Option<Arc<str>> = division.map(Arc::from);
            noted.insert(institution.clone(), division.clone());
            match division {
                Some(division) => divisions.insert(institution, division),
                None => divisions.remove(&institution),
            };
        }
    }

    /// What changed since the last call.
    pub(crate) fn take_changed(&self) -> Changed {
        std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where all institutions stand that stand anywhere.
    pub(crate) fn all(&self) -> Changed {
        let known = self.by_institution.read().unwrap_or_else(PoisonError::into_inner);
        known
            .iter()
            .map(|(institution, division)| (institution.clone(), Some(Arc::clone(division))))
            .collect()
    }
}
