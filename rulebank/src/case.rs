//! A case: a small table of facts, and what must be found in it.
//!
//! A *hit* must be found, a *near miss* lies just beside it and must not, a *correction* changes or withdraws a
//! fact so that the finding goes or comes. A case has one step or several; after each, exactly the named alerts
//! stand. A case that brings its own tables sees those and no others, so that a new policy batch never breaks it.

use std::collections::BTreeMap;

use records::time;
use toml::de::DeValue;

use crate::error::{Mistake, Source};
use crate::readers::RuleCell;
use crate::section::{At, Section, as_written, elements, string_list};
use crate::word::words;
use crate::{facts, rows, schema};

/// One case of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What it shows, as a sentence.
    pub name: String,
    /// What sort of case it is.
    pub kind: CaseKind,
    /// Tables as CSV text, by name, used instead of the bank's; a table not among them has no rows (`med_type`:
    /// the ordinary mapping).
    pub tables: Option<BTreeMap<String, String>>,
    /// The *now* of the run, if it is not the greatest event time.
    pub as_of: Option<String>,
    /// What comes in, and what stands after it, step by step.
    pub steps: Vec<Step>,
}

/// One step of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The changes that come in, as NDJSON lines.
    pub changes: Vec<String>,
    /// The keys of the rule's alerts that stand after this step.
    pub finds: Vec<Vec<String>>,
    /// Their amounts in yuan, in the order of `finds`, if the case states them.
    pub amounts: Option<Vec<String>>,
    /// The rule's coverage: subjects not judged, by reason, if the case states it.
    pub not_judged: Option<BTreeMap<String, u64>>,
}

words! {
    /// The three sorts of case.
    CaseKind {
        /// Something is found.
        Hit = "hit",
        /// Nothing is found, for one reason.
        NearMiss = "near_miss",
        /// A finding goes or comes when a fact is corrected.
        Correction = "correction",
    }
}

/// Reads one `[[case]]`; its first step stands in it, the others as `[[case.then]]`.
///
/// The rules that its tables name are put into `rule_cells`: whether they exist is known once all rules are read.
pub(crate) fn read<'d>(
    source: Source<'_>,
    mut section: Section<'d>,
    rule_cells: &mut Vec<RuleCell>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Case> {
    let name = section.text("name", mistakes);
    let kind = section.word::<CaseKind>("kind", mistakes);
    let tables = section.section_if_any("tables", mistakes);
    let tables = tables.map(|tables| read_tables(source, tables, rule_cells, mistakes));
    let as_of = section.text_if_any("as-of", mistakes);
    if let Some(at) = &as_of
        && time::parse_date(&at.value).is_none()
        && !time::is_civil_time(&at.value)
    {
        let mistake = Mistake::new(at.span.clone(), format!("`{}` is no time", at.value));
        mistakes.push(mistake.hint("YYYY-MM-DD HH:MM:SS or YYYY-MM-DD"));
    }
    let mut compiler = facts::Compiler::default();
    let then = section.sections("then", mistakes);
    let mut steps = vec![read_step(source, &mut section, &mut compiler, mistakes)];
    let span = name.span.clone();
    section.close(mistakes);
    for mut section in then {
        steps.push(read_step(source, &mut section, &mut compiler, mistakes));
        section.close(mistakes);
    }
    let kind = kind?;
    check_kind(kind.value, &steps, span, mistakes);
    Some(Case { name: name.value, kind: kind.value, tables, as_of: as_of.map(|at| at.value), steps })
}

