//! A code of a visit whose beginning a table knows, with the rows that hold on the visit's first day and the person.
//!
//! Reads visits with such a code under the person's key; one look per visit, and one per visit of a person whose record
//! changed. Each code is judged once; all rows of a rule that know it are one candidate. There is no amount.

use std::marker::PhantomData;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Day, Person, Visit, day_of};
use rulebank::{DetectorSpec, Row, Subject};

use crate::compile::{Prefixed, Prefixes};
use crate::condition::{self, Condition, Judged};
use crate::coverage::{Count, InstitutionMonth, Missing};
use crate::finding::{AmountBasis, Finding, KeyPart, Value};
use crate::policy::{Policy, RuleIx};
use crate::sink::Sink;
use crate::why::steps::{Values, Why, day, row_text};

/// What the specs of detectors of this shape have alike.
pub const SPEC: DetectorSpec = DetectorSpec {
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id", "code"]],
    near: &[Kind::Person],
    ..DetectorSpec::BARE
};

/// A detector of this shape.
pub trait CodedVisit: Sized + 'static {
    /// What it states of itself.
    const SPEC: DetectorSpec;
    /// What has to hold of a code.
    const CONDITIONS: &'static [Condition<OfCode<Self>>];
    /// That the visit has such a code, in Chinese and in English.
    const HAS: [&'static str; 2];
    /// What a row of the table states of codes.
    type States: Copy + Ord + 'static;

    /// The codes of a visit that it looks at.
    fn codes(arena: &Arena, visit_row: RowRef) -> Vec<TextRef>;
    /// Whether a row of the table is violated; where all conditions hold, one is.
    fn violates(bank: &Policy, candidate: &Code<'_, Self>, states: Self::States) -> bool;
    /// The values of its messages, with what the first violated row states.
    fn values(candidate: &Code<'_, Self>, states: Self::States) -> Vec<Value>;
}

/// A candidate: a code and the rows of one rule that know it, of which there is at least one.
pub struct Code<'a, D: CodedVisit> {
    /// Where rows and texts are.
    pub arena: &'a Arena,
    /// The visit's row.
    pub row: RowRef,
    /// The visit.
    pub visit: &'a Visit,
    /// The code.
    pub code: TextRef,
    /// The rows.
    pub rows: &'a [&'a Prefixed<D::States>],
    /// The person, if it stands.
    pub person: Option<(RowRef, &'a Person)>,
    /// The rows as the table has them, for those who explain; a judge has none.
    pub table_rows: &'a [&'a Row],
}

impl<D: CodedVisit> Code<'_, D> {
    /// The day on which the visit begins.
    pub fn day(&self) -> Day {
        day_of(self.visit.begin)
    }

    fn violated<'c>(&'c self, bank: &'c Policy) -> impl Iterator<Item = &'c Prefixed<D::States>> {
        self.rows.iter().copied().filter(|row| D::violates(bank, self, row.what))
    }

    /// Whether any row is violated.
    pub fn is_violated(&self, bank: &Policy) -> bool {
        self.violated(bank).next().is_some()
    }
}

/// The judging of codes by a detector of this shape.
pub struct OfCode<D>(PhantomData<D>);

impl<D: CodedVisit> OfCode<D> {
    /// The person stands.
    pub const fn stands() -> Condition<OfCode<D>> {
        Condition::record(
            Kind::Person,
            Missing::Person,
            |candidate| candidate.visit.psn_no,
            |candidate| candidate.person.map(|(row, _)| row),
        )
    }
}

impl<D: CodedVisit> Judged for OfCode<D> {
    type Candidate<'a> = Code<'a, D>;
    const CONDITIONS: &'static [Condition<Self>] = D::CONDITIONS;

