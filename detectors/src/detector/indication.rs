//! An item that is paid for certain diagnoses, billed without any of them.
//!
//! Reads net fee lines of items in `indication` beside their visit (`Visit`), where lines and sales are sorted
//! (`LineOfVisit`): one look per line, and one per line of a visit that changed. Other rows cost a look at lines of
//! the items whose rows differ. Lines of other items are cut before, with one look-up of the item.
//! Without the visit (`Missing::Visit`), or where the visit has no diagnosis (`Missing::Diags`), a line is not judged.

use std::collections::HashSet;

use foldhash::fast::FixedState;
use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row;
use rulebank::{AmountKind, DetectorSpec, Subject};

use crate::compile::{Compiler, Items, Listed};
use crate::coverage::{InstitutionMonth, Missing, Population};
use crate::finding::{Finding, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "indication",
    table: Some("indication"),
    values: &["item", "diagnoses"],
    subject: Subject::Always("fee_line"),
    subject_parts: 2,
    keys: &[&["mdtrt_id", "feedetl_sn"]],
    amount: Some(AmountKind::FundOfLine),
    near: &[Kind::Visit, Kind::Settlement],
    population: Some(Population::NetLine),
    ..DetectorSpec::BARE
};

/// What a row of the table states.
#[derive(Clone, Debug, PartialEq)]
pub struct Prefixes {
    /// What a diagnosis may begin with.
    pub prefixes: Vec<String>,
}

type Indication = Listed<Prefixes>;

/// Rows by item.
pub type Rules = Items<Prefixes>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(
        &SPEC,
        |_, row| Prefixes {
            prefixes: row.list("prefixes").iter().filter(|prefix| !prefix.is_empty()).cloned().collect(),
        },
        |row| row.rule,
    )
}

/// Items of which two banks say differently.
pub fn otherwise(old: &Rules, new: &Rules) -> HashSet<TextRef, FixedState> {
    old.keys().chain(new.keys()).filter(|item| old.get(item) != new.get(item)).copied().collect()
}

/// Judges a net line with its visit.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    (line_row, line): (RowRef, &row::FeeLine),
    visit: Option<(RowRef, &row::Visit)>,
    sink: &mut Sink,
) {
    let Some(indications) = rules.get(&line.item) else { return };
    let day = row::day_of(line.time);
    let valid: Vec<&Indication> = indications.iter().filter(|row| row.validity.holds(day)).collect();
    if valid.is_empty() {
        return;
    }
    let codes: Option<Vec<String>> = visit.map(|(visit_row, _)| {
        row::diagnoses(arena, visit_row).iter().map(|diagnosis| arena.text(diagnosis.code)).collect()
    });
    for of_rule in valid.chunk_by(|a, b| a.rule == b.rule) {
        let rule = of_rule[0].rule;
        let (Some((visit_row, visit)), Some(codes)) = (visit, &codes) else {
            sink.not_judged(rule, Missing::Visit, InstitutionMonth::at(line.institution, line.time));
            continue;
        };
        if codes.is_empty() {
            sink.not_judged(rule, Missing::Diags, InstitutionMonth::at(line.institution, line.time));
            continue;
        }
        // The prefixes of all valid rows are united.
        let mut prefixes = of_rule.iter().flat_map(|row| &row.what.prefixes);
        if prefixes.any(|prefix| codes.iter().any(|code| code.starts_with(prefix.as_str()))) {
            continue;
        }
        let own = of_rule.iter().all(|row| row.own);
        let count = Value::Int(i64::try_from(codes.len()).unwrap_or(i64::MAX));
        let values = vec![Value::Text(line.item), count];
        let mut finding = Finding::of_line(bank, rule, own, (line_row, line), values);
        finding.evidence.push(visit_row);
        finding.occurred = finding.occurred.max(visit.event_time());
        sink.emit(Out::Finding(Box::new(finding)));
    }
}
