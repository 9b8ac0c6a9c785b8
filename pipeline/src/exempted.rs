//! What exemptions did in a run: findings let off, and exemptions whose last day has passed.
//!
//! A finding that was let off stands among the alerts and in no sum of money, so it is counted here. An
//! exemption that ended before *now* is named with the findings it would have covered since: somebody has to
//! renew it or act on them.

use std::collections::BTreeMap;

use detectors::alert_view::AlertView;
use records::row::{Moment, day_of};
use records::time::format_date;
use rulebank::{Bank, Exemption};
use wire::summary::{ExemptedSum, ExpiredExemption};
use wire::{Alert, FenSum};

/// What exemptions did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exempted {
    /// Alerts let off and their amount, by rule.
    pub by_rule: BTreeMap<String, ExemptedSum>,
    /// Exemptions that have ended, by id.
    pub expired: BTreeMap<String, ExpiredExemption>,
}

/// Goes through the alerts that stand.
pub fn tally(bank: &Bank, view: &AlertView, alerts: &[Alert], now: Option<Moment>) -> Exempted {
    let mut tally = Exempted::default();
    for alert in alerts.iter().filter(|alert| alert.exempted_by.is_some()) {
        let ExemptedSum { alerts, amount: FenSum(amount) } =
            tally.by_rule.entry(alert.rule.clone()).or_default();
        *alerts += 1;
        *amount += i128::from(alert.amount.fen());
    }
    let today = now.map(day_of);
    let over = |exemption: &&Exemption| today.is_some_and(|today| exemption.is_over(today));
    for exemption in bank.exemptions.iter().filter(over) {
        let after = view.after_the_end_of(exemption);
        let expired = ExpiredExemption {
            until: exemption.until.map(format_date).unwrap_or_default(),
            findings_after: u64::try_from(after).unwrap_or(u64::MAX),
        };
        tally.expired.insert(exemption.id.clone(), expired);
    }
    tally
}