    fn rule(candidate: &Code<'_, D>) -> RuleIx {
        candidate.rows[0].rule
    }
    fn month(candidate: &Code<'_, D>) -> InstitutionMonth {
        InstitutionMonth::at(candidate.visit.institution, candidate.visit.begin)
    }
    fn finding(bank: &Policy, candidate: &Code<'_, D>) -> Finding {
        let rule = candidate.rows[0].rule;
        let mut violated = candidate.violated(bank).peekable();
        let states = violated.peek().map_or(candidate.rows[0].what, |row| row.what);
        let mut evidence = vec![candidate.row];
        evidence.extend(candidate.person.map(|(row, _)| row));
        Finding {
            rule,
            verdict: bank.verdict(rule, violated.all(|row| row.own)),
            key: vec![KeyPart::Text(candidate.visit.id), KeyPart::Text(candidate.code)],
            institution: candidate.visit.institution,
            evidence,
            occurred: candidate.visit.event_time(),
            amount_basis: AmountBasis::Nothing,
            values: D::values(candidate, states),
        }
    }
}

/// Judges the codes of a visit, each once, with its person.
pub fn judge<D: CodedVisit>(
    arena: &Arena,
    bank: &Policy,
    rules: &Prefixes<D::States>,
    row: RowRef,
    person_row: Option<RowRef>,
    sink: &mut Sink,
) {
    if rules.is_empty() {
        return;
    }
    let mut codes = D::codes(arena, row);
    codes.sort_unstable();
    codes.dedup();
    let visit = row::visit(arena, row);
    let person = person_row.map(|row| (row, row::person(arena, row)));
    let person = person.as_ref().map(|(row, person)| (*row, person));
    for code in codes {
        let valid = rules.of(&arena.text(code), day_of(visit.begin));
        for rows in valid.chunk_by(|a, b| a.rule == b.rule) {
            sink.count(Count::Subject(rows[0].rule));
            let candidate = Code { arena, row, visit: &visit, code, rows, person, table_rows: &[] };
            condition::judge::<OfCode<D>>(bank, &candidate, sink);
        }
    }
}

/// Goes through the conditions of (visit, code).
pub fn why<D: CodedVisit>(why: &mut Why<'_, '_>, rules: &Prefixes<D::States>, key: &[TextRef]) -> Option<()> {
    let &[visit, code] = key else { return None };
    let scene = why.scene;
    let (row, visit) = why.visit(visit)?;
    let codes = D::codes(scene.arena, row);
    let text = scene.text(code);
    let listed: Vec<String> = codes.iter().map(|code| scene.text(*code)).collect();
    let values = vec![("code", text.clone()), ("codes", listed.join("; "))];
    why.check(D::HAS, values, codes.contains(&code))?;

    // The rows of the table that know the code.
    let on = day_of(visit.begin);
    let table = D::SPEC.table.unwrap_or_default();
    let knows = |row: &&Row| {
        let prefix = row.text("prefix");
        row.holds_on(on) && !prefix.is_empty() && text.starts_with(prefix)
    };
    let table_rows: Vec<&Row> = scene.table(why.rule, table).filter(knows).collect();
    let mut values: Values = vec![("code", text.clone()), ("day", day(on))];
    values.extend(table_rows.iter().map(|row| ("row", row_text(row))));
    why.check(
        [
            &format!("知识表 {table} 有就诊开始日有效、前缀与之相符的行"),
            &format!(
                "table {table} has a row whose prefix begins the code and that holds on the visit's first day"
            ),
        ],
        values,
        !table_rows.is_empty(),
    )?;

    let person = scene.find(Kind::Person, (visit.psn_no, TextRef::NONE));
    let person = person.map(|row| (row, row::person(scene.arena, row)));
    let person = person.as_ref().map(|(row, person)| (*row, person));
    let valid = rules.of(&text, on);
    let mut of_rules = valid.chunk_by(|a, b| a.rule == b.rule);
    let rows = of_rules.find(|rows| rows[0].rule == why.number)?;
    let candidate =
        Code { arena: scene.arena, row, visit: &visit, code, rows, person, table_rows: &table_rows };
    why.conditions::<OfCode<D>>(&candidate)
}
