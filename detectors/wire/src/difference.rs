//! What another bank does to an alert: a line of `rules diff --out NAME.ndjson`.

use serde::{Deserialize, Serialize};

use crate::alert::Alert;
use crate::event::Cause;
use crate::money::Fen;
use crate::text::Keyword;

/// A line of the difference between two banks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertDifference {
    /// `added`, `withdrawn` or `changed`.
    pub change: Keyword,
    /// The alert.
    pub alert_id: String,
    /// Its rule.
    pub rule: String,
    /// The institution concerned.
    pub institution: Option<String>,
    /// Suspected under the old bank, yuan.
    pub amount_before: Option<Fen>,
    /// Suspected under the new one.
    pub amount_after: Option<Fen>,
    /// Counted under the old bank, yuan.
    pub counted_before: Option<Fen>,
    /// Counted under the new one.
    pub counted_after: Option<Fen>,
    /// Verdict under the old bank.
    pub verdict_before: Option<Keyword>,
    /// Verdict under the new one.
    pub verdict_after: Option<Keyword>,
    /// Of a changed alert, the fields that are different.
    pub differs: Vec<Keyword>,
    /// What in the bank is the cause: `rule`, `table`, `exemption`.
    pub cause: Vec<Cause>,
    /// The alert under the new bank.
    pub alert: Option<Alert>,
    /// The alert under the old bank.
    pub before: Option<Alert>,
}

/// Fields that state the same in other words.
const WORDING: [&str; 5] = ["rule_version", "family", "phase", "message", "basis"];

impl AlertDifference {
    /// The line of an alert on both sides; none where it stands on neither.
    pub fn between(
        before: Option<&Alert>,
        after: Option<&Alert>,
        cause: &[Cause],
    ) -> Option<AlertDifference> {
        let one = after.or(before)?;
        Some(AlertDifference {
            change: Keyword::Borrowed(match (before, after) {
                (None, _) => "added",
                (_, None) => "withdrawn",
                _ => "changed",
            }),
            alert_id: one.alert_id.clone(),
            rule: one.rule.clone(),
            institution: one.institution.clone(),
            amount_before: before.map(|alert| alert.amount),
            amount_after: after.map(|alert| alert.amount),
            counted_before: before.map(|alert| alert.counted_amount),
            counted_after: after.map(|alert| alert.counted_amount),
            verdict_before: before.map(|alert| alert.verdict.clone()),
            verdict_after: after.map(|alert| alert.verdict.clone()),
            differs: before.zip(after).map_or_else(Vec::new, |(before, after)| differing(before, after)),
            cause: cause.to_vec(),
            alert: after.cloned(),
            before: before.cloned(),
        })
    }

    /// Whether only its wording changed.
    pub fn is_reworded(&self) -> bool {
        self.change == "changed" && self.differs.iter().all(|field| WORDING.contains(&field.as_ref()))
    }
}

/// The fields in which two lines of one alert are different.
fn differing(a: &Alert, b: &Alert) -> Vec<Keyword> {
    // Taken apart, so that a new field is named here or the compiler asks for it.
    let Alert {
        alert_id: _,
        rule: _,
        rule_version,
        key: _,
        family,
        phase,
        verdict,
        severity,
        subject,
        institution,
        occurred,
        amount,
        counted_amount,
        evidence,
        message,
        basis,
        exempted_by,
    } = a;
    let fields = [
        ("rule_version", *rule_version != b.rule_version),
        ("family", *family != b.family),
        ("phase", *phase != b.phase),
        ("verdict", *verdict != b.verdict),
        ("severity", *severity != b.severity),
        ("subject", *subject != b.subject),
        ("institution", *institution != b.institution),
        ("occurred", *occurred != b.occurred),
        ("amount", *amount != b.amount),
        ("counted_amount", *counted_amount != b.counted_amount),
        ("evidence", *evidence != b.evidence),
        ("message", *message != b.message),
        ("basis", *basis != b.basis),
        ("exempted_by", *exempted_by != b.exempted_by),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| Keyword::Borrowed(name)).collect()
}
