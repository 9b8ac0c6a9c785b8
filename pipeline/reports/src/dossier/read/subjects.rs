//! Whose decisions concern an institution.

use std::collections::BTreeSet;
use wire::{Alert, Owners};

/// Whom and what a decision may be about, to concern this institution.
pub(super) struct Subjects {
    code: String,
    /// Tokens of the persons.
    pub(super) persons: BTreeSet<String>,
    practitioners: BTreeSet<String>,
    others: BTreeSet<(String, String)>,
}

impl Subjects {
    pub(super) fn of<'o>(code: &str, owners: impl Iterator<Item = &'o Owners>) -> Subjects {
        let mut subjects = Subjects {
            code: code.to_owned(),
            persons: BTreeSet::new(),
            practitioners: BTreeSet::new(),
            others: BTreeSet::new(),
        };
        for owners in owners {
            subjects.persons.extend(owners.persons.iter().map(|share| share.id.clone()));
            subjects.practitioners.extend(owners.practitioners.iter().map(|share| share.id.clone()));
        }
        subjects
    }

    pub(super) fn alert(&mut self, alert: &Alert) {
        self.others.insert(("alert".to_owned(), alert.alert_id.clone()));
        for name in &alert.evidence {
            if matches!(name.kind.as_ref(), "visit" | "settlement") {
                self.others.insert((name.kind.to_string(), name.key.clone()));
            }
        }
    }

    pub(super) fn has(&self, kind: &str, id: &str) -> bool {
        match kind {
            "institution" => id == self.code,
            "person" => self.persons.contains(id),
            "practitioner" => self.practitioners.contains(id),
            _ => self.others.contains(&(kind.to_owned(), id.to_owned())),
        }
    }
}
