//! The alerts that another bank adds, withdraws and changes: written out line by line, and summed.
//!
//! [`Changes`] is given each once, in the order of `alert_id`, and keeps sums and samples only.

use std::collections::BTreeMap;

use serde::Serialize;
use wire::{Alert, AlertDifference, Cause, Fen, Keyword, Share};

use crate::error::Error;
use crate::outputs::Draft;

/// How many alerts changed, and what they counted. Money in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ChangeSums {
    /// Alerts that stand under the new bank only.
    pub added: u64,
    /// Alerts that stood under the old bank only.
    pub withdrawn: u64,
    /// Alerts that stand under both and are different.
    pub changed: u64,
    /// Of these, alerts that only read otherwise.
    pub reworded: u64,
    /// What all of these counted under the old bank.
    pub counted_before: i128,
    /// What they count under the new one.
    pub counted_after: i128,
}

impl ChangeSums {
    fn note(&mut self, line: &AlertDifference, before: i64, after: i64) {
        match line.change.as_ref() {
            "added" => self.added += 1,
            "withdrawn" => self.withdrawn += 1,
            _ => self.changed += 1,
        }
        self.reworded += u64::from(line.is_reworded());
        self.counted_before += i128::from(before);
        self.counted_after += i128::from(after);
    }

    /// By how much the counted money grew.
    pub fn grown(&self) -> i128 {
        self.counted_after - self.counted_before
    }
}

/// A change that stands for others of its sort.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// Counted money that came or went, then suspected money, fen; the least first.
    weight: std::cmp::Reverse<(i64, i64)>,
    /// The alert.
    pub alert_id: String,
    /// `added`, `withdrawn` or `changed`.
    pub change: Keyword,
    /// Its rule.
    pub rule: String,
    /// fixmedins_code, if it has one.
    pub institution: Option<String>,
    /// Fields that are different.
    pub differs: Vec<Keyword>,
    /// Counted amount before and after, yuan.
    pub counted: [Option<Fen>; 2],
    /// Amount before and after, yuan.
    pub amount: [Option<Fen>; 2],
    /// What in the bank is the cause.
    pub cause: Vec<Cause>,
    /// The sentence: under the new bank, or as it was.
    pub message: [String; 2],
    /// How many changes are of its sort; 0 in the list of the greatest.
    pub of_its_sort: u64,
}

/// How many of the greatest changes are kept.
const GREATEST: usize = 10;

/// Of a sort: what happened, why, and in which respect.
type Sort = (Keyword, Vec<Cause>, Keyword);

/// An alert as it stands under one of the banks.
#[derive(Clone, Copy, Debug)]
pub struct AlertSide<'a> {
    /// The alert.
    pub alert: &'a Alert,
    /// Whose money it is, by institution.
    pub shares: &'a [Share],
}

/// All changes, summed.
#[derive(Default)]
pub struct Changes {
    /// All of them.
    pub all: ChangeSums,
    /// By rule.
    pub by_rule: BTreeMap<String, ChangeSums>,
    /// By the institutions whose money it is; an alert of several counts at each, its money where it lies.
    pub by_institution: BTreeMap<String, ChangeSums>,
    /// Those of the most money.
    pub greatest: Vec<Sample>,
    sorts: BTreeMap<Sort, (u64, Sample)>,
    lines: Vec<Draft>,
}

impl Changes {
    /// Nothing yet; each line shall go to these files.
    pub fn into_files(lines: Vec<Draft>) -> Changes {
        Changes { lines, ..Changes::default() }
    }

