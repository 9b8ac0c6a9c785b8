//! What the program says beside what the recomputation says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use serde_json::{Value, json};

use crate::oracle::Expected;
use crate::program::{Outcome, RULES, rows};

/// The alert fields that are the program's own: a recomputation has no opinion about them.
const OWN: [&str; 4] = ["alert_id", "rule_version", "message", "basis"];

/// The first thing in which `outcome` and `expected` differ, with both answers.
///
/// # Errors
/// That difference.
pub(crate) fn compare(outcome: &Outcome, expected: &Expected, lines: &[Vec<u8>]) -> Result<(), String> {
    rejected(outcome, expected, lines)?;
    same(
        "summary.in and total",
        &without_idle_kinds(&outcome.summary),
        &without_idle_kinds(&expected.counts),
    )?;
    let standing = rows(&outcome.alerts)?;
    let ids: Vec<&str> = standing.iter().filter_map(|alert| alert["alert_id"].as_str()).collect();
    if ids.len() != standing.len() || !ids.is_sorted_by(|one, next| one < next) {
        return Err("alerts.ndjson is not sorted by alert_id".to_owned());
    }
    alerts(standing.iter(), &expected.alerts)?;
    coverage(outcome, expected)?;
    let money = &outcome.summary["money"];
    let expected_money = json!({"amount": expected.money.0, "counted_amount": expected.money.1});
    same("summary.money", money, &expected_money)?;
    let mut out: BTreeMap<&str, u64> = BTreeMap::new();
    for alert in &expected.alerts {
        *out.entry(alert["rule"].as_str().unwrap_or_default()).or_default() += 1;
    }
    let said: BTreeMap<&str, u64> = outcome.summary["out"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(rule, count)| Some((rule.as_str(), count.as_u64().filter(|count| *count > 0)?)))
        .collect();
    same("summary.out", &said, &out)
}

/// Whether the alerts `standing` are those `expected`, rule by rule and key by key.
///
/// # Errors
/// The alerts that differ, as the program has them and as the recomputation has them.
pub(crate) fn alerts<'a>(
    standing: impl IntoIterator<Item = &'a Value>,
    expected: &[Value],
) -> Result<(), String> {
    let mut said = BTreeMap::new();
    for alert in standing {
        let alert = judged(alert)?;
        if said.insert(identity(&alert), alert.clone()).is_some() {
            return Err(format!("two alerts of one rule and key: {alert}"));
        }
    }
    let recomputed: BTreeMap<String, Value> =
        expected.iter().map(|alert| (identity(alert), alert.clone())).collect();
    let keys: BTreeSet<&String> = said.keys().chain(recomputed.keys()).collect();
    let mut differences = String::new();
    for key in keys {
        let (ours, theirs) = (said.get(key), recomputed.get(key));
        if ours != theirs {
            let text = |alert: Option<&Value>| alert.map_or("nothing".to_owned(), Value::to_string);
            differences +=
                &format!("alert {key}\n  program:    {}\n  recomputed: {}\n", text(ours), text(theirs));
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(differences) }
}

/// `alert` without the fields that are the program's own, after a look that these are there.
fn judged(alert: &Value) -> Result<Value, String> {
    let present = |text: &Value| text.as_str().is_some_and(|text| !text.is_empty());
    let basis = alert["basis"].as_array();
    let whole = present(&alert["alert_id"])
        && present(&alert["rule_version"])
        && present(&alert["message"]["zh"])
        && present(&alert["message"]["en"])
        && basis.is_some_and(|basis| !basis.is_empty() && basis.iter().all(present));
    if !whole {
        return Err(format!("alert_id, rule_version, message or basis is missing: {alert}"));
    }
    let mut alert = alert.clone();
    if let Some(fields) = alert.as_object_mut() {
        for name in OWN {
            fields.remove(name);
        }
    }
    Ok(alert)
}

fn identity(alert: &Value) -> String {
    format!("{} {}", alert["rule"].as_str().unwrap_or("?"), alert["key"])
}

fn coverage(outcome: &Outcome, expected: &Expected) -> Result<(), String> {
    for rule in RULES {
        let Some(theirs) = expected.coverage.get(rule) else { continue };
        let ours = &outcome.coverage[rule];
        let recomputed = json!({"found": theirs.found, "not_judged": theirs.not_judged});
        let said = json!({"found": ours["found"], "not_judged": ours["not_judged"]});
        same(&format!("coverage of {rule}"), &said, &recomputed)?;
        for (name, count) in [("judged", theirs.judged), ("clean", theirs.clean)] {
            if let Some(count) = count {
                same(&format!("coverage of {rule}: {name}"), &ours[name], &json!(count))?;
            }
        }
    }
    Ok(())
}

fn rejected(outcome: &Outcome, expected: &Expected, lines: &[Vec<u8>]) -> Result<(), String> {
    let mut said = Vec::new();
    for row in rows(&outcome.rejected)? {
        let line = row["origin"]["line"].as_u64().and_then(|line| usize::try_from(line).ok()).unwrap_or(0);
        said.push((line, row["code"].as_str().unwrap_or_default().to_owned()));
        let sent = line.checked_sub(1).and_then(|index| lines.get(index)).map_or(&[][..], Vec::as_slice);
        let sent = sent.strip_suffix(b"\r").unwrap_or(sent);
        let kept = match (std::str::from_utf8(sent), &row["raw"]) {
            (Ok(sent), Value::String(raw)) => sent == raw,
            (Err(_), raw) => raw["base64"].is_string(),
            _ => false,
        };
        if !kept
            || row["origin"]["file"] != "changes.ndjson"
            || row["text"].as_str().is_none_or(str::is_empty)
        {
            return Err(format!("line {line} is not told as it was sent: {row}"));
        }
    }
    if said != expected.rejected {
        let ours: BTreeSet<_> = said.iter().collect();
        let theirs: BTreeSet<_> = expected.rejected.iter().collect();
        let mut differences = String::new();
        for (line, code) in ours.symmetric_difference(&theirs) {
            let side = if ours.contains(&&(*line, code.clone())) { "program" } else { "recomputed" };
            let sent = lines.get(line - 1).map_or("".into(), |line| String::from_utf8_lossy(line));
            differences += &format!("rejected, only {side}: line {line} {code}: {sent}\n");
        }
        return Err(if differences.is_empty() {
            format!("rejected in another order: {said:?}")
        } else {
            differences
        });
    }
    Ok(())
}

/// `in` and `total`, without the kinds of which nothing came.
pub(crate) fn without_idle_kinds(counts: &Value) -> Value {
    let busy =
        |counts: &Value| counts.as_object().is_some_and(|counts| counts.values().any(|n| n != &json!(0)));
    let kinds: BTreeMap<&String, &Value> =
        counts["in"].as_object().into_iter().flatten().filter(|(_, counts)| busy(counts)).collect();
    json!({"in": kinds, "total": counts["total"]})
}

/// `Ok` if both are equal.
///
/// # Errors
/// Both, under the name of `what`.
pub(crate) fn same<T: PartialEq + Debug>(what: &str, program: &T, other: &T) -> Result<(), String> {
    if program == other {
        return Ok(());
    }
    Err(format!("{what}\n  program: {program:?}\n  other:   {other:?}"))
}
