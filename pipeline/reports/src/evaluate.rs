//! `fundwatch eval`: the alerts of a run against what is true of them, as `report.json`, `report.html` and a summary.
//!
//! The files of a run are read once, alerts and their owners side by side; what is kept of an alert is a few words.
//! The candidate list is made as `fundwatch list` makes it, but as if no decision had come back: a list that knows
//! the answers states nothing about lists.

mod control;
mod page;
mod read;
mod request;
mod summary;
mod words;

pub use request::EvalRequest;

use std::collections::BTreeMap;

use eval::judgement::report::Report;
use eval::judgement::{Judgement, Ranked, RuleFacts, Settings};
use records::time::parse_time;
use rulebank::{Bank, DetectorSpec, Verdict};
use selection::candidate::RankingBuilder;
use selection::chance::{Chances, verdict};
use selection::decision::Decisions;
use selection::effort::Effort;
use selection::period::Period;
use selection::subject::SubjectKind;
use wire::{Alert, Institution, LineReader, Owners, files};

use crate::error::Error;
use crate::list::files::draw_path;
use crate::list::ndjson::pretty;
use crate::outputs::{Maker, check_files, publish_files};
use crate::run_folder::RunFolder;
use request::{HTML, JSON};

/// The detector through which models report.
const MODELS: &str = "outlier";

/// Judges a run; gives the summary for stdout.
///
/// # Errors
/// A folder that no run wrote, a file that is missing or has a wrong line, a report that cannot be written.
pub fn evaluate(args: &EvalRequest, specs: &'static [DetectorSpec]) -> Result<String, Error> {
    let lang = args.lang;
    let draw = args.list.as_deref().map(draw_path);
    let named = [Some(&args.truth), args.list.as_ref(), draw.as_ref(), args.effort.as_ref()];
    let maker = Maker::new("eval", args.force).reading_run(&args.from).reading(named.into_iter().flatten());
    let [json, html] = [JSON, HTML].map(|name| args.out.join(name));
    check_files([&json, &html], &maker)?;
    let kept = RunFolder::open(&args.from, specs)?;
    let bank = kept.bank()?;
    let report = judge(args, &kept, &bank)?;
    kept.still()?;
    let page = page::page(&report, &bank, lang).into_bytes();
    publish_files(vec![(json, pretty(&report)), (html, page)], &maker)?;
    Ok(summary::summary(&report, &args.out, lang))
}

/// The judgement on a run.
fn judge(args: &EvalRequest, kept: &RunFolder, bank: &Bank) -> Result<Report, Error> {
    let run = kept.run.now.as_deref();
    let now = run.map(|text| parse_time(text).ok_or_else(|| read::wrong(&args.from, "its now is no time")));
    let settings = Settings {
        now: now.transpose()?,
        delay: args.delay,
        negative: args.unlabelled_is_negative,
        seed: args.seed,
    };
    let (truth, labels) = read::truth(args, settings)?;
    let draw = args.list.as_ref().map(|list| control::draw(list, &labels)).transpose()?;
    let mut institutions = Vec::new();
    let mut lines = LineReader::open(&args.from.join(files::INSTITUTIONS))?;
    while let Some(institution) = lines.read::<Institution>()? {
        institutions.push(institution);
    }
    let mut lists = Lists::new(bank, &institutions).map_err(|wrong| read::wrong(&args.from, &wrong))?;
    let facts = rules(bank);
    let mut judgement = Judgement::new(truth, facts.clone(), institutions, settings)
        .map_err(|wrong| read::wrong(&args.from.join(files::INSTITUTIONS), &wrong.to_string()))?;
    // The two files have a line each for every alert.
    let mut owners = LineReader::open(&args.from.join(files::OWNERS))?;
    let mut alerts = LineReader::open(&args.from.join(files::ALERTS))?;
    while let Some(alert) = alerts.read::<Alert>()? {
        let of_alert: Owners = owners.read()?.ok_or_else(|| {
            owners.wrong("it ends before alerts.ndjson does; each alert has a line in both")
        })?;
        let chance = lists.chances.probability(&alert.rule, verdict(&alert.verdict));
        let model = facts.get(&alert.rule).is_some_and(|facts| facts.model);
        let taken = lists.take(&alert, &of_alert, model);
        let taken = taken
            .and_then(|()| judgement.add_alert(&alert, &of_alert, chance).map_err(|wrong| wrong.to_string()));
        taken.map_err(|wrong| owners.wrong(format!("{wrong} (or in this line of alerts.ndjson)")))?;
    }
    let effort = match &args.effort {
        None => Effort::built_in(),
        Some(path) => {
            Effort::read(&read::text(path)?).map_err(|wrong| read::wrong(path, &wrong.to_string()))?
        }
    };
    let (with, without) = lists.rank(&effort);
    Ok(judgement.report(&with, &without, draw.as_ref()))
}

/// What the bank states of its rules.
fn rules(bank: &Bank) -> BTreeMap<String, RuleFacts> {
    let facts = |rule: &rulebank::Rule| RuleFacts {
        family: rule.family.code().to_owned(),
        model: rule.detector == MODELS && rule.verdict == Verdict::Indicator,
    };
    bank.rules.iter().map(|rule| (rule.id.clone(), facts(rule))).collect()
}

/// The candidate list, and the one that it would be without models.
struct Lists {
    chances: Chances,
    with: RankingBuilder,
    without: RankingBuilder,
}

impl Lists {
    fn new(bank: &Bank, institutions: &[Institution]) -> Result<Lists, String> {
        let mut chances = Chances::default();
        chances.set_stated(bank);
        let list = || {
            RankingBuilder::new(
                SubjectKind::Institutions,
                Period::default(),
                chances.clone(),
                Decisions::default(),
            )
        };
        let (mut with, mut without) = (list(), list());
        for institution in institutions {
            with.add_institution(institution).map_err(|wrong| wrong.to_string())?;
            without.add_institution(institution).map_err(|wrong| wrong.to_string())?;
        }
        Ok(Lists { chances, with, without })
    }

    fn take(&mut self, alert: &Alert, owners: &Owners, model: bool) -> Result<(), String> {
        self.with.add_alert(alert, owners).map_err(|wrong| wrong.to_string())?;
        if !model {
            self.without.add_alert(alert, owners).map_err(|wrong| wrong.to_string())?;
        }
        Ok(())
    }

    fn rank(self, effort: &Effort) -> (Vec<Ranked>, Vec<Ranked>) {
        let ranked = |list: RankingBuilder| {
            let candidates = list.rank(effort).candidates.into_iter();
            candidates.map(|of| Ranked { code: of.id, expected: of.totals.expected_fen }).collect()
        };
        (ranked(self.with), ranked(self.without))
    }
}
