//! What exemptions did in a run: findings let off, and exemptions whose last day has passed.
//!
//! A finding that was let off stands among the alerts and in no sum of money, so it is counted here. An
//! exemption that ended before *now* is named with the findings it would have covered since: somebody has to
//! renew it or act on them.

use std::collections::BTreeMap;

use detectors::alert::AlertLine;
use records::row::{Moment, day_of};
use records::time::{format_date, parse_date};
use rulebank::{Bank, Exemption};
use serde_json::{Value, json};

use crate::run::yuan;

/// What exemptions did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exempted {
    /// Alerts let off and their amount in fen, by rule.
    pub by_rule: BTreeMap<String, (u64, i128)>,
    /// Exemptions that have ended, by id.
    pub expired: BTreeMap<String, Expired>,
}

/// An exemption that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// Its last day, `YYYY-MM-DD`.
    pub until: String,
    /// Alerts that it would cover and that occurred after that day.
    pub findings_after: u64,
}

/// Goes through the alerts that stand.
pub fn tally(bank: &Bank, alerts: &[(AlertLine, i64, i64)], now: Option<Moment>) -> Exempted {
    let mut tally = Exempted::default();
    for (alert, amount, _) in alerts.iter().filter(|(alert, ..)| alert.exempted_by.is_some()) {
        let of_rule = tally.by_rule.entry(alert.rule.clone()).or_default();
        *of_rule = (of_rule.0 + 1, of_rule.1 + i128::from(*amount));
    }
    let today = now.map(day_of);
    let over = |exemption: &&Exemption| today.is_some_and(|today| exemption.is_over(today));
    for exemption in bank.exemptions.iter().filter(over) {
        let is_after = |alert: &&AlertLine| {
            exemption.is_about(&alert.rule, alert.institution.as_deref(), &alert.subject.id)
                && alert.occurred.get(..10).and_then(parse_date).is_some_and(|day| exemption.is_over(day))
        };
        let after = alerts.iter().map(|(alert, ..)| alert).filter(is_after).count();
        let expired = Expired {
            until: exemption.until.map(format_date).unwrap_or_default(),
            findings_after: u64::try_from(after).unwrap_or(u64::MAX),
        };
        tally.expired.insert(exemption.id.clone(), expired);
    }
    tally
}

impl Exempted {
    /// `exempted` of `summary.json`: `{rule: {alerts, amount}}`.
    pub fn rules_json(&self) -> Value {
        let of_rule = |(rule, (alerts, amount)): (&String, &(u64, i128))| {
            (rule.clone(), json!({ "alerts": alerts, "amount": yuan(*amount) }))
        };
        Value::Object(self.by_rule.iter().map(of_rule).collect())
    }

    /// `expired_exemptions` of `summary.json`: `{id: {until, findings_after}}`.
    pub fn expired_json(&self) -> Value {
        let of_one = |(id, expired): (&String, &Expired)| {
            (id.clone(), json!({ "until": expired.until, "findings_after": expired.findings_after }))
        };
        Value::Object(self.expired.iter().map(of_one).collect())
    }
}
