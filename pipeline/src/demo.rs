//! `fundwatch demo`: a small region with planted cases, run through the built-in rules, and a few of the alerts
//! as an inspector reads them.

mod live;

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ::synth::{Recipe, Report, Schemes};
use rulebank::{Rule, Text2};
use serde::Deserialize;
use wire::Alert;
use wire::visible::visible_path;

use crate::args::{DemoArgs, RunArgs};
use crate::error::Error;
use crate::run::Outcome;
use crate::scratch::Scratch;
use crate::{report, run, synth};
use reports::number::{grouped, yuan};

/// The region: small enough for a few seconds, large enough for every scheme.
const VISITS: u64 = 3_000;
const MONTHS: u32 = 6;
const SEED: u64 = 735;
/// A dozen ticks, so that alerts rise, change and go.
const TICK_LINES: u64 = 4_000;
/// Alerts that are shown in full.
const EXAMPLES: usize = 4;
/// Records of the evidence that are named; a group of travelling patients has many.
const EVIDENCE: usize = 6;

/// Makes the region, runs it, and shows what came out.
///
/// # Errors
/// A folder or file that cannot be written, or what ends a run.
pub fn demo(args: &DemoArgs) -> Result<String, Error> {
    let temporary = args.out.is_none().then(|| Scratch::new("demo")).transpose()?;
    let kept = args.out.as_deref();
    let folder = kept.or(temporary.as_ref().map(Scratch::path)).unwrap_or(Path::new("."));
    if args.live {
        live::live(args, folder)?;
        return Ok(String::new());
    }
    let recipe = Recipe { seed: SEED, visits: VISITS, months: MONTHS, schemes: Schemes::All, strength: 1.0 };
    let region = synth::make(&recipe, folder, args.force, false)?;
    let outcome = run::run(&RunArgs {
        paths: vec![folder.join("records/changes.ndjson")],
        out: folder.join("out"),
        rules: Some(folder.join("rules")),
        as_of: None,
        workers: 1,
        tick: TICK_LINES,
        force: args.force,
        quiet: false,
    })?;
    let planted = planted(&folder.join("truth.ndjson"))?;
    Ok(page(&region, &outcome, &planted, kept))
}

/// A planted case, as far as it can be compared with alerts.
#[derive(Deserialize)]
struct Planted {
    case_id: String,
    scheme: String,
    rule: String,
    key: Vec<String>,
}

fn planted(path: &Path) -> Result<Vec<Planted>, Error> {
    let failed = |source| Error::read(path, source);
    let text = fs::read_to_string(path).map_err(failed)?;
    let case = |line| serde_json::from_str(line).map_err(|error| failed(io::Error::from(error)));
    text.lines().map(case).collect()
}

fn page(region: &Report, outcome: &Outcome, planted: &[Planted], kept: Option<&Path>) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "A region was made up: {} visits in {MONTHS} months with {} fee lines, and {} cases planted in it.\n",
        grouped(region.visits),
        grouped(region.fee_lines),
        grouped(region.cases),
    );
    text.push_str(&report::results(outcome));
    compare(outcome, planted, &mut text);
    let examples = examples(outcome);
    let _ = writeln!(text, "\n{} of the alerts, as an inspector reads them", examples.len());
    for (alert, rule) in examples {
        show(alert, rule, &mut text);
    }
    text.push_str(&where_to_look(kept, outcome));
    text
}

/// How many of the planted cases were found, and what else was.
fn compare(outcome: &Outcome, planted: &[Planted], text: &mut String) {
    let alerts: BTreeSet<(&str, &[String])> =
        outcome.alerts.iter().map(|alert| (alert.rule.as_str(), alert.key.as_slice())).collect();
    let cases: BTreeSet<(&str, &[String])> =
        planted.iter().map(|case| (case.rule.as_str(), case.key.as_slice())).collect();
    let (found, missed): (Vec<&Planted>, Vec<&Planted>) =
        planted.iter().partition(|case| alerts.contains(&(case.rule.as_str(), case.key.as_slice())));
    let _ = writeln!(
        text,
        "\nplanted    {} of {} findings raised; {} alerts beyond them",
        grouped(found.len() as u64),
        grouped(planted.len() as u64),
        grouped(alerts.difference(&cases).count() as u64),
    );
    for case in missed {
        let _ = writeln!(text, "           missed: {} {} {}", case.case_id, case.rule, case.scheme);
    }
}

/// The dearest alert of each family, the dearest first.
fn examples(outcome: &Outcome) -> Vec<(&Alert, &Rule)> {
    let mut alerts: Vec<_> = outcome.alerts.iter().collect();
    alerts.sort_by_key(|alert| Reverse((alert.counted_amount, alert.amount)));
    let mut families = BTreeSet::new();
    alerts
        .into_iter()
        .filter(|alert| families.insert(&alert.family))
        .filter_map(|alert| Some((alert, outcome.bank.rule(&alert.rule)?)))
        .take(EXAMPLES)
        .collect()
}

/// One alert in full: what, how much, on which records, why it is wrong, and what to do.
fn show(alert: &Alert, rule: &Rule, text: &mut String) {
    let place = alert.institution.as_deref().unwrap_or("several institutions");
    let _ = writeln!(
        text,
        "\n{}  {} · {}\n     {}, {} severity · {} · {place} · {} yuan, of which {} count here",
        alert.rule,
        rule.title.zh,
        rule.title.en,
        alert.verdict,
        alert.severity,
        alert.occurred,
        yuan(alert.amount.fen()),
        yuan(alert.counted_amount.fen()),
    );
    line("found", [&alert.message.zh, &alert.message.en], text);
    let Text2 { zh, en } = &rule.why;
    line("why", [zh, en], text);
    line("basis", &alert.basis, text);
    let named = alert.evidence.iter().take(EVIDENCE).map(|record| format!("{} {}", record.kind, record.key));
    let mut evidence = named.collect::<Vec<_>>().join(", ");
    if alert.evidence.len() > EVIDENCE {
        let _ = write!(evidence, " and {} more", alert.evidence.len() - EVIDENCE);
    }
    line("evidence", [&evidence], text);
    let Text2 { zh, en } = &rule.next_step;
    line("next", [zh, en], text);
}

fn line<'a>(heading: &str, paragraphs: impl IntoIterator<Item = &'a String>, text: &mut String) {
    let lines = paragraphs.into_iter().flat_map(|paragraph| paragraph.trim().lines());
    for (nth, line) in lines.enumerate() {
        let heading = if nth == 0 { heading } else { "" };
        let _ = writeln!(text, "     {heading:<9} {line}");
    }
}

fn where_to_look(kept: Option<&Path>, outcome: &Outcome) -> String {
    let mut text = String::new();
    match kept {
        Some(folder) => {
            text.push_str(&report::outputs(&folder.join("out")));
            let truth: PathBuf = folder.join("truth.ndjson");
            let _ = writeln!(text, "planted  {}", visible_path(&truth));
        }
        None => {
            text.push_str("\nfiles    fundwatch demo --out DIR keeps records, tables, truth and outputs\n")
        }
    }
    if let Some(rule) = outcome.bank.rules.first() {
        let _ = writeln!(text, "rules    fundwatch rules list; fundwatch rules show {}", rule.id);
    }
    text.push_str("yours    fundwatch run PATH... --out DIR; fundwatch synth --help makes larger regions\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_keeps_its_lines_below_one_heading() {
        let mut text = String::new();
        line("why", [&"One.\nTwo.\n".to_owned(), &"Three.".to_owned()], &mut text);
        assert_eq!(text, "     why       One.\n               Two.\n               Three.\n");
    }
}
