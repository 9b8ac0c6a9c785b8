//! `GET /v1/alerts/{alert_id}/explanation`: why an alert stands, as `fundwatch explain` says it of a run.
//!
//! The live loop only takes from the view what belongs together, and between two ticks; texts are made of it here. So
//! alert, records and money are those of one tick, and the history is that of the database up to it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use database::{AlertHistory, Revision};
use detectors::alert_view::Found;
use detectors::detector::SPECS;
use records::arena::TextRef;
use reports::explain::{Parts, explanation, page};
use rulebank::Lang;
use serde::{Deserialize, Serialize};
use wire::explanation::Explanation;
use wire::{Alert, HistoryEntry};

use super::alerts::{no_alert, visible};
use super::{App, Asked, Problem, at_length};
use crate::about::SHADOW;
use crate::access::viewer::Viewer;

/// How often it is asked again when the alert changed meanwhile; then it is told as it was.
const TRIES: u32 = 4;

/// In which language the text is; JSON has both.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Asks {
    lang: Option<String>,
}

/// An explained alert of a running service.
#[derive(Serialize)]
struct Explained {
    /// `standing`, `withdrawn`, `aged`, `held` or `shadow`.
    state: String,
    /// The tick as of which it is.
    tick: u64,
    #[serde(flatten)]
    explanation: Explanation,
}

fn language(asked: Option<&str>) -> Result<Lang, Problem> {
    match asked {
        None | Some("zh") => Ok(Lang::Zh),
        Some("en") => Ok(Lang::En),
        Some(_) => Err(Problem::bad_request("lang: zh or en")),
    }
}

/// Whether whoever asks likes text better than JSON.
fn is_text_wanted(headers: &HeaderMap) -> bool {
    let (mut text, mut json) = (0.0f32, 0.0f32);
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    for range in accepted.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|of| of.strip_prefix("q=")).map_or(Ok(1.0), str::parse);
        let Ok(quality) = quality else { continue };
        match media_type.as_str() {
            "text/plain" | "text/*" => text = text.max(quality),
            "application/json" | "application/*" | "*/*" => json = json.max(quality),
            _ => {}
        }
    }
    text > json
}

/// The alert as the view has it after the last tick, which is named.
async fn found(app: &App, alert: &Alert, shadow: bool) -> Result<(u64, Option<Found>), Problem> {
    let (rule, key) = (alert.rule.clone(), alert.key.clone());
    let looked = app.inbox.ask(move |engine| {
        let tick = engine.front.last_tick();
        let ledger = &*engine.front.ledger();
        let key: Vec<(String, Option<TextRef>)> =
            key.into_iter().map(|part| (part.clone(), ledger.find(&part))).collect();
        Ok((tick, engine.look(move |view| view.found(&rule, &key, shadow))?))
    });
    Ok(looked.await?)
}

/// What happened up to a tick, as a viewer may know of it.
fn history(revisions: Vec<Revision>, tick: u64, viewer: &Viewer) -> Vec<HistoryEntry> {
    let shown = |of: &Revision| viewer.sees_shadow() || of.aside.as_deref() != Some(SHADOW);
    let revisions = revisions.into_iter().filter(|of| of.tick <= tick && shown(of));
    revisions.map(|of| HistoryEntry { event: of.event.into(), tick: of.tick, cause: of.causes }).collect()
}

/// An alert and what explains it.
pub(super) async fn explained(
    State(app): State<App>,
    viewer: Viewer,
    Path(alert_id): Path<String>,
    Asked(asks): Asked<Asks>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let lang = language(asks.lang.as_deref())?;
    let mut stored = visible(&app, &viewer, &alert_id).await?;
    let mut tries = 0;
    let (tick, found, revisions) = loop {
        let alert: Alert = serde_json::from_str(stored.alert.get()).map_err(crate::Error::from)?;
        let (tick, found) = found(&app, &alert, stored.state == SHADOW).await?;
        let of = app.current_database().await?.history(&alert_id).await?;
        let AlertHistory { alert, revisions } = of.ok_or_else(|| no_alert(&alert_id))?;
        stored = alert;
        tries += 1;
        if tries == TRIES || revisions.iter().all(|of| of.tick <= tick) {
            break (tick, found, revisions);
        }
    };
    let state = stored.state;
    let history = history(revisions, tick, &viewer);
    let parts = match found {
        Some(found) => {
            at_length(move || {
                let told = found.told();
                let (alert, finding) = (told.alert, Some(told.finding));
                let parts = Parts { alert, finding, beside: told.beside, records: told.records, history };
                Ok(explanation(parts, &told.rule, SPECS))
            })
            .await?
        }
        // It does not stand: what is left is what the feed had last, the rule, and what happened.
        None => {
            let alert: Alert = serde_json::from_str(stored.alert.get()).map_err(crate::Error::from)?;
            let bank = app.rules.bank();
            let rule = bank.rule(&alert.rule).ok_or_else(|| {
                Problem::not_found(format!(
                    "alert {alert_id} stands no more, and its rule is in the bank no more; its history says what happened"
                ))
            })?;
            let parts = Parts { alert, finding: None, beside: Vec::new(), records: Vec::new(), history };
            explanation(parts, rule, SPECS)
        }
    };
    let institution = parts.alert.institution.as_deref();
    if !viewer.sees(institution) || state == SHADOW && !viewer.sees_shadow() {
        // It has become another's meanwhile.
        return Err(viewer.foreign(institution, no_alert(&alert_id)));
    }
    let explanation = viewer.explanation(parts);
    let mut response = if is_text_wanted(&headers) {
        page::page(&explanation, Some(&state), lang).into_response()
    } else {
        Json(Explained { state, tick, explanation }).into_response()
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_likes_text_better_gets_text() {
        let of = |accept: &[&'static str]| {
            is_text_wanted(&HeaderMap::from_iter(
                accept.iter().map(|of| (header::ACCEPT, HeaderValue::from_static(of))),
            ))
        };
        for text in
            ["text/plain", "TEXT/PLAIN; charset=utf-8", "text/*", "text/plain, application/json;q=0.9"]
        {
            assert!(of(&[text]), "{text}");
        }
        assert!(of(&["application/json;q=0.1", "text/plain;q=0.5"]));
        for json in [
            "*/*",
            "application/json",
            "text/html",
            "text/plain;q=0.5, */*",
            "text/plain, */*",
            "text/plain;q=x",
        ] {
            assert!(!of(&[json]), "{json}");
        }
        assert!(!of(&[]));
    }
}
