//! Whom an alert is about, and the incident that this makes it part of.

use serde::{Deserialize, Serialize};

/// Whom an alert is about, as far as it is one: what the journal keeps beside an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct About {
    /// Whether it is a person or a practitioner.
    pub kind: AboutKind,
    /// The person's or practitioner's number.
    pub id: String,
}

/// What the one is whom an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AboutKind {
    /// An insured person.
    Person,
    /// Who treated, prescribed or billed.
    Practitioner,
}

impl AboutKind {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            AboutKind::Person => "person",
            AboutKind::Practitioner => "practitioner",
        }
    }
}

/// The name in the database of an incident that is about nobody but the institution.
pub const INSTITUTION_ALONE: &str = "institution";

/// What the alerts of an incident have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IncidentKey<'a> {
    /// The institution; none where alerts reach over several.
    pub institution: Option<&'a str>,
    /// The family of the rules.
    pub family: &'a str,
    /// Whom they are about; none where that is the institution alone.
    pub about: Option<&'a About>,
}

impl IncidentKey<'_> {
    /// The stable id: a hash of the lengths and texts of institution, family, kind of person, and person.
    ///
    /// ```
    /// use database::{About, AboutKind, IncidentKey};
    ///
    /// let person = About { kind: AboutKind::Person, id: "P1".to_owned() };
    /// let key = IncidentKey { institution: Some("H1"), family: "identity", about: Some(&person) };
    /// let id = key.id();
    /// assert!(id.starts_with("I-") && id.len() == 34);
    /// assert_ne!(id, IncidentKey { about: None, ..key }.id());
    /// ```
    pub fn id(&self) -> String {
        let kind = self.about.map_or(INSTITUTION_ALONE, |about| about.kind.name());
        let person = self.about.map_or("", |about| about.id.as_str());
        let mut bytes = Vec::new();
        for text in [self.institution.unwrap_or_default(), self.family, kind, person] {
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        format!("I-{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes))
    }
}
