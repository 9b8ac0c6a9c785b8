//! What a run came to, as a table that a person reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use reports::number::{grouped, yuan};
use wire::summary::{DatedRecord, ExemptedSum};
use wire::visible::{visible, visible_path};

use crate::run::{Outcome, per_second};

/// The table at the end of a run, and where its files are.
pub fn table(outcome: &Outcome, out: &Path) -> String {
    results(outcome) + &outputs(out)
}

/// What came in and what came out.
pub fn results(outcome: &Outcome) -> String {
    let mut text = String::new();
    let total = &outcome.total;
    let lines = total.accepted + total.duplicate + total.rejected;
    let _ = writeln!(
        text,
        "{} lines in {:.1} s ({}/s): {} accepted ({} stale), {} duplicates, {} rejected",
        grouped(lines),
        outcome.elapsed_s,
        grouped(per_second(lines, outcome.elapsed_s)),
        grouped(total.accepted),
        grouped(total.stale),
        grouped(total.duplicate),
        grouped(total.rejected),
    );
    text.push('\n');
    alerts(outcome, &mut text);
    exempted(outcome, &mut text);
    not_judged(outcome, &mut text);
    without_rows(outcome, &mut text);
    rejected(outcome, &mut text);
    files(outcome, &mut text);
    future(outcome, &mut text);
    text
}

/// The files of a run.
pub fn outputs(out: &Path) -> String {
    let mut text = format!("\noutputs  {}\n", visible_path(out));
    for (name, what) in [
        ("alerts.ndjson", "the alerts that stand"),
        ("shadow.ndjson", "what shadow rules find, beside them"),
        ("events.ndjson", "how they came, changed and went, each with its cause"),
        ("rejected.ndjson", "lines that could not be taken, with the reason"),
        ("coverage.json", "what was judged and what was not"),
        ("summary.json", "counts and money"),
        ("explain/", "what `fundwatch explain ALERT_ID --from` this folder needs"),
    ] {
        let _ = writeln!(text, "         {name:<16} {what}");
    }
    text
}

fn alerts(outcome: &Outcome, text: &mut String) {
    let mut by_rule: BTreeMap<&str, (u64, i64, i64)> = BTreeMap::new();
    for alert in outcome.alerts.iter().filter(|alert| alert.exempted_by.is_none()) {
        let (count, amount, counted) = by_rule.entry(&alert.rule).or_default();
        *count += 1;
        *amount = amount.saturating_add(alert.amount.fen());
        *counted = counted.saturating_add(alert.counted_amount.fen());
    }
    let mut rows = vec![["rule", "alerts", "amount", "counted", ""].map(str::to_owned)];
    let mut sum = (0u64, 0i64, 0i64);
    for rule in &outcome.bank.rules {
        let (alerts, amount, counted) = by_rule.get(rule.id.as_str()).copied().unwrap_or_default();
        sum = (sum.0 + alerts, sum.1.saturating_add(amount), sum.2.saturating_add(counted));
        rows.push([
            rule.id.clone(),
            grouped(alerts),
            yuan(amount),
            yuan(counted),
            format!("{}, {}: {}", rule.verdict.code(), rule.severity.code(), rule.title.en),
        ]);
    }
    rows.push([
        "all".to_owned(),
        grouped(sum.0),
        yuan(sum.1),
        yuan(sum.2),
        "each yuan counted once".to_owned(),
    ]);
    let widths: Vec<usize> = (0..4).map(|c| rows.iter().map(|row| row[c].len()).max().unwrap_or(0)).collect();
    for [rule, alerts, amount, counted, title] in &rows {
        let (a, b, c, d) = (widths[0], widths[1], widths[2], widths[3]);
        let _ = writeln!(text, "{rule:<a$}  {alerts:>b$}  {amount:>c$}  {counted:>d$}  {title}");
    }
}

fn exempted(outcome: &Outcome, text: &mut String) {
    let by_rule = outcome.exempted.by_rule.iter().map(|(rule, ExemptedSum { alerts, amount })| {
        let plural = if *alerts == 1 { "" } else { "s" };
        let fen = i64::try_from(amount.0).unwrap_or(i64::MAX);
        format!("{rule}: {} alert{plural}, {} (counts no money)", grouped(*alerts), yuan(fen))
    });
    list(text, "exempted", &by_rule.collect::<Vec<_>>());
    let expired = outcome.exempted.expired.iter().map(|(id, expired)| {
        let (until, after) = (&expired.until, grouped(expired.findings_after));
        format!("exemption {id} ended on {until}; findings after that: {after}")
    });
    list(text, "expired", &expired.collect::<Vec<_>>());
}

