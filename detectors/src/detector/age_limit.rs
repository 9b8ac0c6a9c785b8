//! An item that is paid up to an age, billed for somebody older.
//!
//! Reads net fee lines of items in `age_limit` beside the person (`Person`), under the person's key: one look per line,
//! and one per line of a person whose record changed. `sex_limit` is judged in the same pass. Lines for which no row of
//! either table is valid on the day never come here.
//! Without the person (`Missing::Person`), or before their birth (`Missing::Brdy`), a line is not judged.

use records::Kind;
use records::arena::TextRef;
use records::row::{Person, day_of};
use records::time::completed_years;
use rulebank::{AmountKind, Comparison, DetectorSpec};

use crate::compile::{Compiler, Items, Listed};
use crate::condition::{Condition, comparisons};
use crate::coverage::Missing;
use crate::exact::{exact, exact_units};
use crate::finding::{Finding, MessageWord, Value, shown};
use crate::policy::Policy;
use crate::shape::listed_line::{self, Line, ListedLine, OfLine};
use crate::why::steps::{Why, day, row_text};

const AGE_IN_DAYS: Comparison = Comparison::new(0, "the age in days is above max");
const AGE_IN_YEARS: Comparison = Comparison::new(1, "the age in years is at least max");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "age_limit",
    table: Some("age_limit"),
    values: &["item", "age", "limit", "unit"],
    comparisons: &comparisons::<2, _>(AgeLimit::CONDITIONS),
    amount: Some(AmountKind::FundOfLine),
    near: &[Kind::Person, Kind::Settlement],
    ..listed_line::SPEC
};

/// What a row of the table states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Age {
    /// Whether the limit is in days, not years.
    pub in_days: bool,
    /// In units of 10^-10.
    pub max: i128,
}

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

/// Lines of items that are paid up to an age.
#[derive(Debug)]
pub struct AgeLimit;

impl Line<'_, AgeLimit> {
    /// Whole days and completed years from the birth to the day of the line.
    fn age(&self) -> (i64, i64) {
        let on = day_of(self.fee_line.time);
        let brdy = self.beside.map_or(on, |(_, person)| person.brdy);
        (i64::from(on - brdy), i64::from(completed_years(brdy, on)))
    }

    /// The rows that are violated; days and years have no common measure, and of each the strictest is asked.
    fn violated(&self, bank: &Policy) -> impl Iterator<Item = &Listed<Age>> {
        let (days, years) = self.age();
        let strictest = |in_days| self.rows.iter().copied().find(|limit| limit.what.in_days == in_days);
        [true, false].into_iter().filter_map(strictest).filter(move |limit| match limit.what.in_days {
            true => bank.over(AGE_IN_DAYS, exact_units(days), limit.what.max),
            false => bank.reaches(AGE_IN_YEARS, exact_units(years), limit.what.max),
        })
    }
}

impl ListedLine for AgeLimit {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfLine<AgeLimit>>] = &[
        OfLine::paid(),
        OfLine::stands(),
        Condition::known(
            ["费用日在出生之后", "the line is of the day of birth or later"],
            |line| {
                let brdy = line.beside.map_or_else(String::new, |(_, person)| day(person.brdy));
                vec![("brdy", brdy), ("day", day(day_of(line.fee_line.time)))]
            },
            Missing::Brdy,
            |line| line.beside.is_none_or(|(_, person)| person.brdy <= day_of(line.fee_line.time)),
        ),
        Condition::holds(
            [
                "年龄超过限制（按天：大于；按岁：周岁达到）",
                "the person is older than the limit (days: more; years: that many completed)",
            ],
            |line| {
                let (days, years) = line.age();
                let limits: Vec<String> = line.table_rows.iter().map(|row| row_text(row)).collect();
                vec![
                    ("brdy", line.beside.map_or_else(String::new, |(_, person)| day(person.brdy))),
                    ("days", days.to_string()),
                    ("age", years.to_string()),
                    ("limit", limits.join("; ")),
                ]
            },
            &[AGE_IN_DAYS, AGE_IN_YEARS],
            |bank, line| line.violated(bank).next().is_some(),
        ),
    ];
    type States = Age;
    type Beside = Person;

    fn finding(bank: &Policy, line: &Line<'_, AgeLimit>) -> Finding {
        let (limit, own) = line.verdict(line.violated(bank));
        let (days, years) = line.age();
        let (age, unit) = match limit.in_days {
            true => (days, MessageWord::Days),
            false => (years, MessageWord::Years),
        };
        let values =
            vec![Value::Text(line.fee_line.item), Value::Int(age), shown(limit.max), Value::Word(unit)];
        line.found(bank, own, values)
    }
}

/// Goes through the conditions of (visit, line).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    listed_line::why::<AgeLimit>(why, rules, key)
}
