//! The amount of an alert, record by record: its own money, what others took before, what was left to take.
//!
//! Alerts take in the order of severity, verdict, rule and key; each of every record what it laid there, as far
//! as it is left of the record and of what fund and account paid for the visit (contract section 3). The run
//! kept what was laid and taken; who came before, and which of the two limits cut, follows from that.

use std::collections::{BTreeMap, BTreeSet};

use records::decimal::{format_fen, parse_scaled};
use serde::Serialize;

use super::keep::{Finding, Laid};
use super::kept::{Alert, Kept, Rank};
use crate::error::Error;

/// Where the amount of an alert lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Money {
    /// The suspected amount, yuan.
    pub amount: String,
    /// What counts here, yuan.
    pub counted_amount: String,
    /// Each record that it is laid on, by (kind, key).
    pub laid: Vec<Share>,
    /// The part of the amount that no record of its own has the money for, yuan.
    pub not_laid: String,
    /// Those who took of the same visits before, in the order in which they took.
    pub before: Vec<Before>,
}

/// What is laid on one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Kind of the record.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// The visit within whose payments it counts.
    pub visit: Option<String>,
    /// Money of the record, yuan.
    pub own: String,
    /// Laid on it by this alert.
    pub laid: String,
    /// Taken of it by others before.
    pub taken_before: String,
    /// Taken of it by this alert.
    pub taken: String,
    /// What cut it: nothing, the record's own money, or what the visit was paid.
    pub cut_by: Cut,
    /// If the visit cut it: all that fund and account paid for the visit, yuan.
    pub visit_bound: Option<String>,
}

/// What kept an alert from taking all that it laid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// Nothing did.
    Nothing,
    /// Others took of the same record before.
    Record,
    /// Others took of the same visit before, or its bill is smaller than what is laid on it.
    Visit,
    /// An exemption: the alert takes nothing.
    Exemption,
}

/// An alert that took of the same visit before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Before {
    /// The alert.
    pub alert_id: String,
    /// Its rule.
    pub rule: String,
    /// The visit, if the record has one.
    pub visit: Option<String>,
    /// Taken of that visit, yuan.
    pub taken: String,
    /// Of that, taken of records that this alert is laid on too.
    pub of_same_records: String,
}

/// Reads back an amount that the run wrote.
fn fen(yuan: &str) -> i64 {
    parse_scaled(yuan, 2).unwrap_or(0)
}

/// A limit on takings: a visit, or a record outside any visit.
fn pot(laid: &Laid) -> (Option<&str>, Option<(&str, &str)>) {
    match &laid.visit {
        Some(visit) => (Some(visit), None),
        None => (None, Some((&laid.kind, &laid.key))),
    }
}

/// Explains the amount of an alert.
///
/// # Errors
/// A file of the run cannot be read.
pub fn money(kept: &Kept, alert: &Alert, finding: &Finding) -> Result<Money, Error> {
    let visits: BTreeSet<&str> = finding.laid.iter().filter_map(|laid| laid.visit.as_deref()).collect();
    let outside: BTreeSet<(&str, &str)> = finding
        .laid
        .iter()
        .filter(|laid| laid.visit.is_none())
        .map(|laid| (laid.kind.as_str(), laid.key.as_str()))
        .collect();
    let mut others = kept.findings_beside(&visits, &outside)?;
    others.retain(|other| other.alert_id != alert.alert_id);
    let ids: BTreeSet<&str> = others.iter().map(|other| other.alert_id.as_str()).collect();
    let ranks = kept.ranks(&ids)?;
    Ok(explain(alert, finding, &others, &ranks))
}

/// The same from what was read.
fn explain(alert: &Alert, finding: &Finding, others: &[Finding], ranks: &[Rank]) -> Money {
    let own = Rank {
        alert_id: alert.alert_id.clone(),
        rule: alert.rule.clone(),
        key: alert.key.clone(),
        verdict: alert.verdict.clone(),
        severity: alert.severity.clone(),
    };
    let mut earlier: Vec<(&Rank, &Finding)> = others
        .iter()
        .filter_map(|other| Some((ranks.iter().find(|rank| rank.alert_id == other.alert_id)?, other)))
        .filter(|(rank, _)| rank.order() < own.order())
        .collect();
    earlier.sort_by(|(a, _), (b, _)| a.order().cmp(&b.order()));
    let mut of_record: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    let mut of_pot: BTreeMap<_, i64> = BTreeMap::new();
    for laid in earlier.iter().flat_map(|(_, other)| &other.laid) {
        *of_record.entry((&laid.kind, &laid.key)).or_default() += fen(&laid.taken);
        *of_pot.entry(pot(laid)).or_default() += fen(&laid.taken);
    }
    let mut shares = Vec::with_capacity(finding.laid.len());
    for laid in &finding.laid {
        let before = of_record.get(&(laid.kind.as_str(), laid.key.as_str())).copied().unwrap_or(0);
        let taken = fen(&laid.taken);
        let of_pot = of_pot.entry(pot(laid)).or_default();
        *of_pot += taken;
        let cut_by = match () {
            () if taken == fen(&laid.laid) => Cut::Nothing,
            () if alert.exempted_by.is_some() => Cut::Exemption,
            () if taken == fen(&laid.own) - before => Cut::Record,
            () => Cut::Visit,
        };
        shares.push(Share {
            kind: laid.kind.clone(),
            key: laid.key.clone(),
            visit: laid.visit.clone(),
            own: laid.own.clone(),
            laid: laid.laid.clone(),
            taken_before: format_fen(before),
            taken: laid.taken.clone(),
            cut_by,
            visit_bound: (cut_by == Cut::Visit).then(|| format_fen(*of_pot)),
        });
    }
    let laid: i64 = finding.laid.iter().map(|laid| fen(&laid.laid)).sum();
    Money {
        amount: alert.amount.clone(),
        counted_amount: alert.counted_amount.clone(),
        not_laid: format_fen((fen(&alert.amount) - laid).max(0)),
        laid: shares,
        before: before(finding, &earlier),
    }
}

