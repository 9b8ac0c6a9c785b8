//! An item for one sex, billed for the other.
//!
//! Reads net fee lines of items in `sex_limit` beside the person, under the person's key: one look per line, and one
//! per line of a person whose record changed. Lines of other items, and lines of a day on which neither a row of this
//! table nor one of `age_limit` holds, never come here.
//!
//! Without the person (`Person`), or without a known sex (`Gend`), a line is not judged.

use records::Kind;
use records::arena::TextRef;
use records::codes::Sex;
use records::row::Person;
use rulebank::{AmountKind, Comparison, DetectorSpec};

use crate::compile::{Compiler, Items, Listed};
use crate::condition::{Condition, comparisons};
use crate::coverage::Missing;
use crate::finding::{Finding, Value, sex_word};
use crate::policy::Policy;
use crate::shape::listed_line::{self, Line, ListedLine, OfLine};
use crate::shape::sex::{IS_ANOTHER, IS_KNOWN, sex_of, sexes};
use crate::why::steps::Why;

const OTHER_SEX: Comparison = Comparison::new(0, "the person's gend differs from the row's");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "sex_limit",
    table: Some("sex_limit"),
    values: &["item", "sex"],
    comparisons: &comparisons::<1, _>(SexLimit::CONDITIONS),
    amount: Some(AmountKind::FundOfLine),
    near: &[Kind::Person, Kind::Settlement],
    ..listed_line::SPEC
};

/// Rows by item: the sex that it is for.
pub type Rules = Items<Sex>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(&SPEC, |_, row| sex_of(row), |limit| (limit.rule, limit.own, limit.what))
}

/// Lines of items for one sex.
#[derive(Debug)]
pub struct SexLimit;

impl Line<'_, SexLimit> {
    fn gend(&self) -> Sex {
        self.beside.map_or(Sex::Unknown, |(_, person)| person.gend)
    }

    fn violated(&self, bank: &Policy) -> impl Iterator<Item = &Listed<Sex>> {
        let gend = self.gend();
        self.rows.iter().copied().filter(move |limit| bank.differ(OTHER_SEX, limit.what, gend))
    }
}

impl ListedLine for SexLimit {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfLine<SexLimit>>] = &[
        OfLine::paid(),
        OfLine::stands(),
        Condition::known(
            IS_KNOWN,
            |line| vec![("gend", line.gend().code_or_unknown())],
            Missing::Gend,
            |line| line.gend().is_known(),
        ),
        Condition::holds(
            IS_ANOTHER,
            |line| sexes(line.gend(), line.table_rows),
            &[OTHER_SEX],
            |bank, line| line.violated(bank).next().is_some(),
        ),
    ];
    type States = Sex;
    type Beside = Person;

    fn finding(bank: &Policy, line: &Line<'_, SexLimit>) -> Finding {
        let (sex, own) = line.verdict(line.violated(bank));
        line.found(bank, own, vec![Value::Text(line.fee_line.item), sex_word(*sex)])
    }
}

/// Goes through the conditions of (visit, line).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    listed_line::why::<SexLimit>(why, rules, key)
}
