//! All that can be asked, in one table: the router and the OpenAPI document are made of it.

use serde_json::{Value, json};
use wire::RuleCoverage;
use wire::schema::schema_of;

use super::operation::{Operation, reads, takes};
use super::{
    access, alerts, audit, backups, bank, changes, dispositions, document, explanation, feed, health,
    incidents, queue, rejected, rules,
};
use crate::access::table::Operation as Right;
use crate::batch::Answer;
use crate::rules::Proposal;

/// An address and what it can be asked.
pub(super) struct Route {
    /// The address; names in braces stand for parts of it.
    pub(super) path: &'static str,
    /// What it can be asked.
    pub(super) operations: Vec<Operation>,
}

/// A part of the document that stands once.
fn component(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A page whose items look like this, and whose `next` is a text or a number.
fn page(item: &Value, next: &str, more: &[(&str, Value)]) -> Value {
    let mut schema = json!({
        "type": "object",
        "properties": {
            "items": { "type": "array", "items": item },
            "next": { "anyOf": [{ "type": next }, { "type": "null" }] },
        },
        "required": ["items", "next"],
    });
    for (name, of) in more {
        schema["properties"][*name] = of.clone();
    }
    schema
}

fn state() -> Value {
    json!({ "enum": ["standing", "withdrawn", "aged", "held", "shadow"] })
}

/// An alert as its line, and its state.
fn alert_item() -> Value {
    let with = json!({ "type": "object", "properties": { "state": state() }, "required": ["state"] });
    json!({ "allOf": [component("alert"), with] })
}

/// An explanation as `explain --json` gives it, the state of the alert, and the tick as of which it is.
fn explanation_of_alert() -> Value {
    let with = json!({
        "type": "object",
        "properties": { "state": state(), "tick": { "type": "integer", "minimum": 0 } },
        "required": ["state", "tick"],
    });
    json!({ "allOf": [component("explanation"), with] })
}

fn text() -> Value {
    json!({ "type": "string" })
}

/// The table.
pub(super) fn routes() -> Vec<Route> {
    let route = |path, operations| Route { path, operations };
    let yuan = json!({ "type": "string", "pattern": "^-?[0-9]+\\.[0-9]{2}$" });
    let totals = [("total", json!({ "type": "integer" })), ("amount_total", yuan)];
    vec![
        route(
            "/v1/changes",
            vec![
                takes(
                    Right::ChangesWrite,
                    "changes.post",
                    "Takes changes; answered when all of them are durable",
                    changes::post,
                )
                .header("X-Request-Id", "an id by which the same body can be sent again")
                .header("Idempotency-Key", "another name of X-Request-Id")
                .body(&["application/x-ndjson", "application/json"], json!({}))
                .answers(202, "application/json", schema_of::<Answer>())
                .or(&[409, 422, 503]),
            ],
        ),
        route(
            "/v1/alerts",
            vec![
                reads(Right::AlertsRead, "alerts.list", "A page of alerts", alerts::list)
                    .asked::<alerts::Wanted>()
                    .gives(page(&alert_item(), "string", &totals))
                    .or(&[503]),
            ],
        ),
        route(
            "/v1/alerts/{alert_id}",
            vec![
                reads(Right::AlertsRead, "alerts.get", "One alert, in whatever state", alerts::one)
                    .gives(alert_item())
                    .or(&[404, 503]),
            ],
        ),
        route(
            "/v1/alerts/{alert_id}/history",
            vec![
                reads(
                    Right::AlertsRead,
                    "alerts.history",
                    "What happened to an alert, and why",
                    alerts::history,
                )
                .gives(schema_of::<alerts::History>())
                .or(&[404, 503]),
            ],
        ),
        route(
            "/v1/alerts/{alert_id}/explanation",
            vec![
                reads(
                    Right::AlertsRead,
                    "alerts.explanation",
                    "Why an alert stands: values, records, money record by record, clause, excuses, next step",
                    explanation::explained,
                )
                .asked::<explanation::Asks>()
                .header("Accept", "text/plain for a page of text")
                .gives(explanation_of_alert())
                .or_as("text/plain", text())
                .or(&[404, 503]),
            ],
        ),
        route(
            "/v1/alerts/{alert_id}/dispositions",
            vec![
                reads(
                    Right::DispositionsRead,
                    "dispositions.list",
                    "What was decided of an alert",
                    dispositions::list,
                )
                .gives(schema_of::<dispositions::Dispositions>())
                .or(&[404, 503]),
                takes(
                    Right::DispositionsWrite,
                    "dispositions.post",
                    "Notes a decision; answered when it is durable",
                    dispositions::post,
                )
                .at_most(dispositions::BODY_BYTES_MAX)
                .body(&["application/json"], schema_of::<dispositions::Decided>())
                .answers(201, "application/json", schema_of::<dispositions::DispositionLine>())
                .or(&[404, 413, 503]),
            ],
        ),
        route(
            "/v1/incidents",
            vec![
                reads(Right::IncidentsRead, "incidents.list", "A page of incidents", incidents::list)
                    .asked::<incidents::Wanted>()
                    .gives(schema_of::<incidents::Incidents>())
                    .or(&[503]),
            ],
        ),
        route(
            "/v1/incidents/{incident_id}",
            vec![
                reads(Right::IncidentsRead, "incidents.get", "One incident", incidents::one)
                    .asked::<incidents::WantedOne>()
                    .gives(schema_of::<incidents::IncidentLine>())
                    .or(&[404, 503]),
            ],
        ),
        route(
            "/v1/rules",
            vec![
                reads(
                    Right::RulesRead,
                    "rules.list",
                    "Which version of which rule has judged since when",
                    rules::list,
                )
                .asked::<rules::Wanted>()
                .gives(schema_of::<rules::Versions>())
                .or(&[503]),
            ],
        ),
        route(
            "/v1/rules/{rule}/queue",
            vec![
                reads(
                    Right::AlertsRead,
                    "rules.queue",
                    "The alerts of a rule that are held until its budget has room, in the order of their turn",
                    queue::queue,
                )
                .asked::<queue::Wanted>()
                .gives(schema_of::<queue::Queue>())
                .or(&[404, 503]),
            ],
        ),
        route(
            "/v1/coverage",
            vec![
                reads(Right::CoverageRead, "coverage.get", "What was judged, by rule", rules::coverage)
                    .gives(json!({ "type": "object", "additionalProperties": schema_of::<RuleCoverage>() }))
                    .or(&[503]),
            ],
        ),
        route(
            "/v1/rejected",
            vec![
                reads(
                    Right::RejectedRead,
                    "rejected.list",
                    "A page of what was rejected",
                    rejected::rejected,
                )
                .asked::<rejected::Wanted>()
                .gives(schema_of::<rejected::RejectedPage>())
                .or(&[503]),
            ],
        ),
        route(
            "/v1/audit",
            vec![
                reads(Right::AuditRead, "audit.list", "A page of the audit trail", audit::list)
                    .asked::<audit::Wanted>()
                    .gives(schema_of::<audit::AuditPage>())
                    .or(&[503]),
            ],
        ),
        route(
            "/v1/audit/verify",
            vec![
                reads(
                    Right::AuditRead,
                    "audit.verify",
                    "Whether the audit trail is as it was written",
                    audit::verify,
                )
                .asked::<audit::Anchor>()
                .gives(schema_of::<audit::Verified>())
                .or(&[503]),
            ],
        ),
        route(
            "/v1/feed",
            vec![
                reads(
                    Right::FeedRead,
                    "feed.get",
                    "Events as they are committed, as server-sent events",
                    feed::feed,
                )
                .asked::<feed::Asks>()
                .header("Last-Event-ID", "the sequence behind which to go on; it goes before `after`")
                .answers(200, "text/event-stream", text())
                .or(&[503]),
            ],
        ),
        route(
            "/v1/openapi.json",
            vec![
                reads(Right::ApiRead, "openapi.get", "This document", document::openapi)
                    .gives(json!({ "type": "object" })),
            ],
        ),
        route(
            "/v1/bank",
            vec![
                reads(Right::RulesRead, "bank.get", "The bank in force, and its rules", bank::in_force)
                    .gives(schema_of::<bank::BankPage>())
                    .or(&[503]),
            ],
        ),
        route(
            "/v1/bank/candidate",
            vec![
                reads(
                    Right::RulesRead,
                    "bank.candidate",
                    "The bank that is proposed, or was last",
                    bank::candidate,
                )
                .gives(schema_of::<Proposal>())
                .or(&[404]),
                takes(
                    Right::RulesApply,
                    "bank.propose",
                    "Proposes a bank: its difference is computed, and it waits for another person",
                    bank::propose,
                )
                .bounded_by_the_gate()
                .body(&["application/json"], schema_of::<bank::Proposed>())
                .answers(202, "application/json", schema_of::<Proposal>())
                .or(&[409, 413, 422, 503]),
            ],
        ),
        route(
            "/v1/bank/candidate/difference",
            vec![
                reads(
                    Right::RulesRead,
                    "bank.difference",
                    "What the proposed bank does to the alerts, a line each",
                    bank::difference,
                )
                .asked::<bank::Place>()
                .gives(page(&json!({ "type": "object" }), "integer", &[]))
                .or(&[404, 409, 503]),
            ],
        ),
        route(
            "/v1/bank/candidate/approval",
            vec![
                takes(
                    Right::RulesApprove,
                    "bank.approve",
                    "Approves the proposed bank, which comes into force",
                    bank::approve,
                )
                .at_most(bank::APPROVAL_BYTES_MAX)
                .body(&["application/json"], schema_of::<bank::Approval>())
                .answers(202, "application/json", schema_of::<Proposal>())
                .or(&[404, 409, 413]),
            ],
        ),
        route(
            "/v1/bank/candidate/withdrawal",
            vec![
                takes(Right::RulesApply, "bank.withdraw", "Takes the proposed bank back", bank::withdraw)
                    .answers(200, "application/json", schema_of::<Proposal>())
                    .or(&[404, 409]),
            ],
        ),
        route(
            "/v1/backups",
            vec![
                takes(Right::Backup, "backups.post", "Copies the state as it is now", backups::begin)
                    .at_most(backups::BODY_BYTES_MAX)
                    .body(&["application/json"], schema_of::<backups::Wanted>())
                    .answers(201, "application/json", schema_of::<backups::Backup>())
                    .or(&[409, 413, 503]),
            ],
        ),
        route(
            "/v1/access",
            vec![
                reads(Right::AccessRead, "access.get", "Who one is here, and what one may do", access::own)
                    .gives(schema_of::<access::Own>()),
            ],
        ),
        route(
            "/health/live",
            vec![reads(Right::HealthRead, "health.live", "The process answers", health::live).answers(
                200,
                "text/plain",
                text(),
            )],
        ),
        route(
            "/health/ready",
            vec![
                reads(Right::HealthRead, "health.ready", "Whether changes are taken", health::ready)
                    .answers(200, "text/plain", text())
                    .or(&[503]),
            ],
        ),
        route(
            "/metrics",
            vec![
                reads(Right::MetricsRead, "metrics.get", "Counters, for Prometheus", health::metrics)
                    .answers(200, "text/plain", text()),
            ],
        ),
    ]
}
