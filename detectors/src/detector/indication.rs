//! An item that is paid for certain diagnoses, billed without any of them.
//!
//! Reads net fee lines of items in `indication` beside their visit (`Visit`), where lines and sales are sorted
//! (`LineOfVisit`): one look per line, and one per line of a visit that changed. Other rows cost a look at lines of
//! the items whose rows differ. Lines of other items are cut before, with one look-up of the item.
//! Without the visit (`Missing::Visit`), or where the visit has no diagnosis (`Missing::Diags`), a line is not judged.

use std::collections::HashSet;

use foldhash::fast::FixedState;
use records::Kind;
use records::arena::TextRef;
use records::row::{self, Diagnosis, Visit};
use rulebank::{AmountKind, DetectorSpec};

use crate::compile::{Compiler, Items};
use crate::condition::Condition;
use crate::coverage::Missing;
use crate::finding::{Finding, Value};
use crate::policy::Policy;
use crate::shape::listed_line::{self, Line, ListedLine, OfLine};
use crate::why::steps::Why;

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "indication",
    table: Some("indication"),
    values: &["item", "diagnoses"],
    amount: Some(AmountKind::FundOfLine),
    near: &[Kind::Visit, Kind::Settlement],
    ..listed_line::SPEC
};

/// Rows by item: what a diagnosis may begin with.
pub type Rules = Items<Vec<String>>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(
        &SPEC,
        |_, row| row.list("prefixes").iter().filter(|prefix| !prefix.is_empty()).cloned().collect(),
        |row| row.rule,
    )
}

/// Items of which two banks say differently.
pub fn otherwise(old: &Rules, new: &Rules) -> HashSet<TextRef, FixedState> {
    old.keys().chain(new.keys()).filter(|item| old.get(item) != new.get(item)).copied().collect()
}

/// Lines of items that are paid for certain diagnoses.
#[derive(Debug)]
pub struct Indication;

impl Line<'_, Indication> {
    fn diagnoses(&self) -> Vec<Diagnosis> {
        self.beside.map(|(row, _)| row::diagnoses(self.arena, row)).unwrap_or_default()
    }
    /// The codes of the visit's diagnoses.
    fn codes(&self) -> Vec<String> {
        self.diagnoses().iter().map(|diagnosis| self.arena.text(diagnosis.code)).collect()
    }
    /// The prefixes of all rows united.
    fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().flat_map(|row| &row.what).map(String::as_str)
    }
}

impl ListedLine for Indication {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfLine<Indication>>] = &[
        OfLine::paid(),
        OfLine::stands(),
        Condition::known(
            ["该就诊有诊断", "the visit has diagnoses"],
            |line| {
                let codes = line.codes();
                if codes.is_empty() { Vec::new() } else { vec![("diagnoses", codes.join("; "))] }
            },
            Missing::Diags,
            |line| !line.diagnoses().is_empty(),
        ),
        Condition::holds(
            ["没有一个诊断属于限定的适应症", "no diagnosis is among those for which the item is paid"],
            |line| {
                let prefixes: Vec<&str> = line.prefixes().collect();
                vec![("diagnoses", line.codes().join("; ")), ("prefixes", prefixes.join("; "))]
            },
            &[],
            |_, line| {
                let codes = line.codes();
                !line.prefixes().any(|prefix| codes.iter().any(|code| code.starts_with(prefix)))
            },
        ),
    ];
    type States = Vec<String>;
    type Beside = Visit;

    fn finding(bank: &Policy, line: &Line<'_, Indication>) -> Finding {
        let own = line.rows.iter().all(|row| row.own);
        let count = Value::Int(i64::try_from(line.diagnoses().len()).unwrap_or(i64::MAX));
        let mut finding = line.found(bank, own, vec![Value::Text(line.fee_line.item), count]);
        let begin = line.beside.map_or(finding.occurred, |(_, visit)| visit.event_time());
        finding.occurred = finding.occurred.max(begin);
        finding
    }
}

/// Goes through the conditions of (visit, line).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    listed_line::why::<Indication>(why, rules, key)
}
