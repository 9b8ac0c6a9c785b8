//! `explain --not`: why a subject raised no alert.
//!
//! The inputs are read again through the ledger, with the bank that the run kept and its *now* where `--as-of` set
//! it. Then the rule's conditions are asked one by one ([`detectors::why`]). If a record of the subject is not
//! there, what is known of it gives the reason: withdrawn, rejected, or never sent. `reports` shows the answer to people.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use detectors::rule_set::RuleSet;
use detectors::why::{self, Outcome, Scene, Standing, Step, Verdict};
use records::Kind;
use records::arena::{RowRef, TextRef};
use records::joined_key::join;
use records::row;
use records::time::{parse_date, parse_time};
use reports::explain::{json, why_not};
use reports::language::bilingual;
use reports::run_folder::RunFolder;
use rulebank::{Bank, Lang, Rule, Status};
use wire::explanation::{AbsentRecord, ConditionResult, NamedValue, RejectedLine, WhyNot, WithdrawnRecord};
use wire::{Keyword, alert_id};

use crate::error::Error;
use crate::progress::Progress;
use runtime::clock::wall_clock;
use runtime::engine::compile;
use runtime::front::Front;
use runtime::source::{self, Entries, Input, Lines, Refused, Row};

/// Rejected lines about a subject that are shown.
const REJECTED: usize = 20;
/// Facts after which what came and went again is forgotten.
const FACTS: usize = 1 << 22;
/// Lines after which the ledger's facts are taken.
const TICK: u64 = 100_000;

/// Answers `--not RULE KEY...`; gives the text for stdout.
///
/// # Errors
/// No such rule, a key of another shape, no paths, inputs that cannot be read.
pub fn not(
    folder: &RunFolder,
    words: &[String],
    paths: &[PathBuf],
    as_json: bool,
    lang: Lang,
) -> Result<String, Error> {
    let bank = folder.bank()?;
    let (rule, key, more) = subject(&bank, words)?;
    let paths: Vec<PathBuf> = more.iter().map(PathBuf::from).chain(paths.iter().cloned()).collect();
    if paths.is_empty() {
        let text = "--not reads the records again: name the files and folders that the run read";
        return Err(Error::arguments(text));
    }
    let answer = Reading::of(folder, &key, &paths)?.answer(folder, &bank, rule, key)?;
    Ok(if as_json { json(&answer) } else { why_not::page(&answer, lang) })
}

/// The rule, the subject's key, and the words after it.
fn subject<'b, 'w>(
    bank: &'b Bank,
    words: &'w [String],
) -> Result<(&'b Rule, Vec<String>, &'w [String]), Error> {
    let (id, rest) = words.split_first().map_or(("", words), |(id, rest)| (id.as_str(), rest));
    let rule = bank.rules.iter().find(|rule| rule.id.eq_ignore_ascii_case(id)).ok_or_else(|| {
        let ids: Vec<&str> = bank.rules.iter().map(|rule| rule.id.as_str()).collect();
        Error::arguments(format!("the run had no rule {id}; it had {}", ids.join(", ")))
    })?;
    let shapes = why::key_shapes(&rule.detector);
    let fits = |shape: &&&[&str]| {
        rest.len() >= shape.len()
            && shape.iter().zip(rest).all(|(name, part)| *name != "day" || parse_date(part).is_some())
    };
    let Some(shape) = shapes.iter().find(fits) else {
        let wanted: Vec<String> = shapes.iter().map(|shape| shape.join(" ")).collect();
        let text = format!("a subject of {} is named by: {} (days YYYY-MM-DD)", rule.id, wanted.join(" or "));
        return Err(Error::arguments(text));
    };
    let (key, more) = rest.split_at(shape.len());
    let mut key = key.to_vec();
    if why::is_unordered(&rule.detector) {
        key.sort_unstable();
    }
    Ok((rule, key, more))
}

/// The records as they stand after all lines.
struct Reading {
    front: Front,
    /// What came (+1) and went (-1).
    facts: Vec<(RowRef, i32)>,
    /// The parts of the key.
    key: Vec<TextRef>,
    /// The same as texts, those that name records and not goods, places or days.
    names: Vec<String>,
    withdrawn: BTreeMap<(Kind, TextRef, TextRef), Option<u64>>,
    rejected: Vec<RejectedLine>,
    /// Where a rejected line is written.
    entry: Vec<u8>,
}