    /// Takes in an alert that another bank changed, how it stood under the old and the new one.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn add(
        &mut self,
        before: Option<AlertSide<'_>>,
        after: Option<AlertSide<'_>>,
        cause: &[Cause],
    ) -> Result<(), Error> {
        let sides = [before, after];
        let [before, after] = sides.map(|side| side.map(|side| side.alert));
        let Some(line) = AlertDifference::between(before, after, cause) else { return Ok(()) };
        self.lines.iter_mut().try_for_each(|file| file.line(&line))?;
        let money =
            |alert: Option<&Alert>| alert.map_or((0, 0), |a| (a.amount.fen(), a.counted_amount.fen()));
        let (before, after) = (money(before), money(after));
        self.all.note(&line, before.1, after.1);
        self.by_rule.entry(line.rule.clone()).or_default().note(&line, before.1, after.1);
        let mut shares: BTreeMap<&str, [i64; 2]> = BTreeMap::new();
        for (nth, side) in sides.iter().enumerate() {
            for share in side.iter().flat_map(|side| side.shares) {
                shares.entry(&share.id).or_default()[nth] = share.counted_amount.fen();
            }
        }
        for (code, [old, new]) in shares {
            self.by_institution.entry(code.to_owned()).or_default().note(&line, old, new);
        }
        let weight = ((after.1 - before.1).saturating_abs(), (after.0 - before.0).saturating_abs());
        self.keep(&line, weight);
        Ok(())
    }

    fn keep(&mut self, line: &AlertDifference, weight: (i64, i64)) {
        let sort: Sort = (line.change.clone(), line.cause.clone(), respect(line));
        let known = self.sorts.get_mut(&sort);
        let is_great = weight != (0, 0)
            && (self.greatest.len() < GREATEST
                || self.greatest.last().is_some_and(|least| std::cmp::Reverse(weight) < least.weight));
        let leads = known.as_ref().is_none_or(|(_, first)| std::cmp::Reverse(weight) < first.weight);
        let sample = (is_great || leads).then(|| sample(line, weight));
        if is_great && let Some(sample) = &sample {
            self.greatest.push(sample.clone());
            self.greatest.sort();
            self.greatest.truncate(GREATEST);
        }
        match (known, sample) {
            (Some((count, first)), sample) => {
                *count += 1;
                if let Some(sample) = sample.filter(|_| leads) {
                    *first = sample;
                }
            }
            (None, Some(sample)) => drop(self.sorts.insert(sort, (1, sample))),
            (None, None) => {}
        }
    }

    /// One change of each sort, that of the most money, with how many there are; the most frequent sort first.
    pub fn sorts(&self) -> Vec<Sample> {
        let sorts = self.sorts.values();
        let mut samples: Vec<Sample> =
            sorts.map(|(count, sample)| Sample { of_its_sort: *count, ..sample.clone() }).collect();
        samples.sort_by(|a, b| b.of_its_sort.cmp(&a.of_its_sort).then_with(|| a.cmp(b)));
        samples
    }

    /// The files, all lines in them.
    pub fn take_files(&mut self) -> Vec<Draft> {
        std::mem::take(&mut self.lines)
    }
}

/// In which respect an alert changed, the weightiest.
fn respect(line: &AlertDifference) -> Keyword {
    let fields = ["exempted_by", "verdict", "severity", "amount", "evidence", "counted_amount"];
    let weightiest = fields.into_iter().find(|field| line.differs.iter().any(|differs| differs == field));
    weightiest.map_or_else(|| line.differs.first().cloned().unwrap_or_default(), Keyword::Borrowed)
}

fn sample(line: &AlertDifference, (counted, amount): (i64, i64)) -> Sample {
    let message = line.alert.as_ref().or(line.before.as_ref()).map(|alert| &alert.message);
    Sample {
        weight: std::cmp::Reverse((counted, amount)),
        alert_id: line.alert_id.clone(),
        change: line.change.clone(),
        rule: line.rule.clone(),
        institution: line.institution.clone(),
        differs: line.differs.clone(),
        counted: [line.counted_before, line.counted_after],
        amount: [line.amount_before, line.amount_after],
        cause: line.cause.clone(),
        message: message.map_or_else(Default::default, |message| [message.zh.clone(), message.en.clone()]),
        of_its_sort: 0,
    }
}
