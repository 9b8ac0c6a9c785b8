//! An item for hospitals of some level, billed by one below it.
//!
//! Reads net fee lines of items in `level_limit` beside the institution, under the institution's key: one look per
//! line, and one per line of an institution whose record changed. Lines of other items, and lines of a day on which
//! neither a row of this table nor one of `price_cap` holds, never come here. Of a rule, the row with the highest level
//! decides.
//!
//! Without the institution (`Institution`), or without its level (`HospLv`), a line is not judged.

use records::Kind;
use records::arena::TextRef;
use records::codes::HospitalLevel;
use records::row::Institution;
use rulebank::{AmountKind, Comparison, DetectorSpec};

use crate::compile::{Compiler, Items};
use crate::condition::{Condition, comparisons};
use crate::coverage::Missing;
use crate::finding::{Finding, Value};
use crate::policy::Policy;
use crate::shape::listed_line::{self, Line, ListedLine, OfLine};
use crate::why::steps::{Why, level};

const LEVEL_TOO_LOW: Comparison = Comparison::new(0, "the institution's level ranks below lowest_lv");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "level_limit",
    table: Some("level_limit"),
    values: &["item", "level", "lowest"],
    comparisons: &comparisons::<1, _>(LevelLimit::CONDITIONS),
    amount: Some(AmountKind::FundOfLine),
    near: &[Kind::Settlement],
    far: &[Kind::Institution],
    ..listed_line::SPEC
};

/// Rows by item, the strictest (highest level) of a rule first: the lowest level that may bill it; `None` for one that
/// is not on the list.
pub type Rules = Items<Option<HospitalLevel>>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(
        &SPEC,
        |_, row| HospitalLevel::from_code(row.text("lowest_lv")),
        |limit| (limit.rule, limit.what, limit.own),
    )
}

/// Lines of items for hospitals of some level.
#[derive(Debug)]
pub struct LevelLimit;

impl Line<'_, LevelLimit> {
    fn level(&self) -> Option<HospitalLevel> {
        self.beside.and_then(|(_, institution)| institution.level)
    }
    /// What the strictest row asks.
    fn lowest(&self) -> Option<HospitalLevel> {
        self.rows[0].what
    }
}

impl ListedLine for LevelLimit {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfLine<LevelLimit>>] = &[
        OfLine::paid(),
        OfLine::stands(),
        Condition::known(
            ["医院等级已知", "the level of the institution is known"],
            |line| line.level().map(|level| ("level", level.code().to_owned())).into_iter().collect(),
            Missing::HospLv,
            |line| line.level().is_some(),
        ),
        Condition::holds(
            [
                "医院等级低于要求的最低等级（01最高）",
                "the institution ranks below the lowest level (01 is the highest)",
            ],
            |line| vec![("level", level(line.level())), ("lowest", level(line.lowest()))],
            &[LEVEL_TOO_LOW],
            |bank, line| bank.over(LEVEL_TOO_LOW, line.level(), line.lowest()),
        ),
    ];
    type States = Option<HospitalLevel>;
    type Beside = Institution;

    fn finding(bank: &Policy, line: &Line<'_, LevelLimit>) -> Finding {
        let values =
            vec![Value::Text(line.fee_line.item), Value::Level(line.level()), Value::Level(line.lowest())];
        line.found(bank, line.rows[0].own, values)
    }
}

/// Goes through the conditions of (visit, line).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    listed_line::why::<LevelLimit>(why, rules, key)
}
