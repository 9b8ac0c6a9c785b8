//! One record against the parameters of a rule, with what stands beside it.
//!
//! A net fee line, a net sale, a live settlement or a prescription is read once for all detectors that look at it; each
//! rule of a detector is one candidate.

use std::marker::PhantomData;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Dispensing, FeeLine, Prescription, Settlement};

use crate::compile::Ruled;
use crate::condition::{self, Condition, Judged};
use crate::coverage::InstitutionMonth;
use crate::finding::Finding;
use crate::policy::{Policy, RuleIx};
use crate::sink::Sink;
use crate::why::steps::Why;

/// A detector of this shape.
pub trait OneRecord: Sized + 'static {
    /// What has to hold of a record.
    const CONDITIONS: &'static [Condition<OfRecord<Self>>];
    /// What a rule sets.
    type Params: PartialEq + 'static;
    /// The record.
    type Record: Judgeable;
    /// What stands beside it.
    type Beside: 'static;

    /// Finds what stands beside a record; what the dataflow has seen to before is noted on the way.
    fn beside(why: &mut Why<'_, '_>, record: &Self::Record) -> Option<Self::Beside>;
    /// What is found where all conditions hold.
    fn finding(bank: &Policy, candidate: &One<'_, Self>) -> Finding;
}

/// A record that can be judged by itself.
pub trait Judgeable: Sized + 'static {
    /// The record with this key, if rules see it: its row and its fields, noted.
    fn stands(why: &mut Why<'_, '_>, key: &[TextRef]) -> Option<(RowRef, Self)>;
    /// Where and when it was.
    fn month(&self) -> InstitutionMonth;
}

impl Judgeable for FeeLine {
    fn stands(why: &mut Why<'_, '_>, key: &[TextRef]) -> Option<(RowRef, FeeLine)> {
        let &[visit, sn] = key else { return None };
        why.net_line(visit, sn)
    }
    fn month(&self) -> InstitutionMonth {
        InstitutionMonth::at(self.institution, self.time)
    }
}

impl Judgeable for Dispensing {
    fn stands(why: &mut Why<'_, '_>, key: &[TextRef]) -> Option<(RowRef, Dispensing)> {
        let &[sale] = key else { return None };
        why.sale(sale)
    }
    fn month(&self) -> InstitutionMonth {
        InstitutionMonth::at(self.institution, self.time)
    }
}

impl Judgeable for Settlement {
    fn stands(why: &mut Why<'_, '_>, key: &[TextRef]) -> Option<(RowRef, Settlement)> {
        let &[settlement] = key else { return None };
        why.live_settlement(settlement)
    }
    fn month(&self) -> InstitutionMonth {
        InstitutionMonth::at(self.institution, self.time)
    }
}

impl Judgeable for Prescription {
    fn stands(why: &mut Why<'_, '_>, key: &[TextRef]) -> Option<(RowRef, Prescription)> {
        let &[rx] = key else { return None };
        why.prescription(rx)
    }
    fn month(&self) -> InstitutionMonth {
        InstitutionMonth::at(self.institution, self.time)
    }
}

/// A fee line as it was sent, net or not.
#[derive(Clone, Copy, Debug)]
pub struct SentLine(pub FeeLine);

impl Judgeable for SentLine {
    fn stands(why: &mut Why<'_, '_>, key: &[TextRef]) -> Option<(RowRef, SentLine)> {
        let &[visit, sn] = key else { return None };
        let sent = row::as_sent(why.scene.arena, why.record(Kind::FeeLine, (visit, sn))?);
        Some((sent, SentLine(row::fee_line(why.scene.arena, sent))))
    }
    fn month(&self) -> InstitutionMonth {
        self.0.month()
    }
}

/// A candidate: a record and a rule.
pub struct One<'a, D: OneRecord> {
    /// Where rows and texts are.
    pub arena: &'a Arena,
    /// The record's row.
    pub row: RowRef,
    /// The record.
    pub record: &'a D::Record,
    /// The rule.
    pub rule: RuleIx,
    /// What it sets.
    pub params: &'a D::Params,
    /// What stands beside the record.
    pub beside: &'a D::Beside,
}

/// The judging of records by a detector of this shape.
pub struct OfRecord<D>(PhantomData<D>);

impl<D: OneRecord> Judged for OfRecord<D> {
    type Candidate<'a> = One<'a, D>;
    const CONDITIONS: &'static [Condition<Self>] = D::CONDITIONS;

    fn rule(candidate: &One<'_, D>) -> RuleIx {
        candidate.rule
    }
    fn month(candidate: &One<'_, D>) -> InstitutionMonth {
        candidate.record.month()
    }
    fn finding(bank: &Policy, candidate: &One<'_, D>) -> Finding {
        D::finding(bank, candidate)
    }
}

/// Judges a record by each rule.
pub fn judge<D: OneRecord>(
    arena: &Arena,
    bank: &Policy,
    rules: &Ruled<D::Params>,
    (row, record): (RowRef, &D::Record),
    beside: &D::Beside,
    sink: &mut Sink,
) {
    for (rule, params) in rules {
        let candidate = One { arena, row, record, rule: *rule, params, beside };
        condition::judge::<OfRecord<D>>(bank, &candidate, sink);
    }
}

/// Goes through the conditions of a record.
pub fn why<D: OneRecord>(why: &mut Why<'_, '_>, rules: &Ruled<D::Params>, key: &[TextRef]) -> Option<()> {
    let (row, record) = D::Record::stands(why, key)?;
    let beside = D::beside(why, &record)?;
    let (rule, params) = rules.iter().find(|(rule, _)| *rule == why.number)?;
    let candidate =
        One { arena: why.scene.arena, row, record: &record, rule: *rule, params, beside: &beside };
    why.conditions::<OfRecord<D>>(&candidate)
}