fn read_step<'d>(
    source: Source<'_>,
    section: &mut Section<'d>,
    compiler: &mut facts::Compiler,
    mistakes: &mut Vec<Mistake>,
) -> Step {
    // What happens in this step.
    let facts = section.text("facts", mistakes);
    let (changes, faults) = compiler.compile(&facts.value);
    mistakes.extend(inside(source, &facts, faults));
    // What is found after it: keys, and an amount for each if the case states any.
    let mut finds = Vec::new();
    match section.get("finds") {
        Some(list) => {
            for key in elements("finds", list, mistakes) {
                let span = key.span.clone();
                let key = string_list("finds", key, mistakes);
                if key.is_empty() {
                    mistakes.push(
                        Mistake::new(span, "a key has at least one part").hint(r#"finds = [["V1", "1"]]"#),
                    );
                }
                finds.push(key);
            }
        }
        None => mistakes.push(
            Mistake::new(section.span.clone(), "the step does not say what it finds")
                .hint("nothing: finds = []"),
        ),
    }
    let amounts = section.get("amounts").map(|list| {
        let span = list.span.clone();
        let amounts = string_list("amounts", list, mistakes);
        let wrong = amounts.iter().find(|amount| !is_amount(amount));
        if let Some(wrong) = wrong {
            mistakes.push(
                Mistake::new(span.clone(), format!("`{wrong}` is no amount")).hint("two places: \"80.00\""),
            );
        } else if amounts.len() != finds.len() {
            let what = format!("{} amounts for {} findings", amounts.len(), finds.len());
            mistakes.push(Mistake::new(span, what).hint("one for each, in the order of `finds`"));
        }
        amounts
    });
    // And what could not be judged.
    let not_judged = section.section_if_any("not-judged", mistakes);
    let not_judged = not_judged.map(|section| read_not_judged(section, mistakes));
    Step { changes, finds, amounts, not_judged }
}

fn read_not_judged(mut section: Section<'_>, mistakes: &mut Vec<Mistake>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (reason, count) in section.entries() {
        if !reason.value.starts_with("missing:") {
            mistakes.push(
                Mistake::new(reason.span, format!("`{}` is no reason", reason.value))
                    .hint(r#""missing:<kind or field>" = 1"#),
            );
        }
        match as_written(count.value).and_then(|text| text.parse().ok()) {
            Some(n) => drop(counts.insert(reason.value.to_owned(), n)),
            None => mistakes.push(Mistake::new(count.span, "this is no count")),
        }
    }
    counts
}

/// The CSV texts of a case, each checked like a table of the bank.
fn read_tables(
    source: Source<'_>,
    mut section: Section<'_>,
    rule_cells: &mut Vec<RuleCell>,
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<String, String> {
    let mut tables = BTreeMap::new();
    for (name, value) in section.entries() {
        let Some(schema) = schema::table(name.value) else {
            mistakes.push(
                Mistake::new(name.span, format!("there is no table `{}`", name.value))
                    .hint(schema::hint_for(name.value)),
            );
            continue;
        };
        let DeValue::String(text) = value.value else {
            mistakes.push(Mistake::new(value.span, "a table is CSV text"));
            continue;
        };
        // Its rows are checked where they stand in the rule file; their rules are looked up when all are read.
        let as_written = At { value: text.clone().into_owned(), span: value.span.clone() };
        let mut note = |mut cell: RuleCell| {
            cell.span = source.inside(&as_written.span, &as_written.value, &cell.span);
            rule_cells.push(cell);
            None
        };
        if let Err(faults) = rows::read(schema, text, &mut note) {
            mistakes.extend(inside(source, &as_written, faults));
        }
        tables.insert(name.value.to_owned(), text.clone().into_owned());
    }
    tables
}

/// Mistakes in the text of a TOML string, as mistakes in the file.
fn inside(source: Source<'_>, text: &At<String>, faults: Vec<Mistake>) -> Vec<Mistake> {
    let place = |mut fault: Mistake| {
        fault.span = source.inside(&text.span, &text.value, &fault.span);
        fault
    };
    faults.into_iter().map(place).collect()
}

/// A case must be of the kind that it states.
fn check_kind(kind: CaseKind, steps: &[Step], span: std::ops::Range<usize>, mistakes: &mut Vec<Mistake>) {
    let found = steps.iter().any(|step| !step.finds.is_empty());
    let what = match kind {
        CaseKind::Hit if !found => "a hit finds something",
        CaseKind::NearMiss if found => "a near miss finds nothing",
        CaseKind::Correction if steps.windows(2).all(|pair| pair[0].finds == pair[1].finds) => {
            "a correction makes a finding go or come"
        }
        _ => return,
    };
    mistakes.push(Mistake::new(span, what).hint("change `kind`, or what the steps find"));
}

fn is_amount(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.').is_some_and(|(yuan, fen)| digits(yuan) && digits(fen) && fen.len() == 2)
}
