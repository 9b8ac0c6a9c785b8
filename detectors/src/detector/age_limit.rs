//! An item that is paid up to an age, billed for somebody older.
//!
//! Reads net fee lines of items in `age_limit` beside the person (`Person`), under the person's key: one look per line,
//! and one per line of a person whose record changed. `sex_limit` is judged in the same pass. Lines for which no row of
//! either table is valid on the day never come here.
//! Without the person (`Missing::Person`), or before their birth (`Missing::Brdy`), a line is not judged.

use records::Kind;
use records::arena::{Arena, RowRef};
use records::row::{self, FeeLine, day_of};
use records::time::completed_years;
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Items, Listed};
use crate::coverage::{InstitutionMonth, Missing, Population};
use crate::exact::{exact, exact_units};
use crate::finding::{Finding, MessageWord, Value, shown};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

const AGE_IN_DAYS: Comparison = Comparison::new(0, "the age in days is above max");
const AGE_IN_YEARS: Comparison = Comparison::new(1, "the age in years is at least max");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "age_limit",
    table: Some("age_limit"),
    values: &["item", "age", "limit", "unit"],
    comparisons: &[AGE_IN_DAYS, AGE_IN_YEARS],
    subject: Subject::Always("fee_line"),
    subject_parts: 2,
    keys: &[&["mdtrt_id", "feedetl_sn"]],
    amount: Some(AmountKind::FundOfLine),
    near: &[Kind::Person, Kind::Settlement],
    population: Some(Population::NetLine),
    ..DetectorSpec::BARE
};

/// What a row of the table states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Age {
    /// Whether the limit is in days, not years.
    pub in_days: bool,
    /// In units of 10^-10.
    pub max: i128,
}

type Limit = Listed<Age>;

/// Rows by item, the strictest first.
pub type Rules = Items<Age>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    // The smallest limit is the strictest; days are below any year.
    compiler.by_item(
        &SPEC,
        |_, row| Age {
            in_days: row.text("unit") == "days",
            max: exact(row.decimal("max").unwrap_or_default()),
        },
        |limit| (limit.rule, !limit.what.in_days, limit.what.max, limit.own),
    )
}

/// Judges a net line of a limited item with its person.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    (line_row, line): (RowRef, &FeeLine),
    person_row: Option<RowRef>,
    sink: &mut Sink,
) {
    let day = day_of(line.time);
    let Some(limits) = rules.get(&line.item) else { return };
    let person = person_row.map(|address| (address, row::person(arena, address)));
    let valid: Vec<&Limit> = limits.iter().filter(|limit| limit.validity.holds(day)).collect();
    for of_rule in valid.chunk_by(|a, b| a.rule == b.rule) {
        let rule = of_rule[0].rule;
        let Some((person_row, person)) = person else {
            sink.not_judged(rule, Missing::Person, InstitutionMonth::at(line.institution, line.time));
            continue;
        };
        if day < person.brdy {
            sink.not_judged(rule, Missing::Brdy, InstitutionMonth::at(line.institution, line.time));
            continue;
        }
        let age_in_days = i64::from(day - person.brdy);
        let age_in_years = i64::from(completed_years(person.brdy, day));
        // Days and years have no common measure: the strictest row of each is asked.
        let strictest = |in_days| of_rule.iter().find(|limit| limit.what.in_days == in_days);
        let violated: Vec<&&Limit> = [true, false]
            .into_iter()
            .filter_map(strictest)
            .filter(|limit| match limit.what.in_days {
                true => bank.over(AGE_IN_DAYS, exact_units(age_in_days), limit.what.max),
                false => bank.reaches(AGE_IN_YEARS, exact_units(age_in_years), limit.what.max),
            })
            .collect();
        let Some(limit) = violated.first() else { continue };
        let own = violated.iter().all(|limit| limit.own);
        let (age, unit) = match limit.what.in_days {
            true => (age_in_days, MessageWord::Days),
            false => (age_in_years, MessageWord::Years),
        };
        let values = vec![Value::Text(line.item), Value::Int(age), shown(limit.what.max), Value::Word(unit)];
        let mut finding = Finding::of_line(bank, rule, own, (line_row, line), values);
        finding.evidence.push(person_row);
        sink.emit(Out::Finding(Box::new(finding)));
    }
}
