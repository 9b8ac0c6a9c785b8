//! A rule: a detector with its parameters, and everything a person must know to act on what it finds.
//!
//! Written as one TOML file (see the README of this crate). What is read here is checked: a [`Rule`] has both
//! languages, a known detector, every parameter within its limits, and cases of the kind that they state.

use std::collections::BTreeMap;

use records::time;
use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue};

use crate::case::{self, Case};
use crate::error::{BankError, Mistake, Source};
use crate::readers::{Readers, RuleCell};
use crate::section::{At, Section, as_written, text_of};
use crate::word::{Family, Phase, Severity, Status, Verdict};
use crate::{Confirmed, DetectorSpec, Param, ParamKind, confirmed, hint, message};

/// A rule as it runs.
///
/// The cases are not part of what is written out: they hold the rule when the bank is tested, not later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The id, a capital letter and two digits, such as `A05`.
    pub id: String,
    /// The version that judged; the newest change of the file has the same.
    pub version: String,
    /// Its name in both languages.
    pub title: Text2,
    /// What sort of misuse it looks for.
    pub family: Family,
    /// How sure its findings are of the fact.
    pub verdict: Verdict,
    /// How much its findings weigh.
    pub severity: Severity,
    /// When it can judge, the earliest first.
    pub phases: Vec<Phase>,
    /// Where it stands in its life.
    pub status: Status,
    /// How many alerts of it the live service feeds on a day at the most; the rest is held in its queue. No finding and
    /// no alert depends on it.
    #[serde(default)]
    pub alert_budget: Option<u64>,
    /// The detector that looks.
    pub detector: String,
    /// Laws and policies, each with its article.
    pub basis: Vec<String>,
    /// Every parameter of the detector, those that the file leaves out with their defaults.
    pub params: BTreeMap<String, Param>,
    /// Where its detector looks back without end: for so many days at the most, in a service that lets old records go.
    #[serde(default)]
    pub looks_back_days: Option<i64>,
    /// How often its findings hold up, as far as nobody has decided yet.
    pub confirmed: Confirmed,
    /// What it cannot see.
    pub misses: Vec<Text2>,
    /// What may lawfully explain a finding.
    pub excuses: Vec<Text2>,
    /// Ids of the exemptions that may let its findings off; each of them names the rule in turn.
    #[serde(default)]
    pub exemptions: Vec<String>,
    /// What an inspector does first.
    pub next_step: Text2,
    /// The sentence of a finding, a template with `{value}` names.
    pub message: Text2,
    /// Why this is not allowed, and why it is looked for in this way.
    pub why: Text2,
    /// The cases that hold it to its word.
    #[serde(skip)]
    pub cases: Vec<Case>,
    /// Its versions, the newest last.
    pub changes: Vec<RuleChange>,
    /// The file it stands in.
    pub source_file: String,
}

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text2 {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// One version of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleChange {
    /// The version it led to.
    pub version: String,
    /// The day, `YYYY-MM-DD`.
    pub on: String,
    /// What became different, and why.
    pub why: String,
}

/// A rule file as it was read, before the bank as a whole is known.
pub(crate) struct Draft {
    /// The id that the file states, even if something else in it is wrong.
    pub(crate) id: Option<String>,
    /// The detector that it names.
    pub(crate) detector: Option<String>,
    /// The rule, unless the file lacks something without which there is none.
    pub(crate) rule: Option<Rule>,
    /// The `rule` cells of the tables in its cases.
    pub(crate) rule_cells: Vec<RuleCell>,
    /// What is wrong with it so far.
    pub(crate) mistakes: Vec<Mistake>,
}

impl Draft {
    /// The rule, once it is known which rules read which table.
    ///
    /// # Errors
    /// Everything that is wrong with the file, in its order.
    pub(crate) fn finish(
        mut self,
        source: Source<'_>,
        readers: &Readers<'_>,
    ) -> Result<Rule, Vec<BankError>> {
        self.mistakes.extend(self.rule_cells.iter().filter_map(|cell| readers.check(cell)));
        match self.rule {
            Some(rule) if self.mistakes.is_empty() => Ok(rule),
            _ => {
                self.mistakes.sort_by_key(|mistake| mistake.span.start);
                Err(self.mistakes.into_iter().map(|mistake| source.error(mistake)).collect())
            }
        }
    }
}

/// Reads one rule file.
pub(crate) fn read(source: Source<'_>, detectors: &[DetectorSpec]) -> Draft {
    let (document, faults) = DeTable::parse_recoverable(source.text);
    let (id, detector) = (text_of(document.get_ref(), "id"), text_of(document.get_ref(), "detector"));
    let mut draft = Draft { id, detector, rule: None, rule_cells: Vec::new(), mistakes: Vec::new() };
    if faults.is_empty() {
        draft.rule =
            read_document(source, document.get_ref(), detectors, &mut draft.rule_cells, &mut draft.mistakes);
    } else {
        let place = |fault: &toml::de::Error| fault.span().unwrap_or(0..0);
        draft.mistakes = faults.iter().map(|f| Mistake::new(place(f), f.message())).collect();
    }
    draft
}

