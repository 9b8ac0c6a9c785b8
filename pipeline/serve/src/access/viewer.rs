//! Who asks, as a handler knows them: what they see of alerts and events, and how much of it at a time.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use wire::explanation::Explanation;
use wire::{Alert, Cause, Event, Rejected};

use super::control::{Access, entry};
use super::mask::fault_without_values;
use super::principal::Principal;
use super::table::Operation;
use crate::http::problem::Problem;

/// Entries of a page, unless it is said otherwise.
const PAGE: usize = 100;

/// Who asks; each route that names an operation with a login has one.
#[derive(Clone)]
pub struct Viewer {
    /// What access is decided with.
    pub access: Arc<Access>,
    /// Who they are.
    pub who: Arc<Principal>,
    /// What they do.
    pub operation: Operation,
    /// The request in a few words, for the audit.
    pub request: Arc<str>,
}

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Viewer, Problem> {
        parts
            .extensions
            .get::<Viewer>()
            .cloned()
            .ok_or_else(|| Problem::unavailable("nobody was let in here"))
    }
}

impl Viewer {
    /// Whether they may do this besides.
    pub fn may(&self, operation: Operation) -> bool {
        self.who.may(operation)
    }

    /// The name under which they are known; none where nobody is asked.
    pub fn name(&self) -> Option<&str> {
        (!self.who.is_open).then_some(self.who.name.as_str())
    }

    /// The first of their roles; none where nobody is asked.
    pub fn role(&self) -> &'static str {
        self.name().and(self.who.roles.first()).map_or("", |role| role.name())
    }

    /// Whether they see persons by their numbers.
    pub fn sees_persons(&self) -> bool {
        self.may(Operation::AlertsPersons)
    }

    /// Whether they see what shadow rules find.
    pub fn sees_shadow(&self) -> bool {
        self.may(Operation::AlertsShadow)
    }

    /// First digits of the divisions that they are bound to; none if they see all.
    pub fn divisions(&self) -> &[String] {
        &self.who.divisions
    }

    /// Whether they see what an institution concerns; what concerns none, or one of an unknown division, is seen by
    /// those only who are bound to no division.
    pub fn sees(&self, institution: Option<&str>) -> bool {
        if self.who.divisions.is_empty() {
            return true;
        }
        let division = institution.and_then(|institution| self.access.divisions.of(institution));
        self.who.sees(division.as_deref())
    }

    /// Whether it can be said what they see: divisions are known once the state is loaded.
    ///
    /// # Errors
    /// It is being loaded.
    pub fn is_known(&self) -> Result<(), Problem> {
        if self.who.divisions.is_empty() { Ok(()) } else { self.divisions_are_known() }
    }

    /// Whether divisions are known: they are once the state is loaded.
    ///
    /// # Errors
    /// It is being loaded.
    pub fn divisions_are_known(&self) -> Result<(), Problem> {
        if self.access.divisions.are_known() {
            return Ok(());
        }
        Err(Problem::unavailable("the state is being loaded, and with it the divisions of institutions"))
    }

    /// An alert as they see it.
    pub fn alert(&self, alert: Alert) -> Alert {
        if self.sees_persons() { alert } else { self.access.mask.alert(alert) }
    }

    /// An event as they see it.
    pub fn event(&self, event: Event) -> Event {
        if self.sees_persons() { event } else { self.access.mask.event(event) }
    }

    /// An explained alert as they see it.
    pub fn explanation(&self, explanation: Explanation) -> Explanation {
        if self.sees_persons() { explanation } else { self.access.mask.explanation(explanation) }
    }

    /// The causes of an event of an alert as they see them.
    pub fn causes(&self, alert: &Alert, causes: Vec<Cause>) -> Vec<Cause> {
        if self.sees_persons() { causes } else { self.access.mask.causes(alert, causes) }
    }

    /// The number of a person as they see it.
    pub fn person(&self, token: &str) -> String {
        if self.sees_persons() { token.to_owned() } else { self.access.mask.pseudonym(token) }
    }

    /// A reject as they see it: its record, and values of it in the text, only if they may correct it.
    pub fn rejected(&self, rejected: Rejected) -> Rejected {
        if self.may(Operation::RejectedRecords) {
            return rejected;
        }
        let text = fault_without_values(&rejected.code, &rejected.text);
        Rejected { raw: wire::rejected::nothing(), text, ..rejected }
    }

    /// What they are answered where something is not theirs: the same as where it is not there; and it is noted.
    pub fn foreign(&self, institution: Option<&str>, not_there: Problem) -> Problem {
        let division = institution.and_then(|institution| self.access.divisions.of(institution));
        let mut noted = entry(Some(&self.who), self.operation, "foreign", self.request.to_string());
        noted.division = division.as_deref().map(str::to_owned);
        self.access.audit.note(noted);
        not_there
    }

    /// What they are answered where there are too many; and it is noted.
    pub fn limited(&self, why: &str) -> Problem {
        let detail = format!("{}: {why}", self.request);
        self.access.audit.note(entry(Some(&self.who), self.operation, "limited", detail));
        Problem::unavailable(why)
    }

    /// How many entries a page has.
    ///
    /// # Errors
    /// None, or more than are given at a time.
    pub fn page(&self, limit: Option<usize>) -> Result<usize, Problem> {
        let most = self.access.limits.page;
        let limit = limit.unwrap_or(PAGE.min(most));
        if (1..=most).contains(&limit) {
            return Ok(limit);
        }
        Err(Problem::bad_request(format!("limit: 1 to {most}")))
    }
}
