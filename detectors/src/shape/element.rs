//! What stands in a sequence or a group: a record, or the records of a day.

use records::arena::{Arena, RowRef, TextRef};
use records::row::{Dispensing, Enrolment, Moment, Settlement};
use records::time::start_of;

use crate::compile::Ruled;
use crate::finding::{AmountBasis, Finding, KeyPart, Value, common_institution};
use crate::policy::{Policy, RuleIx};
use crate::visited::Visited;

/// A record, or several that count as one.
pub trait Element: 'static {
    /// Its rows, for the evidence.
    fn rows(&self) -> Vec<RowRef>;
    /// When it was: the latest event.
    fn time(&self) -> Moment;
    /// The first part of its key.
    fn id(&self) -> TextRef;
}

impl Element for Visited {
    fn rows(&self) -> Vec<RowRef> {
        vec![self.row]
    }
    fn time(&self) -> Moment {
        self.visit.event_time()
    }
    fn id(&self) -> TextRef {
        self.visit.id
    }
}

/// A record that counts by itself: when it was, and the first part of its key.
pub trait Dated: 'static {
    /// When it was.
    fn time(&self) -> Moment;
    /// The first part of its key.
    fn id(&self) -> TextRef;
}

macro_rules! dated {
    ($($record:ty: $time:expr;)+) => {$(
        impl Dated for $record {
            fn time(&self) -> Moment {
                let time: fn(&$record) -> Moment = $time;
                time(self)
            }
            fn id(&self) -> TextRef {
                self.id
            }
        }
    )+};
}

dated! {
    Settlement: |settlement| settlement.time;
    Dispensing: |sale| sale.time;
    Enrolment: |enrolment| start_of(enrolment.begin);
}

impl<R: Dated> Element for (RowRef, R) {
    fn rows(&self) -> Vec<RowRef> {
        vec![self.0]
    }
    fn time(&self) -> Moment {
        self.1.time()
    }
    fn id(&self) -> TextRef {
        self.1.id()
    }
}

/// A rule that is asked, with what it states.
pub struct Asked<'r, S> {
    /// Its number.
    pub rule: RuleIx,
    /// Whether what it states is somebody's reading.
    pub own: bool,
    /// What it, or a row of its table, states.
    pub states: &'r S,
}

impl<S> Asked<'_, S> {
    /// What it finds of these: all are the evidence, and the institution is named that all have.
    pub fn found<'e, E: Element>(
        self,
        arena: &Arena,
        bank: &Policy,
        elements: impl Iterator<Item = &'e E> + Clone,
        (key, amount_basis, values): (Vec<KeyPart>, AmountBasis, Vec<Value>),
    ) -> Finding {
        let evidence: Vec<RowRef> = elements.clone().flat_map(Element::rows).collect();
        Finding {
            rule: self.rule,
            verdict: bank.verdict(self.rule, self.own),
            key,
            institution: common_institution(arena, &evidence),
            evidence,
            occurred: elements.map(Element::time).max().unwrap_or(Moment::MIN),
            amount_basis,
            values,
        }
    }
}

impl<S> Clone for Asked<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<S> Copy for Asked<'_, S> {}

/// The rules of a detector without a table.
pub fn asked<S>(rules: &Ruled<S>) -> impl Iterator<Item = Asked<'_, S>> {
    rules.iter().map(|(rule, states)| Asked { rule: *rule, own: false, states })
}
