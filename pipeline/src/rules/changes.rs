//! The alerts that another bank adds, withdraws and changes: written out line by line, and summed.
//!
//! [`Changes`] hears of each once, in the order of `alert_id`, and keeps sums and samples only.

use std::collections::BTreeMap;

use detectors::alert::{AlertLine, Cause};
use detectors::alert_view::{Change, Share, Snapshot};
use serde::Serialize;

use crate::error::Error;
use crate::outputs::Draft;

/// One line of the difference.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "each field is the alert's field of its name under the old and the new bank")]
pub struct Line<'a> {
    /// `added`, `withdrawn` or `changed`.
    pub change: &'static str,
    pub alert_id: &'a str,
    pub rule: &'a str,
    pub institution: Option<&'a str>,
    pub amount_before: Option<&'a str>,
    pub amount_after: Option<&'a str>,
    pub counted_before: Option<&'a str>,
    pub counted_after: Option<&'a str>,
    pub verdict_before: Option<&'a str>,
    pub verdict_after: Option<&'a str>,
    /// Of a changed alert, the fields that are different.
    pub differs: Vec<&'static str>,
    /// What in the bank is the cause: `rule`, `table`, `exemption`.
    pub cause: &'a [Cause],
    /// The alert under the new bank.
    pub alert: Option<&'a AlertLine>,
    /// The alert under the old bank.
    pub before: Option<&'a AlertLine>,
}

/// Fields that say the same in other words.
const WORDING: [&str; 5] = ["rule_version", "family", "phase", "message", "basis"];

impl<'a> Line<'a> {
    /// Of an alert on both sides; one of them stands.
    pub fn of(change: &'a Change, cause: &'a [Cause]) -> Option<Line<'a>> {
        let line = |stood: &'a Option<Snapshot>| stood.as_ref().map(|stood| &stood.line);
        let (before, after) = (line(&change.before), line(&change.after));
        let one = after.or(before)?;
        Some(Line {
            change: match (before, after) {
                (None, _) => "added",
                (_, None) => "withdrawn",
                _ => "changed",
            },
            alert_id: &one.alert_id,
            rule: &one.rule,
            institution: one.institution.as_deref(),
            amount_before: before.map(|alert| alert.amount.as_str()),
            amount_after: after.map(|alert| alert.amount.as_str()),
            counted_before: before.map(|alert| alert.counted_amount.as_str()),
            counted_after: after.map(|alert| alert.counted_amount.as_str()),
            verdict_before: before.map(|alert| alert.verdict),
            verdict_after: after.map(|alert| alert.verdict),
            differs: before.zip(after).map_or_else(Vec::new, |(before, after)| differing(before, after)),
            cause,
            alert: after,
            before,
        })
    }

    /// Whether only its wording changed.
    pub fn is_reworded(&self) -> bool {
        self.change == "changed" && self.differs.iter().all(|field| WORDING.contains(field))
    }
}

/// The fields in which two lines of one alert are different.
fn differing(a: &AlertLine, b: &AlertLine) -> Vec<&'static str> {
    let fields = [
        ("rule_version", a.rule_version != b.rule_version),
        ("family", a.family != b.family),
        ("phase", a.phase != b.phase),
        ("verdict", a.verdict != b.verdict),
        ("severity", a.severity != b.severity),
        ("subject", a.subject != b.subject),
        ("institution", a.institution != b.institution),
        ("occurred", a.occurred != b.occurred),
        ("amount", a.amount != b.amount),
        ("counted_amount", a.counted_amount != b.counted_amount),
        ("evidence", a.evidence != b.evidence),
        ("message", a.message != b.message),
        ("basis", a.basis != b.basis),
        ("exempted_by", a.exempted_by != b.exempted_by),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

/// How many alerts changed, and what they counted. Money in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
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

impl Sum {
    fn note(&mut self, line: &Line<'_>, before: i64, after: i64) {
        match line.change {
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
    pub change: &'static str,
    /// Its rule.
    pub rule: String,
    /// fixmedins_code, if it has one.
    pub institution: Option<String>,
    /// Fields that are different.
    pub differs: Vec<&'static str>,
    /// Counted amount before and after, yuan.
    pub counted: [Option<String>; 2],
    /// Amount before and after, yuan.
    pub amount: [Option<String>; 2],
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
type Sort = (&'static str, Vec<Cause>, &'static str);

/// What was heard.
#[derive(Default)]
pub struct Changes {
    /// All of them.
    pub all: Sum,
    /// By rule.
    pub by_rule: BTreeMap<String, Sum>,
    /// By the institutions whose money it is; an alert of several counts at each, its money where it lies.
    pub by_institution: BTreeMap<String, Sum>,
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

    /// Hears of a change.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn hear(&mut self, change: &Change, cause: &[Cause]) -> Result<(), Error> {
        let Some(line) = Line::of(change, cause) else { return Ok(()) };
        self.lines.iter_mut().try_for_each(|file| file.line(&line))?;
        let money =
            |stood: &Option<Snapshot>| stood.as_ref().map_or((0, 0), |stood| (stood.amount, stood.counted));
        let (before, after) = (money(&change.before), money(&change.after));
        self.all.note(&line, before.1, after.1);
        self.by_rule.entry(line.rule.to_owned()).or_default().note(&line, before.1, after.1);
        let mut shares: BTreeMap<&str, [Share; 2]> = BTreeMap::new();
        for (side, stood) in [&change.before, &change.after].into_iter().enumerate() {
            for (code, share) in stood.iter().flat_map(|stood| &stood.shares) {
                shares.entry(code).or_default()[side] = *share;
            }
        }
        for (code, [old, new]) in shares {
            self.by_institution.entry(code.to_owned()).or_default().note(&line, old.counted, new.counted);
        }
        let weight = ((after.1 - before.1).saturating_abs(), (after.0 - before.0).saturating_abs());
        self.keep(&line, weight);
        Ok(())
    }

    fn keep(&mut self, line: &Line<'_>, weight: (i64, i64)) {
        let sort: Sort = (line.change, line.cause.to_vec(), respect(line));
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
fn respect(line: &Line<'_>) -> &'static str {
    let fields = ["exempted_by", "verdict", "severity", "amount", "evidence", "counted_amount"];
    let weightiest = fields.into_iter().find(|field| line.differs.contains(field));
    weightiest.unwrap_or_else(|| line.differs.first().copied().unwrap_or_default())
}

fn sample(line: &Line<'_>, (counted, amount): (i64, i64)) -> Sample {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let message = line.alert.or(line.before).map(|alert| &alert.message);
    Sample {
        weight: std::cmp::Reverse((counted, amount)),
        alert_id: line.alert_id.to_owned(),
        change: line.change,
        rule: line.rule.to_owned(),
        institution: owned(line.institution),
        differs: line.differs.clone(),
        counted: [owned(line.counted_before), owned(line.counted_after)],
        amount: [owned(line.amount_before), owned(line.amount_after)],
        cause: line.cause.to_vec(),
        message: message.map_or_else(Default::default, |message| [message.zh.clone(), message.en.clone()]),
        of_its_sort: 0,
    }
}
