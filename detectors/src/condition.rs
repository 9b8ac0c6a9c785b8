//! Conditions: what a rule asks of a candidate, one after the other.
//!
//! A detector states its conditions once, as a list ([`Judged::CONDITIONS`]). Who judges asks them until one does not
//! hold ([`judge`]); who explains notes each of them with its values ([`crate::why`]); who tests a bank mutates the
//! comparisons that they make ([`comparisons`]).
//!
//! What makes a candidate (the class of a visit, two stays that follow each other, the rows that hold on a day) is
//! asked before, by who finds candidates among rows and by who finds one by its key; a comparison may be made there
//! already.

use records::Kind;
use records::arena::{RowRef, TextRef};
use records::row::Moment;
use rulebank::Comparison;

use crate::coverage::{Count, InstitutionMonth, Missing};
use crate::finding::Finding;
use crate::policy::{Policy, RuleIx};
use crate::sink::Sink;
use crate::statement::Out;

/// What a detector judges: candidates, the conditions that make a finding of one, and that finding.
pub trait Judged: Sized + 'static {
    /// A subject with what its rule states and the records that stand beside it.
    type Candidate<'a>;
    /// In the order in which they are asked.
    const CONDITIONS: &'static [Condition<Self>];

    /// The rule that is asked.
    fn rule(candidate: &Self::Candidate<'_>) -> RuleIx;
    /// Where and when the subject was, for the coverage.
    fn month(candidate: &Self::Candidate<'_>) -> InstitutionMonth;
    /// What is found of a candidate of which all conditions hold.
    fn finding(bank: &Policy, candidate: &Self::Candidate<'_>) -> Finding;
    /// From when on that is due, where it hangs on how far time has come.
    fn due(_: &Self::Candidate<'_>) -> Option<Moment> {
        None
    }
}

/// What came of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// It cannot be said: something is missing.
    Missing(Missing),
}

/// Values by the names of fields, parameters or messages.
pub type Values = Vec<(&'static str, String)>;

/// One condition.
pub struct Condition<J: Judged> {
    pub(crate) wording: Wording<J>,
    pub(crate) values: fn(&J::Candidate<'_>) -> Values,
    pub(crate) comparisons: &'static [Comparison],
    asks: Asks<J>,
    /// Of which candidates it is asked; of all, if this is not said.
    applies: Option<fn(&J::Candidate<'_>) -> bool>,
    /// Whether a candidate of which it holds is a subject, which the coverage counts.
    pub(crate) makes_subject: bool,
}

/// A condition as a statement.
pub(crate) enum Wording<J: Judged> {
    /// In Chinese and in English.
    Text([&'static str; 2]),
    /// That the record of this kind and key stands.
    Record { kind: Kind, key: fn(&J::Candidate<'_>) -> TextRef, row: fn(&J::Candidate<'_>) -> Option<RowRef> },
}

enum Asks<J: Judged> {
    /// Whether it holds.
    Whether(fn(&Policy, &J::Candidate<'_>) -> bool),
    /// Whether what it needs is known; if not, the candidate is not judged for this reason.
    Known(Missing, fn(&J::Candidate<'_>) -> bool),
    /// Whether a record stands; if not, the candidate is not judged for this reason.
    Record(Missing, fn(&J::Candidate<'_>) -> Option<RowRef>),
}

impl<J: Judged> Condition<J> {
    /// Holds or fails, by these comparisons.
    pub const fn holds(
        text: [&'static str; 2],
        values: fn(&J::Candidate<'_>) -> Values,
        comparisons: &'static [Comparison],
        whether: fn(&Policy, &J::Candidate<'_>) -> bool,
    ) -> Condition<J> {
        Condition {
            wording: Wording::Text(text),
            values,
            comparisons,
            asks: Asks::Whether(whether),
            applies: None,
            makes_subject: false,
        }
    }

    /// Something has to be known of the candidate; otherwise it is not judged.
    pub const fn known(
        text: [&'static str; 2],
        values: fn(&J::Candidate<'_>) -> Values,
        missing: Missing,
        known: fn(&J::Candidate<'_>) -> bool,
    ) -> Condition<J> {
        Condition {
            wording: Wording::Text(text),
            values,
            comparisons: &[],
            asks: Asks::Known(missing, known),
            applies: None,
            makes_subject: false,
        }
    }

    /// A record has to stand; otherwise the candidate is not judged.
    pub const fn record(
        kind: Kind,
        missing: Missing,
        key: fn(&J::Candidate<'_>) -> TextRef,
        row: fn(&J::Candidate<'_>) -> Option<RowRef>,
    ) -> Condition<J> {
        Condition {
            wording: Wording::Record { kind, key, row },
            values: |_| Values::new(),
            comparisons: &[],
            asks: Asks::Record(missing, row),
            applies: None,
            makes_subject: false,
        }
    }

    /// The same, asked of those candidates only of which `applies` holds.
    #[must_use]
    pub const fn only_if(self, applies: fn(&J::Candidate<'_>) -> bool) -> Condition<J> {
        Condition { applies: Some(applies), ..self }
    }

    /// The same; a candidate of which all up to this one hold is a subject, and the coverage counts it.
    #[must_use]
    pub const fn makes_subject(self) -> Condition<J> {
        Condition { makes_subject: true, ..self }
    }

    /// What comes of it; none if it is not asked of this candidate.
    #[inline]
    pub(crate) fn ask(&self, bank: &Policy, candidate: &J::Candidate<'_>) -> Option<Answer> {
        if self.applies.is_some_and(|applies| !applies(candidate)) {
            return None;
        }
        let known =
            |missing: Missing, known: bool| if known { Answer::Holds } else { Answer::Missing(missing) };
        Some(match self.asks {
            Asks::Whether(whether) if whether(bank, candidate) => Answer::Holds,
            Asks::Whether(_) => Answer::Fails,
            Asks::Known(missing, is_known) => known(missing, is_known(candidate)),
            Asks::Record(missing, row) => known(missing, row(candidate).is_some()),
        })
    }
}

/// Judges a candidate: a finding if all conditions hold, a count for the coverage if one cannot be said.
#[inline]
pub fn judge<J: Judged>(bank: &Policy, candidate: &J::Candidate<'_>, sink: &mut Sink) {
    for condition in J::CONDITIONS {
        match condition.ask(bank, candidate) {
            Some(Answer::Holds) if condition.makes_subject => sink.count(Count::Subject(J::rule(candidate))),
            None | Some(Answer::Holds) => {}
            Some(Answer::Fails) => return,
            Some(Answer::Missing(missing)) => {
                return sink.not_judged(J::rule(candidate), missing, J::month(candidate));
            }
        }
    }
    let finding = Out::Finding(Box::new(J::finding(bank, candidate)));
    sink.emit(match J::due(candidate) {
        Some(due) => Out::Due(due, Box::new(finding)),
        None => finding,
    });
}

/// Whether all conditions hold of a candidate: of one that is found with others of its kind.
pub fn all_hold<J: Judged>(bank: &Policy, candidate: &J::Candidate<'_>) -> bool {
    let mut conditions = J::CONDITIONS.iter();
    conditions.all(|condition| matches!(condition.ask(bank, candidate), None | Some(Answer::Holds)))
}

/// Whether one of the conditions makes a subject of a candidate.
pub const fn make_subjects<J: Judged>(conditions: &[Condition<J>]) -> bool {
    let mut nth = 0;
    while nth < conditions.len() {
        if conditions[nth].makes_subject {
            return true;
        }
        nth += 1;
    }
    false
}

/// The comparisons that a list of conditions makes, for the detector's spec: there are `N` of them.
pub const fn comparisons<const N: usize, J: Judged>(conditions: &[Condition<J>]) -> [Comparison; N] {
    let mut all = [Comparison::new(0, ""); N];
    let (mut nth, mut found) = (0, 0);
    while nth < conditions.len() {
        let made = conditions[nth].comparisons;
        let mut of_this = 0;
        while of_this < made.len() {
            // Two conditions of which one is asked may make the same comparison.
            let number = made[of_this].number() as usize;
            assert!(
                number == found || number + 1 == found,
                "comparisons are made in the order of their numbers"
            );
            if number == found {
                all[found] = made[of_this];
                found += 1;
            }
            of_this += 1;
        }
        nth += 1;
    }
    assert!(found == N, "a spec has as many comparisons as its conditions make");
    all
}