impl Reading {
    fn of(folder: &RunFolder, key: &[String], paths: &[PathBuf]) -> Result<Reading, Error> {
        let as_of = folder.run.now.as_deref().filter(|_| folder.run.as_of).and_then(parse_time);
        let mut front = Front::new(as_of);
        front.bound_now(wall_clock());
        let parts = key.iter().map(|part| Ok(front.ledger().intern(part)?)).collect::<Result<_, Error>>()?;
        let mut reading = Reading {
            front,
            facts: Vec::new(),
            key: parts,
            names: key.iter().filter(|part| parse_date(part).is_none()).cloned().collect(),
            withdrawn: BTreeMap::new(),
            rejected: Vec::new(),
            entry: Vec::new(),
        };
        let mut skipped = Vec::new();
        let inputs = source::inputs(paths, None, &mut skipped)?;
        let bytes = inputs.iter().map(|input| input.bytes).sum();
        reading.front.expect(inputs.iter().map(Input::records_expected).sum());
        let mut progress = Progress::bytes("reading", bytes, false);
        for input in &inputs {
            reading.read(input, &mut progress)?;
        }
        progress.finish();
        reading.take_facts();
        Ok(reading)
    }

    fn read(&mut self, input: &Input, progress: &mut Progress) -> Result<(), Error> {
        struct Feed<'a> {
            reading: &'a mut Reading,
            file: &'a str,
            progress: &'a mut Progress,
        }
        impl Entries for Feed<'_> {
            type Error = Error;
            fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Error> {
                let reading = &mut *self.reading;
                let written = reading.front.line(self.file, number, line, &mut reading.entry)?;
                self.reading.after(written)
            }
            fn refused(&mut self, number: u64, refused: &Refused<'_>) -> Result<(), Error> {
                let reading = &mut *self.reading;
                let written = reading.front.refused(self.file, number, refused, &mut reading.entry);
                self.reading.after(written)
            }
        }
        impl Lines for Feed<'_> {
            fn row(&mut self, number: u64, row: &Row<'_>) -> Result<(), Error> {
                let reading = &mut *self.reading;
                let written = reading.front.row(self.file, number, row, &mut reading.entry)?;
                self.reading.after(written)
            }
            fn bytes(&mut self, count: u64) {
                self.progress.add(count);
            }
        }
        source::read(input, &mut Feed { reading: self, file: &input.name, progress })
    }

    /// What there is to do after a line: keep it if it was rejected and names the subject.
    fn after(&mut self, written: std::io::Result<()>) -> Result<(), Error> {
        written.expect("writing to memory does not fail");
        if !self.entry.is_empty() {
            if self.rejected.len() < REJECTED
                && self.names.iter().any(|name| memchr::memmem::find(&self.entry, name.as_bytes()).is_some())
                && let Ok(rejected) = serde_json::from_slice(&self.entry)
            {
                self.rejected.push(rejected);
            }
            self.entry.clear();
        }
        if self.front.lines_in_tick() >= TICK {
            self.take_facts();
        }
        Ok(())
    }

    fn take_facts(&mut self) {
        let tick = self.front.close_tick();
        let arena = self.front.ledger().arena();
        for fact in tick.facts.iter() {
            if fact.diff != 0 {
                self.facts.push((fact.row, i32::from(fact.diff)));
            }
            let head = row::head(arena, fact.cause);
            if self.key.contains(&head.key) || (head.key2.is_some() && self.key.contains(&head.key2)) {
                let name = (head.kind, head.key, head.key2);
                if head.del {
                    self.withdrawn.insert(name, head.rev);
                } else {
                    self.withdrawn.remove(&name);
                }
            }
        }
        if self.facts.len() > FACTS {
            self.settle();
        }
    }

    /// Forgets what came and went again.
    fn settle(&mut self) {
        self.facts.sort_unstable();
        self.facts.dedup_by(|later, first| {
            let same = later.0 == first.0;
            if same {
                first.1 += later.1;
            }
            same
        });
        self.facts.retain(|(_, count)| *count != 0);
    }

    fn answer(
        mut self,
        folder: &RunFolder,
        bank: &Bank,
        rule: &Rule,
        key: Vec<String>,
    ) -> Result<WhyNot, Error> {
        self.settle();
        // A rule that is not active is asked as if it were.
        let mut asked = rule.clone();
        asked.status = Status::Active;
        let mut with_rule = bank.clone();
        with_rule
            .rules
            .iter_mut()
            .filter(|known| known.id == asked.id)
            .for_each(|known| *known = asked.clone());
        let compiled = compile(&with_rule, &RuleSet::of(&[&with_rule]), self.front.ledger())?;
        // What has a filler of the bank is stated anew.
        self.take_facts();
        self.settle();
        let as_of = folder.run.now.as_deref().filter(|_| folder.run.as_of).and_then(parse_time);
        let now = as_of.or(self.front.ledger().now());
        let lines = self.front.lines();
        let arena = std::sync::Arc::clone(self.front.ledger().arena());
        let facts = self.facts.iter().map(|(row, _)| *row);
        let records = Standing::new(&arena, facts);
        let scene = Scene::new(&arena, bank, (&compiled, compiled.classes()), now, &records);
        let (steps, verdict) = why::why(&scene, &compiled, &asked, &self.key);
        let withdrawn: BTreeSet<WithdrawnRecord> = self
            .withdrawn
            .iter()
            .map(|((kind, first, second), rev)| {
                let parts = [first, second].into_iter().filter(|part| part.is_some());
                let key: Vec<String> = parts.map(|part| arena.text(*part)).collect();
                WithdrawnRecord { kind: Keyword::Borrowed(kind.name()), key: join(&key), rev: *rev }
            })
            .collect();
        let alert_id = alert_id(&rule.id, &key);
        let in_run = folder.stands(&alert_id)?;
        let conditions = steps.into_iter().map(|step| condition(step, &withdrawn, &self.rejected)).collect();
        let (verdict, reason) = match verdict {
            Verdict::Stands => ("stands", None),
            Verdict::Fails => ("fails", None),
            Verdict::NotJudged(reason) => ("not_judged", Some(reason)),
        };
        Ok(WhyNot {
            rule: rule.id.clone(),
            rule_version: rule.version.clone(),
            title: bilingual(&rule.title),
            key,
            alert_id,
            verdict: Keyword::Borrowed(verdict),
            reason: reason.map(Keyword::Borrowed),
            in_run,
            active: rule.status == Status::Active,
            conditions,
            withdrawn: withdrawn.into_iter().collect(),
            rejected: self.rejected,
            lines,
        })
    }
}