fn not_judged(outcome: &Outcome, text: &mut String) {
    let reasons: Vec<String> = outcome
        .coverage
        .iter()
        .flat_map(|(rule, coverage)| {
            let all = coverage.judged + coverage.not_judged.values().sum::<i64>();
            coverage.not_judged.iter().map(move |(reason, n)| {
                let n = n.unsigned_abs();
                let all = all.unsigned_abs();
                format!("{rule}: {} of {} ({reason})", grouped(n), grouped(all))
            })
        })
        .collect();
    list(text, "not judged", &reasons);
}

/// Rules whose tables speak of nothing in the data: what they call clean was not looked at.
fn without_rows(outcome: &Outcome, text: &mut String) {
    let silent = |(rule, coverage): (&String, &wire::RuleCoverage)| {
        (coverage.applicable == Some(0)).then(|| {
            let table = outcome.bank.rule(rule).and_then(detector_table).unwrap_or("its table");
            format!("{rule}: no valid row of {table} speaks of anything in the data")
        })
    };
    list(text, "warning", &outcome.coverage.iter().filter_map(silent).collect::<Vec<_>>());
}

fn detector_table(rule: &rulebank::Rule) -> Option<&'static str> {
    detectors::detector::spec(&rule.detector)?.table
}

fn rejected(outcome: &Outcome, text: &mut String) {
    let codes: Vec<String> =
        outcome.rejected.iter().map(|(code, n)| format!("{code}: {}", grouped(*n))).collect();
    list(text, "rejected", &codes);
}

/// Files of which nothing was taken, and those with lines of another encoding; others are in `summary.json`.
fn files(outcome: &Outcome, text: &mut String) {
    /// So many are named; an export of thousands of parts fails in one way.
    const NAMED: usize = 20;
    let lost = outcome
        .files
        .iter()
        .filter(|file| file.lines.rejected > 0 && file.lines.accepted + file.lines.duplicate == 0);
    let mut lost: Vec<String> = lost
        .map(|file| {
            let code = file.codes.iter().max_by_key(|(_, count)| **count).map_or("", |(code, _)| code);
            let why = visible(file.commonest.as_deref().unwrap_or_default());
            let rows = grouped(file.lines.rejected);
            format!("{}: all of its {rows} rows are rejected, {code}: {why}", visible(&file.file))
        })
        .collect();
    let more = lost.len().saturating_sub(NAMED);
    lost.truncate(NAMED);
    if more > 0 {
        lost.push(format!("and {} more files, see files in summary.json", grouped(more as u64)));
    }
    list(text, "lost", &lost);
    let mixed = outcome.files.iter().filter(|file| file.lines_of_other_encoding > 0);
    let mixed = mixed.map(|file| {
        let encoding = file.encoding.as_deref().unwrap_or_default();
        let lines = grouped(file.lines_of_other_encoding);
        format!("{}: read as {encoding}; {lines} of its lines speak for another", visible(&file.file))
    });
    list(text, "encodings", &mixed.take(NAMED).collect::<Vec<_>>());
}

/// What *now* is, where records are dated later than the day after that of the run.
fn future(outcome: &Outcome, text: &mut String) {
    if outcome.future.records == 0 {
        return;
    }
    let now = outcome.now.as_deref().unwrap_or_default();
    let mut entries = vec![format!(
        "{} records are dated later than tomorrow and do not move now, which is {now}; --as-of sets it",
        grouped(outcome.future.records)
    )];
    let dated = |of: &DatedRecord| format!("{} {}: {}", of.kind, visible(&of.key), of.time);
    entries.extend(outcome.future.latest.iter().map(dated));
    list(text, "future", &entries);
}

fn list(text: &mut String, heading: &str, entries: &[String]) {
    for (nth, entry) in entries.iter().enumerate() {
        let heading = if nth == 0 { heading } else { "" };
        let before = if nth == 0 { "\n" } else { "" };
        let _ = writeln!(text, "{before}{heading:<10} {entry}");
    }
}
