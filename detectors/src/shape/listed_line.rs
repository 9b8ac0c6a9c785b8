//! A fee line of an item in a table, with the rows that hold on its day and one record beside it.
//!
//! Reads net lines of the items of a table under the key of the record; one look per line, and one per line of a
//! record that changed. All rows of a rule that hold on the day are one candidate.

use std::marker::PhantomData;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::decimal::format_fen;
use records::row::{self, FeeLine, Institution, Person, Visit, day_of};
use rulebank::{DetectorSpec, Population, Row, Subject};

use crate::compile::{Items, Listed};
use crate::condition::{self, Condition, Judged};
use crate::coverage::{Count, InstitutionMonth, Missing};
use crate::finding::Finding;
use crate::policy::{Policy, RuleIx};
use crate::sink::Sink;
use crate::why::steps::{Why, or_dash};

/// What the specs of detectors of this shape have alike.
pub const SPEC: DetectorSpec = DetectorSpec {
    subject: Subject::Always("fee_line"),
    subject_parts: 2,
    keys: &[&["mdtrt_id", "feedetl_sn"]],
    population: Some(Population::NetLine),
    ..DetectorSpec::BARE
};

/// A detector of this shape.
pub trait ListedLine: Sized + 'static {
    /// What it states of itself.
    const SPEC: DetectorSpec;
    /// What has to hold of a line.
    const CONDITIONS: &'static [Condition<OfLine<Self>>];
    /// What a row of the table states of an item.
    type States: PartialEq + 'static;
    /// The record that is seen beside the line.
    type Beside: Beside;

    /// What is found where all conditions hold.
    fn finding(bank: &Policy, candidate: &Line<'_, Self>) -> Finding;
}

/// A record beside a line.
pub trait Beside: Sized + 'static {
    /// Its kind.
    const KIND: Kind;
    /// What a line without it lacks.
    const MISSING: Missing;

    /// The key of a line's record.
    fn key_of(line: &FeeLine) -> TextRef;
    /// Reads it.
    fn read(arena: &Arena, row: RowRef) -> Self;
}

impl Beside for Person {
    const KIND: Kind = Kind::Person;
    const MISSING: Missing = Missing::Person;

    fn key_of(line: &FeeLine) -> TextRef {
        line.psn_no
    }
    fn read(arena: &Arena, row: RowRef) -> Person {
        row::person(arena, row)
    }
}

impl Beside for Institution {
    const KIND: Kind = Kind::Institution;
    const MISSING: Missing = Missing::Institution;

    fn key_of(line: &FeeLine) -> TextRef {
        line.institution
    }
    fn read(arena: &Arena, row: RowRef) -> Institution {
        row::institution(arena, row)
    }
}

impl Beside for Visit {
    const KIND: Kind = Kind::Visit;
    const MISSING: Missing = Missing::Visit;

    fn key_of(line: &FeeLine) -> TextRef {
        line.visit
    }
    fn read(arena: &Arena, row: RowRef) -> Visit {
        row::visit(arena, row)
    }
}

/// A candidate: a line and the rows of one rule that hold on its day, of which there is at least one.
pub struct Line<'a, D: ListedLine> {
    /// Where rows and texts are.
    pub arena: &'a Arena,
    /// The line's row.
    pub row: RowRef,
    /// The line.
    pub fee_line: &'a FeeLine,
    /// The rows, in the order of their detector.
    pub rows: &'a [&'a Listed<D::States>],
    /// The record beside it, if it stands.
    pub beside: Option<(RowRef, &'a D::Beside)>,
    /// The rows as the table has them, for those who explain; a judge has none.
    pub table_rows: &'a [&'a Row],
}

impl<D: ListedLine> Line<'_, D> {
    /// What the first of the violated rows states, and whether all of them are somebody's reading.
    pub fn verdict<'v>(
        &'v self,
        mut violated: impl Iterator<Item = &'v Listed<D::States>>,
    ) -> (&'v D::States, bool) {
        let first = violated.next().unwrap_or(self.rows[0]);
        (&first.what, first.own && violated.all(|row| row.own))
    }

    /// A finding about the line and its `fund_amt`, which rests on the record beside it.
    pub fn found(&self, bank: &Policy, own_reading: bool, values: Vec<crate::finding::Value>) -> Finding {
        let rule = self.rows[0].rule;
        let mut finding = Finding::of_line(bank, rule, own_reading, (self.row, self.fee_line), values);
        finding.evidence.extend(self.beside.map(|(row, _)| row));
        finding
    }
}

