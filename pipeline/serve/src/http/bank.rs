//! `/v1/bank`: the bank in force, and the one that is proposed in its place.

use std::io::{BufRead as _, BufReader};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use rulebank::Bank;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{App, Asked, Problem, at_length};
use crate::rules::{InForce, Proposal, Refused};

/// Lines of a page, unless it is said otherwise, and at the most.
const PAGE: usize = 100;
const PAGE_MAX: usize = 1_000;

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
#[derive(Serialize)]
pub(super) struct RuleLine {
    rule: String,
    version: String,
    status: &'static str,
    detector: String,
    title: wire::Bilingual,
}

/// The bank in force.
#[derive(Serialize)]
pub(super) struct BankPage {
    #[serde(flatten)]
    in_force: InForce,
    rules: Vec<RuleLine>,
}

fn lines(bank: &Bank) -> Vec<RuleLine> {
    let line = |rule: &rulebank::Rule| RuleLine {
        rule: rule.id.clone(),
        version: rule.version.clone(),
        status: rule.status.code(),
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
struct Proposed {
    by: String,
    #[serde(default)]
    files: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    promote: Vec<String>,
}

fn read<T: serde::de::DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::bad_request(error.to_string()))
}

fn name(by: &str) -> Result<String, Problem> {
    let name = by.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return Err(Problem::bad_request(format!("by: the name of a person, 1 to {NAME_MAX} characters")));
    }
    Ok(name.to_owned())
}

/// Proposes a bank.
pub(super) async fn propose(
    State(app): State<App>,
    body: Bytes,
) -> Result<(StatusCode, Json<Proposal>), Problem> {
    let proposed: Proposed = read(&body)?;
    let by = name(&proposed.by)?;
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
struct Approval {
    by: String,
    bank: String,
}

/// Approves the proposed bank.
pub(super) async fn approve(
    State(app): State<App>,
    body: Bytes,
) -> Result<(StatusCode, Json<Proposal>), Problem> {
    let approval: Approval = read(&body)?;
    let proposal = app.rules.approve(&approval.bank, name(&approval.by)?)?;
    Ok((StatusCode::ACCEPTED, Json(proposal)))
}

/// From where on.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    limit: Option<usize>,
    after: Option<usize>,
}

/// A page of the difference.
#[derive(Serialize)]
pub(super) struct DifferencePage {
    items: Vec<Box<RawValue>>,
    next: Option<usize>,
}

/// What the proposed bank does to the alerts, a line each, by `alert_id`.
pub(super) async fn difference(
    State(app): State<App>,
    Asked(from): Asked<Page>,
) -> Result<Json<DifferencePage>, Problem> {
    let (limit, after) = (from.limit.unwrap_or(PAGE), from.after.unwrap_or(0));
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(Problem::bad_request(format!("limit: 1 to {PAGE_MAX}")));
    }
    let proposal = app.rules.proposal()?;
    if proposal.difference.is_none() {
        return Err(Problem::conflict("the difference is being computed"));
    }
    at_length(move || {
        let path = app.rules.difference_of(&proposal);
        let failed = |error: std::io::Error| Problem::unavailable(format!("{}: {error}", path.display()));
        let file = std::fs::File::open(&path).map_err(failed)?;
        let (mut items, mut next) = (Vec::new(), None);
        for line in BufReader::new(file).lines().skip(after) {
            if items.len() == limit {
                next = Some(after + limit);
                break;
            }
            let line = line.map_err(failed)?;
            items.push(RawValue::from_string(line).map_err(|error| Problem::unavailable(error.to_string()))?);
        }
        Ok(Json(DifferencePage { items, next }))
    })
    .await
}
