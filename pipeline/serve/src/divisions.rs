//! In which administrative division each institution stands, by what its record says: who may see its alerts, and by
//! what they are asked for.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use runtime::front::Division;

/// Divisions by fixmedins_code; clones see the same ones.
#[derive(Clone, Debug, Default)]
pub struct Divisions(Arc<RwLock<HashMap<String, Arc<str>>>>);

impl Divisions {
    /// The admdvs (six digits) of an institution; none if it has sent no record of itself.
    pub fn of(&self, fixmedins_code: &str) -> Option<Arc<str>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(fixmedins_code).cloned()
    }

    /// Takes in what changed.
    pub(crate) fn take(&self, changed: Vec<Division>) {
        if changed.is_empty() {
            return;
        }
        let mut divisions = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (institution, division) in changed {
            match division {
                Some(division) => divisions.insert(institution, Arc::from(division)),
                None => divisions.remove(&institution),
            };
        }
    }
}