/// The judging of lines by a detector of this shape.
pub struct OfLine<D>(PhantomData<D>);

impl<D: ListedLine> OfLine<D> {
    /// The fund paid something of the line, or it is not known; asked where the rule speaks of that.
    pub const fn paid() -> Condition<OfLine<D>> {
        Condition::<OfLine<D>>::holds(
            ["基金支付了该明细（或未知）", "the fund paid something of the line, or that is not known"],
            |candidate| vec![("fund_amt", paid_text(candidate.fee_line))],
            &[],
            |_, candidate| !candidate.fee_line.is_unpaid(),
        )
        .only_if(|candidate| candidate.rows[0].of_payment)
    }

    /// The record beside the line stands.
    pub const fn stands() -> Condition<OfLine<D>> {
        Condition::record(
            D::Beside::KIND,
            D::Beside::MISSING,
            |candidate| D::Beside::key_of(candidate.fee_line),
            |candidate| candidate.beside.map(|(row, _)| row),
        )
    }
}

/// What the fund paid of a line, or a dash where the line does not say it.
fn paid_text(line: &FeeLine) -> String {
    or_dash((line.has_fund || line.unsettled).then(|| format_fen(line.fund)))
}

impl<D: ListedLine> Judged for OfLine<D> {
    type Candidate<'a> = Line<'a, D>;
    const CONDITIONS: &'static [Condition<Self>] = D::CONDITIONS;

    fn rule(candidate: &Line<'_, D>) -> RuleIx {
        candidate.rows[0].rule
    }
    fn month(candidate: &Line<'_, D>) -> InstitutionMonth {
        InstitutionMonth::at(candidate.fee_line.institution, candidate.fee_line.time)
    }
    fn finding(bank: &Policy, candidate: &Line<'_, D>) -> Finding {
        D::finding(bank, candidate)
    }
}

/// Calls `see` with the rows of each rule that hold on the day of a line.
fn by_rule<S>(rules: &Items<S>, line: &FeeLine, mut see: impl FnMut(&[&Listed<S>])) {
    let Some(listed) = rules.get(&line.item) else { return };
    let day = day_of(line.time);
    let valid: Vec<&Listed<S>> = listed.iter().filter(|row| row.validity.holds(day)).collect();
    valid.chunk_by(|a, b| a.rule == b.rule).for_each(&mut see);
}

/// Judges a net line of an item in the table.
pub fn judge<D: ListedLine>(
    arena: &Arena,
    bank: &Policy,
    rules: &Items<D::States>,
    (row, line): (RowRef, &FeeLine),
    beside: Option<(RowRef, &D::Beside)>,
    sink: &mut Sink,
) {
    by_rule(rules, line, |rows| {
        sink.count(Count::Applicable(rows[0].rule));
        let candidate = Line { arena, row, fee_line: line, rows, beside, table_rows: &[] };
        condition::judge::<OfLine<D>>(bank, &candidate, sink);
    });
}

/// Goes through the conditions of (visit, line).
pub fn why<D: ListedLine>(why: &mut Why<'_, '_>, rules: &Items<D::States>, key: &[TextRef]) -> Option<()> {
    let &[visit, sn] = key else { return None };
    let (row, line) = why.net_line(visit, sn)?;
    let table_rows = why.table_rows(D::SPEC.table.unwrap_or_default(), line.item, day_of(line.time))?;
    let (scene, rule) = (why.scene, why.number);
    let beside = scene.find(D::Beside::KIND, (D::Beside::key_of(&line), TextRef::NONE));
    let beside = beside.map(|row| (row, D::Beside::read(scene.arena, row)));
    let beside = beside.as_ref().map(|(row, record)| (*row, record));
    let mut all = None;
    by_rule(rules, &line, |rows| {
        if rows[0].rule == rule {
            let candidate =
                Line { arena: scene.arena, row, fee_line: &line, rows, beside, table_rows: &table_rows };
            all = why.conditions::<OfLine<D>>(&candidate);
        }
    });
    all
}