fn condition(
    step: Step,
    withdrawn: &BTreeSet<WithdrawnRecord>,
    rejected: &[RejectedLine],
) -> ConditionResult {
    let absent = step.absent.map(|(kind, parts)| {
        let key = join(&parts);
        // The kind stands in the line, or in the name of a table's file.
        let of_kind = |entry: &&RejectedLine| {
            let raw = entry.raw.to_string();
            (raw.contains(kind.name())
                || entry.origin.file.as_ref().is_some_and(|file| file.contains(kind.name())))
                && parts.iter().all(|part| raw.contains(part.as_str()))
        };
        let because = match () {
            () if withdrawn.iter().any(|gone| gone.kind == kind.name() && gone.key == key) => "withdrawn",
            () if rejected.iter().any(|entry| of_kind(&entry)) => "rejected",
            () => "never_sent",
        };
        AbsentRecord { kind: Keyword::Borrowed(kind.name()), key, because: Keyword::Borrowed(because) }
    });
    let (outcome, reason) = match step.outcome {
        Outcome::Holds => ("holds", None),
        Outcome::Fails => ("fails", None),
        Outcome::Missing(reason) => ("missing", Some(reason)),
    };
    ConditionResult {
        condition: bilingual(&step.condition),
        outcome: Keyword::Borrowed(outcome),
        reason: reason.map(Keyword::Borrowed),
        values: step
            .values
            .into_iter()
            .map(|(name, value)| NamedValue { name: Keyword::Borrowed(name), value })
            .collect(),
        absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::engine::load_bank;

    #[test]
    fn a_subject_is_taken_from_the_words_and_what_follows_are_paths() {
        let bank = load_bank(None).unwrap();
        let rule =
            |detector: &str| bank.rules.iter().find(|rule| rule.detector == detector).unwrap().id.clone();
        let words = |id: &str, rest: &[&str]| -> Vec<String> {
            [id].iter().chain(rest).map(|word| (*word).to_owned()).collect()
        };
        let all = words(&rule("stay_overlap"), &["V2", "V1", "records"]);
        let (_, key, more) = subject(&bank, &all).unwrap();
        assert_eq!((key, more), (vec!["V1".to_owned(), "V2".to_owned()], &all[3..]));
        let all = words(&rule("quantity_limit"), &["V1", "I1", "2025-03-01"]);
        assert_eq!(subject(&bank, &all).unwrap().1.len(), 3);
        let all = words(&rule("quantity_limit"), &["V1", "I1", "records"]);
        assert_eq!(subject(&bank, &all).unwrap().1.len(), 2);
        for wrong in [words("Z99", &["V1"]), words(&rule("stay_overlap"), &["V1"])] {
            assert_eq!(subject(&bank, &wrong).unwrap_err().exit_code(), 2);
        }
    }
}
