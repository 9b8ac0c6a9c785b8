//! `/v1/bank`: the bank in force, and the one that is proposed in its place.

use std::io::{BufRead as _, BufReader};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use rulebank::Bank;
use serde::{Deserialize, Serialize};
use wire::AlertDifference;

use super::{App, Asked, Problem, at_length, read};
use crate::access::viewer::Viewer;
use crate::rules::{InForce, Proposal, Refused};

/// Bytes of an approval at the most. How long a proposed bank may be is configured.
pub(super) const APPROVAL_BYTES_MAX: usize = 64 << 10;

/// Characters of a person's name at the most.
const NAME_MAX: usize = 100;

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Problem {
        match refused {
            Refused::Invalid(what) => Problem::invalid_bank(what),
            Refused::Conflict(what) => Problem::conflict(what),
            Refused::None => Problem::not_found("no bank is proposed"),
            Refused::Failed(error) => Problem::unavailable(crate::error::with_sources(&error)),
        }
    }
}

/// A rule of the bank in force.
#[derive(Serialize, Deserialize)]
pub(super) struct RuleLine {
    rule: String,
    version: String,
    status: String,
    detector: String,
    title: wire::Bilingual,
}

/// The bank in force.
#[derive(Serialize, Deserialize)]
pub(super) struct BankPage {
    in_force: InForce,
    rules: Vec<RuleLine>,
}

fn lines(bank: &Bank) -> Vec<RuleLine> {
    let line = |rule: &rulebank::Rule| RuleLine {
        rule: rule.id.clone(),
        version: rule.version.clone(),
        status: rule.status.code().to_owned(),
        detector: rule.detector.clone(),
        title: wire::Bilingual { zh: rule.title.zh.clone(), en: rule.title.en.clone() },
    };
    bank.rules.iter().map(line).collect()
}

/// Which bank is in force, who made it so, and its rules.
pub(super) async fn in_force(State(app): State<App>) -> Json<BankPage> {
    Json(BankPage { in_force: app.rules.in_force(), rules: lines(&app.rules.bank()) })
}

/// A bank that is proposed: its files, or the rules of the bank in force that leave its shadow.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Proposed {
    #[serde(default)]
    by: String,
    #[serde(default)]
    files: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    promote: Vec<String>,
}

/// Who does it: whoever is known by name, else who the body says.
fn name(by: &str, viewer: &Viewer) -> Result<String, Problem> {
    let name = viewer.name().unwrap_or(by).trim();
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return Err(Problem::bad_request(format!("by: the name of a person, 1 to {NAME_MAX} characters")));
    }
    Ok(name.to_owned())
}

/// Proposes a bank.
pub(super) async fn propose(
    State(app): State<App>,
    viewer: Viewer,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Proposal>), Problem> {
    // The gate has bounded it by `limits.bank_bytes`.
    let proposed: Proposed = read(body, usize::MAX)?;
    let by = name(&proposed.by, &viewer)?;
    if proposed.files.is_empty() == proposed.promote.is_empty() {
        return Err(Problem::bad_request("either files of a bank, or rules to promote"));
    }
    let files: Vec<(String, String)> = proposed.files.into_iter().collect();
    let proposal = at_length(move || {
        Ok(if files.is_empty() {
            app.rules.promote(by, &proposed.promote)?
        } else {
            app.rules.propose(by, &files)?
        })
    });
    Ok((StatusCode::ACCEPTED, Json(proposal.await?)))
}

/// The proposed bank, or the last that was.
pub(super) async fn candidate(State(app): State<App>) -> Result<Json<Proposal>, Problem> {
    Ok(Json(app.rules.proposal()?))
}

/// Takes the proposed bank back.
pub(super) async fn withdraw(State(app): State<App>) -> Result<Json<Proposal>, Problem> {
    Ok(Json(app.rules.withdraw()?))
}

/// Who approves which bank.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Approval {
    #[serde(default)]
    by: String,
    bank: String,
}

/// Approves the proposed bank.
pub(super) async fn approve(
    State(app): State<App>,
    viewer: Viewer,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Proposal>), Problem> {
    let approval: Approval = read(body, APPROVAL_BYTES_MAX)?;
    let proposal = app.rules.approve(&approval.bank, name(&approval.by, &viewer)?)?;
    Ok((StatusCode::ACCEPTED, Json(proposal)))
}

/// From where on.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    limit: Option<usize>,
    after: Option<usize>,
}

/// A line of the difference as a viewer sees it.
fn seen(line: AlertDifference, viewer: &Viewer) -> AlertDifference {
    let alert = |alert: Option<wire::Alert>| alert.map(|alert| viewer.alert(alert));
    let cause = match line.alert.as_ref().or(line.before.as_ref()) {
        Some(of) => viewer.causes(of, line.cause),
        None => line.cause,
    };
    AlertDifference { cause, alert: alert(line.alert), before: alert(line.before), ..line }
}

/// A page of the difference.
#[derive(Serialize)]
pub(super) struct DifferencePage {
    items: Vec<AlertDifference>,
    next: Option<usize>,
}

/// What the proposed bank does to the alerts, a line each, by `alert_id`.
pub(super) async fn difference(
    State(app): State<App>,
    viewer: Viewer,
    Asked(from): Asked<Place>,
) -> Result<Json<DifferencePage>, Problem> {
    let (limit, after) = (viewer.page(from.limit)?, from.after.unwrap_or(0));
    let proposal = app.rules.proposal()?;
    if proposal.difference.is_none() {
        return Err(Problem::conflict("the difference is being computed"));
    }
    at_length(move || {
        let path = app.rules.difference_of(&proposal);
        let failed = |error: std::io::Error| Problem::unavailable(format!("{}: {error}", path.display()));
        let file = std::fs::File::open(&path).map_err(failed)?;
        let (mut items, mut next) = (Vec::new(), None);
        for (nth, line) in BufReader::new(file).lines().enumerate().skip(after) {
            if items.len() == limit {
                next = Some(nth);
                break;
            }
            let line: AlertDifference =
                serde_json::from_str(&line.map_err(failed)?).map_err(crate::Error::from)?;
            if viewer.sees(line.institution.as_deref()) {
                items.push(seen(line, &viewer));
            }
        }
        Ok(Json(DifferencePage { items, next }))
    })
    .await
}