fn read_document<'d>(
    source: Source<'_>,
    document: &'d DeTable<'d>,
    detectors: &[DetectorSpec],
    rule_cells: &mut Vec<RuleCell>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Rule> {
    let mut file = Section::new(document, 0..0, "the rule");
    // What the rule is.
    let id = file.text("id", mistakes);
    check_id(&id, mistakes);
    let version = file.text("version", mistakes);
    let title = both(&mut file, "title", mistakes);
    let family = file.word::<Family>("family", mistakes);
    let verdict = file.word::<Verdict>("verdict", mistakes);
    let severity = file.word::<Severity>("severity", mistakes);
    let phases = file.words::<Phase>("phases", mistakes);
    check_phases(&phases, mistakes);
    let status = file.word::<Status>("status", mistakes);
    let alert_budget = file.count_if_any("alert_budget", mistakes);
    // What finds it, with which parameters, and how often it was confirmed.
    let detector = file.text("detector", mistakes);
    let spec = known_detector(&detector, detectors, mistakes);
    let basis = file.texts("basis", mistakes);
    let params = read_params(file.section_if_any("params", mistakes), spec, mistakes);
    let looks_back_days = read_days(&mut file, "looks_back_days", mistakes);
    let stated = file.section_if_any("confirmed", mistakes);
    let weakest = verdict.as_ref().map_or(Verdict::Indicator, |verdict| verdict.value);
    let confirmed = confirmed::read(stated, weakest, mistakes);
    // What people are told: what it misses and excuses, what to do next, the message of an alert.
    let misses = sentences(&mut file, "misses", mistakes);
    let excuses = sentences(&mut file, "excuses", mistakes);
    let exemptions = file.texts_if_any("exemptions", mistakes);
    let next_step = both(&mut file, "next-step", mistakes);
    let message = both(&mut file, "message", mistakes);
    if let (Some(spec), Some(languages)) = (spec, &message) {
        check_message(source, spec, languages, mistakes);
    }
    let why = both(&mut file, "why", mistakes);
    // How it came about, and the cases that hold it.
    let changes = read_changes(&mut file, &version, mistakes);
    let sections = file.sections("case", mistakes);
    let cases = sections
        .into_iter()
        .filter_map(|section| case::read(source, section, rule_cells, mistakes))
        .collect();
    file.close(mistakes);
    // Where a part that every rule has is missing, the mistake is noted and there is no rule.
    Some(Rule {
        id: id.value,
        version: version.value,
        title: text2(title?),
        family: family?.value,
        verdict: verdict?.value,
        severity: severity?.value,
        phases: phases.into_iter().map(|phase| phase.value).collect(),
        status: status?.value,
        alert_budget,
        detector: detector.value,
        basis,
        params,
        looks_back_days,
        confirmed,
        misses,
        excuses,
        exemptions: exemptions.into_iter().map(|id| id.value).collect(),
        next_step: text2(next_step?),
        message: text2(message?),
        why: text2(why?),
        cases,
        changes,
        source_file: source.file.to_owned(),
    })
}

/// A table with a Chinese and an English text.
pub(crate) fn both(
    file: &mut Section<'_>,
    key: &str,
    mistakes: &mut Vec<Mistake>,
) -> Option<[At<String>; 2]> {
    Some(languages(file.section(key, mistakes)?, mistakes))
}

/// A list of such tables, with at least one in it.
fn sentences(file: &mut Section<'_>, key: &str, mistakes: &mut Vec<Mistake>) -> Vec<Text2> {
    let sections = file.sections_needed(key, mistakes);
    sections.into_iter().map(|section| text2(languages(section, mistakes))).collect()
}

fn languages(mut section: Section<'_>, mistakes: &mut Vec<Mistake>) -> [At<String>; 2] {
    let languages = ["zh", "en"].map(|language| section.text(language, mistakes));
    section.close(mistakes);
    languages
}

pub(crate) fn text2(languages: [At<String>; 2]) -> Text2 {
    let [zh, en] = languages.map(|text| text.value.trim().to_owned());
    Text2 { zh, en }
}

fn check_id(id: &At<String>, mistakes: &mut Vec<Mistake>) {
    let shape = matches!(id.value.as_bytes(), [letter, tens, ones]
        if letter.is_ascii_uppercase() && tens.is_ascii_digit() && ones.is_ascii_digit());
    if !shape && !id.value.is_empty() {
        mistakes.push(
            Mistake::new(id.span.clone(), format!("`{}` is no rule id", id.value))
                .hint("an id is a capital letter and two digits, such as A05"),
        );
    }
}

