//! A gap or an order in a sequence: two of a person's stays, days, enrolments …, neighbours or any two.
//!
//! Who judges makes the pairs of a sorted sequence ([`neighbours`], or a loop of its own where any two are compared) and
//! asks the rules of each ([`judge`]); who explains finds the pair by its key and asks the same conditions ([`why`]).

use std::marker::PhantomData;

use records::arena::Arena;
use records::row::Moment;
use rulebank::{Comparison, DetectorSpec};

use super::element::{Asked, Element};
use crate::condition::{self, Condition, Judged};
use crate::coverage::{Count, InstitutionMonth};
use crate::finding::{AmountBasis, Finding, KeyPart, Value};
use crate::policy::{Policy, RuleIx};
use crate::sink::Sink;
use crate::visited::Visited;
use crate::why::steps::Why;

/// A detector of this shape.
pub trait Sequence: Sized + 'static {
    /// What it states of itself.
    const SPEC: DetectorSpec;
    /// What has to hold of the two. Where none of them makes a subject, each two are one.
    const CONDITIONS: &'static [Condition<OfTwo<Self>>];
    /// What stands in the sequence.
    type Element: Element;
    /// What a rule, or a row of its table, states.
    type States: 'static;

    /// Where and when the two were, for the coverage.
    fn month(two: &Two<'_, Self>) -> InstitutionMonth;
    /// What is found where all conditions hold: mostly [`Two::found`] with the institution.
    fn finding(bank: &Policy, two: &Two<'_, Self>) -> Finding;
    /// From when on it is due, where it hangs on how far time has come.
    fn due(_: &Two<'_, Self>) -> Option<Moment> {
        None
    }
}

/// A candidate: two of a sequence.
pub struct Two<'a, D: Sequence> {
    /// Where rows and texts are.
    pub arena: &'a Arena,
    /// The rule, with what it states.
    pub asked: Asked<'a, D::States>,
    /// The earlier, or the first by key.
    pub first: &'a D::Element,
    /// The later, or the second by key.
    pub second: &'a D::Element,
    /// How far time has come, for who explains; the dataflow states when a finding is due.
    pub now: Option<Moment>,
}

impl<D: Sequence> Two<'_, D> {
    /// The key of two records.
    pub fn ids(&self) -> Vec<KeyPart> {
        vec![KeyPart::Text(self.first.id()), KeyPart::Text(self.second.id())]
    }

    /// The finding: both are its evidence, and the institution is named that both have.
    pub fn found(
        &self,
        bank: &Policy,
        key: Vec<KeyPart>,
        amount_basis: AmountBasis,
        values: Vec<Value>,
    ) -> Finding {
        self.asked.found(self.arena, bank, [self.first, self.second].into_iter(), (key, amount_basis, values))
    }
}

/// The judging of pairs by a detector of this shape.
pub struct OfTwo<D>(PhantomData<D>);

impl<D: Sequence> Judged for OfTwo<D> {
    type Candidate<'a> = Two<'a, D>;
    const CONDITIONS: &'static [Condition<Self>] = D::CONDITIONS;

    fn rule(two: &Two<'_, D>) -> RuleIx {
        two.asked.rule
    }
    fn month(two: &Two<'_, D>) -> InstitutionMonth {
        D::month(two)
    }
    fn finding(bank: &Policy, two: &Two<'_, D>) -> Finding {
        D::finding(bank, two)
    }
    fn due(two: &Two<'_, D>) -> Option<Moment> {
        D::due(two)
    }
}

/// The institutions of two visits differ: the first comparison of those who ask it.
pub const INSTITUTIONS_DIFFER: Comparison = Comparison::new(0, "the institutions differ");

/// That the institutions of two visits differ.
pub const fn institutions_differ<D: Sequence<Element = Visited>>() -> Condition<OfTwo<D>> {
    Condition::holds(
        ["机构不同", "the institutions differ"],
        |two| {
            vec![
                ("institution_a", two.arena.text(two.first.visit.institution)),
                ("institution_b", two.arena.text(two.second.visit.institution)),
            ]
        },
        &[INSTITUTIONS_DIFFER],
        |bank, two| {
            bank.differ(INSTITUTIONS_DIFFER, two.first.visit.institution, two.second.visit.institution)
        },
    )
}

/// Each of a sorted sequence with the next of its group: the groups stand one after the other.
pub fn neighbours<E>(sequence: &[E], alike: impl Fn(&E, &E) -> bool) -> impl Iterator<Item = (&E, &E)> {
    sequence.windows(2).map(|two| (&two[0], &two[1])).filter(move |(a, b)| alike(a, b))
}

/// Asks the rules of two.
pub fn judge<'r, D: Sequence>(
    arena: &Arena,
    bank: &Policy,
    rules: impl Iterator<Item = Asked<'r, D::States>>,
    (first, second): (&D::Element, &D::Element),
    sink: &mut Sink,
) {
    for asked in rules {
        if !const { condition::make_subjects(D::CONDITIONS) } {
            sink.count(Count::Subject(asked.rule));
        }
        let two = Two::<D> { arena, asked, first, second, now: None };
        condition::judge::<OfTwo<D>>(bank, &two, sink);
    }
}

/// Goes through the conditions of two.
pub fn why<'r, D: Sequence>(
    why: &mut Why<'_, '_>,
    mut rules: impl Iterator<Item = Asked<'r, D::States>>,
    (first, second): (&D::Element, &D::Element),
) -> Option<()> {
    let asked = rules.find(|asked| asked.rule == why.number)?;
    let (arena, now) = (why.scene.arena, Some(why.scene.now));
    why.conditions::<OfTwo<D>>(&Two::<D> { arena, asked, first, second, now })
}
