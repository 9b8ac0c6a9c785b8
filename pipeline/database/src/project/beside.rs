//! What is written beside events: where institutions stand, what was rejected, what was judged.

use std::collections::BTreeMap;

use wire::Origin;

use crate::Error;
use crate::backend::Writing;
use crate::journal::Batch;
use crate::statement::{Statement, Value};

const REJECTS: &str = "rejects (number, code, origin_kind, origin_name, origin_partition, origin_place, raw, \
    text, message_key, entered_at)";

const COVERAGE: &str = "coverage (rule, tick, coverage, changed_at)";

/// A rule of which nothing changed keeps its tick.
const COVERAGE_AGAIN: &str = " ON CONFLICT (rule) DO UPDATE SET tick = excluded.tick, \
    coverage = excluded.coverage, changed_at = excluded.changed_at \
    WHERE coverage.coverage <> excluded.coverage";

/// Institutions that stand elsewhere than before, and with them their alerts and incidents.
pub(super) async fn divisions(
    writing: &mut Writing,
    known: &mut BTreeMap<String, String>,
    batch: &Batch<'_>,
) -> Result<(), Error> {
    for (institution, division) in &batch.divisions {
        if known.get(institution) == division.as_ref() {
            continue;
        }
        let mut write = Statement::default();
        match division {
            Some(division) => {
                write.push("INSERT INTO institutions (institution, division) VALUES ");
                write.rows([vec![institution.into(), division.into()]]);
                write.push(" ON CONFLICT (institution) DO UPDATE SET division = excluded.division");
                known.insert(institution.clone(), division.clone());
            }
            None => {
                write.push("DELETE FROM institutions WHERE institution = ").bind(institution);
                known.remove(institution);
            }
        }
        writing.execute(&write).await?;
        for table in ["alerts", "incidents"] {
            let mut moved = Statement::new("UPDATE ");
            moved.push(table).push(" SET division = ").bind(division.as_deref());
            moved.push(" WHERE institution = ").bind(institution);
            writing.execute(&moved).await?;
        }
    }
    Ok(())
}

/// Kind, name and partition of the input, and the place in it.
fn parts(origin: &Origin) -> (&'static str, &str, Option<i64>, u64) {
    if let Some(topic) = &origin.topic {
        return ("topic", topic, origin.partition, origin.offset.unwrap_or(0));
    }
    let line = origin.line.unwrap_or(0);
    match &origin.file {
        Some(file) => ("file", file, None, line),
        None => ("request", origin.request.as_deref().unwrap_or_default(), None, line),
    }
}

/// What was rejected.
pub(super) async fn rejects(writing: &mut Writing, batch: &Batch<'_>) -> Result<(), Error> {
    let rows = batch.rejects.iter().map(|reject| {
        let (kind, name, partition, place) = parts(&reject.line.origin);
        vec![
            reject.number.into(),
            (&*reject.line.code).into(),
            kind.into(),
            name.into(),
            partition.into(),
            place.into(),
            reject.line.raw.get().into(),
            (&reject.line.text).into(),
            Value::from(reject.key.as_ref().map(|key| key.get())),
            (&batch.at).into(),
        ]
    });
    writing.insert(REJECTS, rows.collect(), "").await
}

/// What was judged; rules that are judged no more go.
pub(super) async fn coverage(writing: &mut Writing, batch: &Batch<'_>) -> Result<(), Error> {
    let Some(coverage) = &batch.coverage else { return Ok(()) };
    let texts: Vec<(&String, String)> = coverage
        .rules
        .iter()
        .map(|(rule, of_rule)| Ok((rule, serde_json::to_string(of_rule)?)))
        .collect::<Result<_, serde_json::Error>>()
        .map_err(|source| Error::Line { what: "coverage of tick", number: coverage.tick, source })?;
    let rows = texts
        .iter()
        .map(|(rule, text)| vec![(*rule).into(), coverage.tick.into(), text.into(), (&batch.at).into()]);
    writing.insert(COVERAGE, rows.collect(), COVERAGE_AGAIN).await?;
    let known = writing.rows(&Statement::new("SELECT rule FROM coverage")).await?;
    for row in known {
        let rule = row.text(0)?;
        if !coverage.rules.contains_key(&rule) {
            let mut gone = Statement::new("DELETE FROM coverage WHERE rule = ");
            gone.bind(&rule);
            writing.execute(&gone).await?;
        }
    }
    Ok(())
}
