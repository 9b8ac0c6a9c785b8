//! `GET /v1/audit`: who did what; `GET /v1/audit/verify`: whether the trail is as it was written, and the database says
//! what it says.

use axum::Json;
use axum::extract::State;
use database::{AuditRow, Database, Noted};
use serde::{Deserialize, Serialize};

use super::asked::number;
use super::{App, Asked, Problem, at_length};
use crate::access::audit::Decision;
use crate::access::audit_file::{Step, Walk};
use crate::access::viewer::Viewer;
use crate::trail;

/// Which rows, and from where on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    who: Option<String>,
    operation: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

/// The row that was noted elsewhere.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Anchor {
    number: Option<u64>,
    hash: Option<String>,
}

/// A row of the trail.
#[derive(Serialize, Deserialize)]
pub(super) struct AuditLine {
    number: u64,
    at: String,
    who: String,
    role: String,
    operation: String,
    division: Option<String>,
    outcome: String,
    detail: String,
    /// The decision that it is, if it is one.
    decision: Option<Decision>,
    previous: String,
    hash: String,
}

/// A page of the trail.
#[derive(Serialize, Deserialize)]
pub(super) struct AuditPage {
    items: Vec<AuditLine>,
    next: Option<u64>,
}

/// What the walk over the trail found.
#[derive(Serialize, Deserialize)]
pub(super) struct Verified {
    /// Whether every row is as it was written.
    whole: bool,
    /// Rows that are as they were written, from the first on.
    rows: u64,
    /// The last of them: to be noted elsewhere.
    head: Head,
    /// What is wrong behind them.
    fault: Option<Fault>,
}

/// A row by its number and hash.
#[derive(Serialize, Deserialize)]
struct Head {
    number: u64,
    hash: String,
}

/// A row that is wrong.
#[derive(Serialize, Deserialize)]
struct Fault {
    number: u64,
    what: String,
}

/// The decision of a line.
#[derive(Deserialize)]
struct Decides {
    decision: Option<Decision>,
}

fn line(of: AuditRow) -> Result<AuditLine, Problem> {
    let Decides { decision } = serde_json::from_str(&of.line).map_err(crate::Error::from)?;
    Ok(AuditLine {
        number: of.number,
        at: of.at,
        who: of.who,
        role: of.role,
        operation: of.operation,
        division: of.division,
        outcome: of.outcome,
        detail: of.detail,
        decision,
        previous: of.previous,
        hash: of.hash,
    })
}

/// Rows of the trail, in the order in which they were written.
pub(super) async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<AuditPage>, Problem> {
    let (limit, after) = (viewer.page(wanted.limit)?, number(wanted.after.as_deref())?);
    let entries = *app.trail.audit.entries().borrow();
    let database = app.projected.with_entry(entries).await?;
    let page = database.audit_rows(wanted.who.as_deref(), wanted.operation.as_deref(), after, limit).await?;
    let next = page.next.and(page.items.last()).map(|last| last.number);
    let items = page.items.into_iter().map(line).collect::<Result<_, _>>()?;
    Ok(Json(AuditPage { items, next }))
}

/// A walk along the trail, which holds what the database has of it against its lines.
struct Comparison {
    walk: Walk,
    database: Database,
    /// The last row of the database when it began.
    last: u64,
    anchor: Option<(u64, String)>,
}

const BEFORE: &str = "the database has a row before the first line";
const BROKEN: &str = "it is not as it was written, or one before it is missing";
const OTHER: &str = "it is not the line that was noted";
const ENDS: &str = "the trail ends before the line that was noted";
const DIFFERS: &str = "the database does not say what the line says";
const BEHIND: &str = "the database has a row that the trail does not have";

impl Comparison {
    /// Walks to the end; gives what is wrong first, if anything is.
    async fn run(&mut self, entries: u64) -> Result<Option<(u64, &'static str)>, Problem> {
        if !self.database.noted(i64::MIN, 0).await?.is_empty() {
            return Ok(Some((0, BEFORE)));
        }
        while self.walk.chain().entries < entries {
            let before = self.walk.chain().entries;
            let (lines, is_broken) = self.some(entries).await?;
            if let Some((number, hash)) = &self.anchor
                && lines.iter().any(|of| of.row.number == *number && of.row.hash != *hash)
            {
                return Ok(Some((*number, OTHER)));
            }
            let after = self.walk.chain().entries;
            let found = self.database.noted(trail::number(before), trail::number(after)).await?;
            let mut found = found.into_iter();
            if let Some(line) = lines.iter().find(|line| found.next().as_ref() != Some(*line)) {
                return Ok(Some((line.row.number, DIFFERS)));
            }
            if let Some(more) = found.next() {
                return Ok(Some((more.row.number, BEHIND)));
            }
            if is_broken {
                return Ok(Some((after + 1, BROKEN)));
            }
        }
        if self.last > entries {
            return Ok(Some((entries + 1, BEHIND)));
        }
        let is_cut = self.anchor.as_ref().is_some_and(|(number, _)| *number > entries);
        Ok(is_cut.then_some((entries + 1, ENDS)))
    }

    /// Some lines, and whether one that does not follow comes behind them.
    async fn some(&mut self, entries: u64) -> Result<(Vec<Noted>, bool), Problem> {
        let path = self.walk.path().to_owned();
        let mut walk = std::mem::replace(&mut self.walk, Walk::open(&path)?);
        let (walk, lines, broken) = at_length(move || {
            let mut lines = Vec::new();
            while lines.len() < trail::LINES && walk.chain().entries < entries {
                match walk.step()? {
                    Step::Line(line) => lines.push(trail::noted(*line)),
                    Step::Broken | Step::End => return Ok((walk, lines, true)),
                }
            }
            Ok((walk, lines, false))
        })
        .await?;
        self.walk = walk;
        Ok((lines, broken))
    }
}

/// Walks the trail.
pub(super) async fn verify(
    State(app): State<App>,
    Asked(anchor): Asked<Anchor>,
) -> Result<Json<Verified>, Problem> {
    let anchor = match (anchor.number, anchor.hash) {
        (Some(number), Some(hash)) => Some((number, hash)),
        (None, None) => None,
        _ => {
            return Err(Problem::bad_request(
                "number and hash name the line that was noted, both or neither",
            ));
        }
    };
    // What the database has now is behind what the trail has afterwards.
    let (last, _) = app.projected.with_entry(0).await?.audit_head().await?;
    let entries = *app.trail.audit.entries().borrow();
    let database = app.projected.with_entry(entries).await?;
    let walk = Walk::open(&app.trail.path)?;
    let mut comparison = Comparison { walk, database, last, anchor };
    let fault = comparison.run(entries).await?;
    let chain = comparison.walk.chain();
    Ok(Json(Verified {
        whole: fault.is_none(),
        rows: chain.entries,
        head: Head { number: chain.entries, hash: chain.head.clone() },
        fault: fault.map(|(number, what)| Fault { number, what: what.to_owned() }),
    }))
}
