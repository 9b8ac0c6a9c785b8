//! An item that is paid up to an age, billed for somebody older.

use records::Kind;
use records::arena::{Arena, Ref};
use records::row::{self, FeeLine, day_of};
use records::time::completed_years;
use rulebank::DetectorSpec;

use super::About;
use crate::compile::{Compiler, Items, Listed};
use crate::coverage::{InstitutionMonth, Missing, Population};
use crate::exact::{exact, exact_units};
use crate::finding::{Finding, Value, shown};
use crate::judge::Sink;
use crate::policy::Policy;
use crate::statement::Out;

/// What a rule may tell it.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "age_limit",
    table: Some("age_limit"),
    params: &[],
    values: &["item", "age", "limit", "unit"],
    comparisons: &["the age in days is above max", "the age in years is at least max"],
};

/// What its alerts are about.
pub const ABOUT: About =
    About::of("fee_line").named_by(2).near(&[Kind::Person, Kind::Settlement]).all_of(Population::NetLine);

/// What a row of the table says.
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
    (line_row, line): (Ref, &FeeLine),
    person_row: Option<Ref>,
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
                true => bank.over(0, exact_units(age_in_days), limit.what.max),
                false => bank.reaches(1, exact_units(age_in_years), limit.what.max),
            })
            .collect();
        let Some(limit) = violated.first() else { continue };
        let own = violated.iter().all(|limit| limit.own);
        let (age, unit) = if limit.what.in_days { (age_in_days, 0) } else { (age_in_years, 1) };
        let values = vec![Value::Text(line.item), Value::Int(age), shown(limit.what.max), Value::Word(unit)];
        let mut finding = Finding::of_line(bank, rule, own, (line_row, line), values);
        finding.evidence.push(person_row);
        sink.emit(Out::Finding(Box::new(finding)));
    }
}