fn check_phases(phases: &[At<Phase>], mistakes: &mut Vec<Mistake>) {
    for pair in phases.windows(2) {
        if pair[1].value <= pair[0].value {
            mistakes.push(
                Mistake::new(pair[1].span.clone(), "the phases are out of order")
                    .hint("each once, in the order pre, mid, post"),
            );
        }
    }
}

fn known_detector<'s>(
    detector: &At<String>,
    detectors: &'s [DetectorSpec],
    mistakes: &mut Vec<Mistake>,
) -> Option<&'s DetectorSpec> {
    let spec = detectors.iter().find(|spec| spec.name == detector.value);
    if spec.is_none() && !detector.value.is_empty() {
        let hint = hint::for_word(&detector.value, detectors.iter().map(|spec| spec.name));
        mistakes.push(
            Mistake::new(detector.span.clone(), format!("there is no detector `{}`", detector.value))
                .hint(hint),
        );
    }
    spec
}

fn read_params(
    section: Option<Section<'_>>,
    spec: Option<&DetectorSpec>,
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<String, Param> {
    let Some(spec) = spec else { return BTreeMap::new() };
    let mut params = spec.defaults();
    for (name, value) in section.map(|mut section| section.entries()).unwrap_or_default() {
        let Some(param) = spec.params.iter().find(|param| param.name == name.value) else {
            let what = format!("detector {} has no parameter `{}`", spec.name, name.value);
            let hint = hint::for_word(name.value, spec.params.iter().map(|param| param.name));
            mistakes.push(Mistake::new(name.span, what).hint(hint));
            continue;
        };
        let read = match as_written(value.value) {
            Some(text) => param.kind.read(&text),
            None => Err("this is no parameter value".to_owned()),
        };
        match read {
            Ok(read) => drop(params.insert(param.name.to_owned(), read)),
            Err(what) => {
                let hint = format!("{}: {}", param.name, param.kind.range());
                mistakes.push(Mistake::new(value.span, what).hint(hint));
            }
        }
    }
    params
}

/// A whole number of days, if the file has the key.
fn read_days(file: &mut Section<'_>, key: &str, mistakes: &mut Vec<Mistake>) -> Option<i64> {
    /// A century: farther back there are no records.
    const DAYS: ParamKind = ParamKind::Integer { min: 1, max: 36_525 };
    let found = file.get(key)?;
    match as_written(found.value).map_or_else(|| Err("this is no number".to_owned()), |text| DAYS.read(&text))
    {
        Ok(Param::Integer(days)) => Some(days),
        Ok(_) => None,
        Err(what) => {
            mistakes.push(Mistake::new(found.span, what).hint(format!("{key}: {}", DAYS.range())));
            None
        }
    }
}

fn check_message(
    source: Source<'_>,
    spec: &DetectorSpec,
    languages: &[At<String>; 2],
    mistakes: &mut Vec<Mistake>,
) {
    let mut known = spec.values.to_vec();
    known.push("amount");
    for text in languages {
        for mut mistake in message::check(&text.value, &known) {
            mistake.span = source.inside(&text.span, &text.value, &mistake.span);
            mistakes.push(mistake);
        }
    }
}

fn read_changes(
    file: &mut Section<'_>,
    version: &At<String>,
    mistakes: &mut Vec<Mistake>,
) -> Vec<RuleChange> {
    let mut changes: Vec<RuleChange> = Vec::new();
    let before = mistakes.len();
    for mut section in file.sections("change", mistakes) {
        let version = section.text("version", mistakes).value;
        let on = section.get("on");
        let why = section.text("why", mistakes).value.trim().to_owned();
        let (span, day) = match on {
            Some(At { value: DeValue::Datetime(when), span }) => (span, Some(when.to_string())),
            Some(At { span, .. }) => (span, None),
            None => (section.span.clone(), None),
        };
        section.close(mistakes);
        let Some(on) = day.filter(|day| time::parse_date(day).is_some()) else {
            mistakes.push(Mistake::new(span, "a change needs its day").hint("on = 2026-11-22"));
            continue;
        };
        // The order is that of time, so that the newest stands last.
        if changes.last().is_some_and(|last| last.on > on) {
            mistakes
                .push(Mistake::new(span, "the changes are out of order").hint("the newest one stands last"));
        }
        changes.push(RuleChange { version, on, why });
    }
    // The newest change made the version that the rule states.
    let newest = changes.last().map(|change| change.version.as_str());
    let readable = mistakes.len() == before && !version.value.is_empty();
    if readable && newest != Some(version.value.as_str()) {
        let what = match newest {
            Some(newest) => format!("the version is {}, the newest change made {newest}", version.value),
            None => "the rule has no [[change]]".to_owned(),
        };
        mistakes.push(
            Mistake::new(version.span.clone(), what).hint("a [[change]] says what became different, and why"),
        );
    }
    changes
}
