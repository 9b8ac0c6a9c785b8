//! A cap of a sum or count over the records of a key, or of those in a window: the sales of a code, the visits of a
//! person on a day, what was billed of a prescribed item …
//!
//! Who judges gathers the records of a key and asks the rules of them ([`judge`]); who explains gathers them from where
//! records are looked up and asks the same conditions ([`why`]). A cap of an item in a visit has more to it, and a shape
//! of its own ([`super::item_cap`]).

use std::marker::PhantomData;

use records::arena::Arena;
use rulebank::DetectorSpec;

use super::element::{Asked, Element};
use crate::condition::{self, Condition, Judged};
use crate::coverage::{Count, InstitutionMonth};
use crate::finding::{AmountBasis, Finding, KeyPart, Value};
use crate::policy::{Policy, RuleIx};
use crate::sink::Sink;
use crate::why::steps::Why;

/// A detector of this shape.
pub trait GroupCap: Sized + 'static {
    /// What it states of itself. Each group is a subject, unless the coverage counts a population.
    const SPEC: DetectorSpec;
    /// What has to hold of the records together.
    const CONDITIONS: &'static [Condition<OfGroup<Self>>];
    /// What the records have in common, with what stands beside them.
    type Key<'a>: Copy;
    /// What is counted or summed.
    type Element: Element;
    /// What a rule, or a row of its table, states.
    type States: 'static;

    /// Where and when they were, for the coverage.
    fn month(group: &Group<'_, Self>) -> InstitutionMonth;
    /// What is found where all conditions hold: mostly [`Group::found`] with the institution.
    fn finding(bank: &Policy, group: &Group<'_, Self>) -> Finding;
}

impl<D: GroupCap> Clone for Group<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<D: GroupCap> Copy for Group<'_, D> {}

/// A candidate: the records of a key.
pub struct Group<'a, D: GroupCap> {
    /// Where rows and texts are.
    pub arena: &'a Arena,
    /// The rule, with what it states.
    pub asked: Asked<'a, D::States>,
    /// What the records have in common.
    pub key: D::Key<'a>,
    /// The records.
    pub records: &'a [D::Element],
}

impl<D: GroupCap> Group<'_, D> {
    /// How many there are.
    pub fn count(&self) -> i64 {
        i64::try_from(self.records.len()).unwrap_or(i64::MAX)
    }
    /// The keys, one beside the other.
    pub fn ids(&self) -> String {
        let ids: Vec<String> = self.records.iter().map(|record| self.arena.text(record.id())).collect();
        ids.join("; ")
    }

    /// The finding: all are its evidence, and the institution is named that all have.
    pub fn found(
        &self,
        bank: &Policy,
        key: Vec<KeyPart>,
        amount_basis: AmountBasis,
        values: Vec<Value>,
    ) -> Finding {
        self.asked.found(self.arena, bank, self.records.iter(), (key, amount_basis, values))
    }
}

/// The judging of groups by a detector of this shape.
pub struct OfGroup<D>(PhantomData<D>);

impl<D: GroupCap> Judged for OfGroup<D> {
    type Candidate<'a> = Group<'a, D>;
    const CONDITIONS: &'static [Condition<Self>] = D::CONDITIONS;

    fn rule(group: &Group<'_, D>) -> RuleIx {
        group.asked.rule
    }
    fn month(group: &Group<'_, D>) -> InstitutionMonth {
        D::month(group)
    }
    fn finding(bank: &Policy, group: &Group<'_, D>) -> Finding {
        D::finding(bank, group)
    }
}

/// Asks a rule of the records of a key.
pub fn judge<'a, D: GroupCap>(
    arena: &'a Arena,
    bank: &Policy,
    asked: Asked<'a, D::States>,
    key: D::Key<'a>,
    records: &'a [D::Element],
    sink: &mut Sink,
) {
    if D::SPEC.population.is_none() {
        sink.count(Count::Subject(asked.rule));
    }
    condition::judge::<OfGroup<D>>(bank, &Group { arena, asked, key, records }, sink);
}

/// Goes through the conditions of the records of a key.
pub fn why<'s: 'a, 'a, D: GroupCap>(
    why: &mut Why<'s, '_>,
    asked: Asked<'a, D::States>,
    key: D::Key<'a>,
    records: &'a [D::Element],
) -> Option<()> {
    why.conditions::<OfGroup<D>>(&Group { arena: why.scene.arena, asked, key, records })
}
