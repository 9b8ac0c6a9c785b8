//! `GET /v1/rules/{rule}/queue`: the alerts of a rule that are held back from the feed, in the order in which they are
//! fed when there is room. It is read from the store, as of the last commit.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use wire::{Alert, Fen};

use super::{App, Asked, Problem};
use crate::about::HELD;
use crate::access::viewer::Viewer;
use crate::budget::{NOTE, Spent, expected_of};

/// How many, and from where on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    limit: Option<usize>,
    after: Option<String>,
}

/// An alert that is held.
#[derive(Serialize, Deserialize)]
pub(super) struct HeldAlert {
    /// What can be expected of it, yuan: its counted amount by the chance that it is confirmed.
    expected_amount: Fen,
    alert: Alert,
}

/// A page of a queue.
#[derive(Serialize, Deserialize)]
pub(super) struct Queue {
    rule: String,
    /// How many alerts are fed on a day; none: all.
    budget: Option<u64>,
    /// The last day on which some were, and how many.
    day: Option<String>,
    fed: u64,
    /// How many are held, in all divisions.
    held: u64,
    items: Vec<HeldAlert>,
    next: Option<String>,
}

/// A place in a queue: the rank, `/`, and the alert.
fn place(after: &str) -> Option<(u64, &str)> {
    let (rank, alert_id) = after.split_once('/')?;
    Some((rank.parse().ok()?, alert_id))
}

/// A page of a rule's queue.
pub(super) async fn queue(
    State(app): State<App>,
    viewer: Viewer,
    Path(rule): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Queue>, Problem> {
    viewer.is_known()?;
    let limit = viewer.page(wanted.limit)?;
    let mut after = match wanted.after.as_deref().map(place) {
        Some(None) => return Err(Problem::bad_request("after: as `next` gave it")),
        Some(Some((rank, alert_id))) => Some((rank, alert_id.to_owned())),
        None => None,
    };
    let snapshot = app.shared.state.snapshot().map_err(crate::Error::from)?;
    let counts = snapshot.aside_counts().map_err(crate::Error::from)?;
    let held = counts.iter().find(|(state, of, _)| state == HELD && *of == rule).map_or(0, |of| of.2);
    let bank = app.rules.bank();
    if held == 0 && bank.rule(&rule).is_none() {
        return Err(Problem::not_found(format!("there is no rule {rule}")));
    }
    let (mut items, mut next) = (Vec::new(), None);
    'pages: loop {
        let from = after.as_ref().map(|(rank, alert_id)| (*rank, alert_id.as_str()));
        let page = snapshot.aside_order((HELD, &rule), from, limit).map_err(crate::Error::from)?;
        for (rank, alert_id) in page.items {
            let Some(aside) = snapshot.aside(&alert_id).map_err(crate::Error::from)? else { continue };
            let alert: Alert = serde_json::from_slice(&aside.alert).map_err(crate::Error::from)?;
            if viewer.sees(alert.institution.as_deref()) {
                if items.len() == limit {
                    next = after.take().map(|(rank, alert_id)| format!("{rank}/{alert_id}"));
                    break 'pages;
                }
                items.push(HeldAlert { expected_amount: Fen(expected_of(rank)), alert: viewer.alert(alert) });
            }
            after = Some((rank, alert_id));
        }
        if !page.more {
            break;
        }
    }
    let noted = snapshot.note(NOTE).map_err(crate::Error::from)?;
    let spent: Option<Spent> =
        noted.map(|note| serde_json::from_slice(&note)).transpose().map_err(crate::Error::from)?;
    let fed = spent.as_ref().and_then(|of| of.fed.get(&rule)).copied().unwrap_or(0);
    let (budget, day) = (app.alerts.budget_of(bank.rule(&rule)), spent.map(|of| of.day));
    Ok(Json(Queue { rule, budget, day, fed, held, items, next }))
}