/// Who took before, by alert and visit.
fn before(finding: &Finding, earlier: &[(&Rank, &Finding)]) -> Vec<Before> {
    let pots: BTreeSet<_> = finding.laid.iter().map(pot).collect();
    let records: BTreeSet<(&str, &str)> =
        finding.laid.iter().map(|laid| (laid.kind.as_str(), laid.key.as_str())).collect();
    let mut told = Vec::new();
    for (rank, other) in earlier {
        let mut of_pot: BTreeMap<_, (i64, i64)> = BTreeMap::new();
        for laid in other.laid.iter().filter(|laid| pots.contains(&pot(laid)) && fen(&laid.taken) > 0) {
            let sums = of_pot.entry(pot(laid)).or_default();
            sums.0 += fen(&laid.taken);
            if records.contains(&(laid.kind.as_str(), laid.key.as_str())) {
                sums.1 += fen(&laid.taken);
            }
        }
        told.extend(of_pot.into_iter().map(|((visit, _), (taken, same))| Before {
            alert_id: rank.alert_id.clone(),
            rule: rank.rule.clone(),
            visit: visit.map(str::to_owned),
            taken: format_fen(taken),
            of_same_records: format_fen(same),
        }));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::super::keep::Both;
    use super::super::kept::Subject;
    use super::*;

    fn alert(rule: &str, severity: &str, amount: &str, counted: &str) -> (Alert, Rank) {
        let alert = Alert {
            alert_id: format!("{rule}-1"),
            rule: rule.to_owned(),
            rule_version: "1.0".to_owned(),
            key: vec!["V1".to_owned()],
            family: "pricing".to_owned(),
            phase: "pre".to_owned(),
            verdict: "definite".to_owned(),
            severity: severity.to_owned(),
            subject: Subject { r#type: "visit".to_owned(), id: "V1".to_owned() },
            institution: None,
            occurred: "2025-03-01 00:00:00".to_owned(),
            amount: amount.to_owned(),
            counted_amount: counted.to_owned(),
            evidence: Vec::new(),
            message: Both { zh: String::new(), en: String::new() },
            basis: Vec::new(),
            exempted_by: None,
        };
        let rank = Rank {
            alert_id: alert.alert_id.clone(),
            rule: alert.rule.clone(),
            key: alert.key.clone(),
            verdict: alert.verdict.clone(),
            severity: alert.severity.clone(),
        };
        (alert, rank)
    }

    fn finding(rule: &str, laid: &[(&str, &str, &str, &str)]) -> Finding {
        let laid = laid.iter().map(|(key, own, laid, taken)| Laid {
            kind: "fee_line".to_owned(),
            key: (*key).to_owned(),
            visit: Some("V1".to_owned()),
            own: (*own).to_owned(),
            laid: (*laid).to_owned(),
            taken: (*taken).to_owned(),
        });
        Finding { alert_id: format!("{rule}-1"), values: BTreeMap::new(), laid: laid.collect() }
    }

    #[test]
    fn what_others_took_before_and_what_cut_is_told() {
        // The visit was paid 130: the first alert takes 100 of line 1, so 20 of it and 10 of line 2 are left.
        let (stronger, first) = alert("A01", "high", "100.00", "100.00");
        let (weaker, second) = alert("S14", "medium", "150.00", "30.00");
        let of_first = finding("A01", &[("V1/1", "120.00", "100.00", "100.00")]);
        let of_second =
            finding("S14", &[("V1/1", "120.00", "120.00", "20.00"), ("V1/2", "30.00", "30.00", "10.00")]);
        let ranks = [first, second];
        let money = explain(&weaker, &of_second, std::slice::from_ref(&of_first), &ranks);
        let cuts: Vec<_> = money
            .laid
            .iter()
            .map(|share| (share.taken_before.as_str(), share.cut_by, share.visit_bound.as_deref()))
            .collect();
        assert_eq!(cuts, [("100.00", Cut::Record, None), ("0.00", Cut::Visit, Some("130.00"))]);
        assert_eq!(money.not_laid, "0.00");
        let before = &money.before[0];
        assert_eq!((before.taken.as_str(), before.of_same_records.as_str()), ("100.00", "100.00"));
        let money = explain(&stronger, &of_first, std::slice::from_ref(&of_second), &ranks);
        assert_eq!((money.before.len(), money.laid[0].cut_by), (0, Cut::Nothing));
    }

    #[test]
    fn what_no_record_has_the_money_for_is_told() {
        let (of_more, rank) = alert("S14", "medium", "150.00", "120.00");
        let laid = finding("S14", &[("V1/1", "120.00", "120.00", "120.00")]);
        assert_eq!(explain(&of_more, &laid, &[], &[rank]).not_laid, "30.00");
    }
}
