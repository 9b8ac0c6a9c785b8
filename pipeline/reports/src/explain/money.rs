//! The amount of an alert, record by record: its own money, what others took before, what was left to take.
//!
//! Alerts take in the order of severity, verdict, rule and key; each of every record what it laid there, as far
//! as it is left of the record and of what fund and account paid for the visit (contract section 3). The run
//! kept what was laid and taken; who came before, and which of the two limits cut, follows from that.

use std::collections::{BTreeMap, BTreeSet};

use wire::explanation::{AmountTrail, CutBy, EarlierAlert, RecordAmount};
use wire::{Alert, AlertRank, Fen, KeptFinding, LaidAmount};

use crate::error::Error;
use crate::run_folder::RunFolder;

/// A limit on takings: a visit, or a record outside any visit.
fn pot(laid: &LaidAmount) -> (Option<&str>, Option<(&str, &str)>) {
    match &laid.visit {
        Some(visit) => (Some(visit), None),
        None => (None, Some((&laid.kind, &laid.key))),
    }
}

/// The alerts that laid money on what an alert is laid on, with their ranks, from the folder of a run.
///
/// # Errors
/// A file of the run cannot be read.
pub fn beside(
    folder: &RunFolder,
    alert: &Alert,
    finding: &KeptFinding,
) -> Result<Vec<(AlertRank, KeptFinding)>, Error> {
    let visits: BTreeSet<&str> = finding.laid.iter().filter_map(|laid| laid.visit.as_deref()).collect();
    let outside: BTreeSet<(&str, &str)> = finding
        .laid
        .iter()
        .filter(|laid| laid.visit.is_none())
        .map(|laid| (laid.kind.as_ref(), laid.key.as_str()))
        .collect();
    let mut others = folder.findings_beside(&visits, &outside)?;
    others.retain(|other| other.alert_id != alert.alert_id);
    let ids: BTreeSet<&str> = others.iter().map(|other| other.alert_id.as_str()).collect();
    let ranks = folder.ranks(&ids)?.into_iter().map(|rank| (rank.alert_id.clone(), rank));
    let mut ranks: BTreeMap<String, AlertRank> = ranks.collect();
    Ok(others.into_iter().filter_map(|other| Some((ranks.remove(&other.alert_id)?, other))).collect())
}

/// Explains the amount of an alert; beside it are the alerts that laid money on what it is laid on.
pub fn money(alert: &Alert, finding: &KeptFinding, beside: &[(AlertRank, KeptFinding)]) -> AmountTrail {
    let own = AlertRank::from(alert);
    let earlier = beside.iter().filter(|(rank, _)| rank.order() < own.order());
    let mut earlier: Vec<(&AlertRank, &KeptFinding)> = earlier.map(|(rank, other)| (rank, other)).collect();
    earlier.sort_by(|(a, _), (b, _)| a.order().cmp(&b.order()));
    let mut of_record: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    let mut of_pot: BTreeMap<_, i64> = BTreeMap::new();
    for laid in earlier.iter().flat_map(|(_, other)| &other.laid) {
        *of_record.entry((&laid.kind, &laid.key)).or_default() += laid.taken.fen();
        *of_pot.entry(pot(laid)).or_default() += laid.taken.fen();
    }
    let mut shares = Vec::with_capacity(finding.laid.len());
    for laid in &finding.laid {
        let before = of_record.get(&(laid.kind.as_ref(), laid.key.as_str())).copied().unwrap_or(0);
        let taken = laid.taken.fen();
        let of_pot = of_pot.entry(pot(laid)).or_default();
        *of_pot += taken;
        let cut_by = match () {
            () if taken == laid.laid.fen() => CutBy::Nothing,
            () if alert.exempted_by.is_some() => CutBy::Exemption,
            () if taken == laid.own.fen() - before => CutBy::Record,
            () => CutBy::Visit,
        };
        shares.push(RecordAmount {
            kind: laid.kind.clone(),
            key: laid.key.clone(),
            visit: laid.visit.clone(),
            own: laid.own,
            laid: laid.laid,
            taken_before: Fen(before),
            taken: laid.taken,
            cut_by,
            visit_bound: (cut_by == CutBy::Visit).then_some(Fen(*of_pot)),
        });
    }
    let laid: i64 = finding.laid.iter().map(|laid| laid.laid.fen()).sum();
    AmountTrail {
        amount: alert.amount,
        counted_amount: alert.counted_amount,
        not_laid: Fen((alert.amount.fen() - laid).max(0)),
        laid: shares,
        before: before(finding, &earlier),
    }
}

/// Who took before, by alert and visit.
fn before(finding: &KeptFinding, earlier: &[(&AlertRank, &KeptFinding)]) -> Vec<EarlierAlert> {
    let pots: BTreeSet<_> = finding.laid.iter().map(pot).collect();
    let records: BTreeSet<(&str, &str)> =
        finding.laid.iter().map(|laid| (laid.kind.as_ref(), laid.key.as_str())).collect();
    let mut rows = Vec::new();
    for (rank, other) in earlier {
        let mut of_pot: BTreeMap<_, (i64, i64)> = BTreeMap::new();
        for laid in other.laid.iter().filter(|laid| pots.contains(&pot(laid)) && laid.taken.fen() > 0) {
            let sums = of_pot.entry(pot(laid)).or_default();
            sums.0 += laid.taken.fen();
            if records.contains(&(laid.kind.as_ref(), laid.key.as_str())) {
                sums.1 += laid.taken.fen();
            }
        }
        rows.extend(of_pot.into_iter().map(|((visit, _), (taken, same))| EarlierAlert {
            alert_id: rank.alert_id.clone(),
            rule: rank.rule.clone(),
            visit: visit.map(str::to_owned),
            taken: Fen(taken),
            of_same_records: Fen(same),
        }));
    }
    rows
}

#[cfg(test)]
mod tests {
    use wire::{Bilingual, Subject};

    use super::*;

    fn alert(rule: &str, severity: &str, amount: &str, counted: &str) -> (Alert, AlertRank) {
        let alert = Alert {
            alert_id: format!("{rule}-1"),
            rule: rule.to_owned(),
            rule_version: "1.0".to_owned(),
            key: vec!["V1".to_owned()],
            family: "pricing".into(),
            phase: "pre".into(),
            verdict: "definite".into(),
            severity: severity.to_owned().into(),
            subject: Subject { r#type: "visit".into(), id: "V1".to_owned() },
            institution: None,
            occurred: "2025-03-01 00:00:00".to_owned(),
            amount: amount.parse().unwrap(),
            counted_amount: counted.parse().unwrap(),
            evidence: Vec::new(),
            message: Bilingual { zh: String::new(), en: String::new() },
            basis: Vec::new(),
            ..Alert::default()
        };
        let rank = AlertRank::from(&alert);
        (alert, rank)
    }

    fn finding(rule: &str, laid: &[(&str, &str, &str, &str)]) -> KeptFinding {
        let laid = laid.iter().map(|(key, own, laid, taken)| LaidAmount {
            kind: "fee_line".into(),
            key: (*key).to_owned(),
            visit: Some("V1".to_owned()),
            own: own.parse().unwrap(),
            laid: laid.parse().unwrap(),
            taken: taken.parse().unwrap(),
        });
        KeptFinding { alert_id: format!("{rule}-1"), values: BTreeMap::new(), laid: laid.collect() }
    }

    #[test]
    fn what_others_took_before_and_what_cut_is_reported() {
        // The visit was paid 130: the first alert takes 100 of line 1, so 20 of it and 10 of line 2 are left.
        let (stronger, first) = alert("A01", "high", "100.00", "100.00");
        let (weaker, second) = alert("S14", "medium", "150.00", "30.00");
        let of_first = finding("A01", &[("V1/1", "120.00", "100.00", "100.00")]);
        let of_second =
            finding("S14", &[("V1/1", "120.00", "120.00", "20.00"), ("V1/2", "30.00", "30.00", "10.00")]);
        let money = super::money(&weaker, &of_second, &[(first.clone(), of_first.clone())]);
        let cuts: Vec<_> =
            money.laid.iter().map(|share| (share.taken_before, share.cut_by, share.visit_bound)).collect();
        assert_eq!(cuts, [(Fen(10_000), CutBy::Record, None), (Fen(0), CutBy::Visit, Some(Fen(13_000)))]);
        assert_eq!(money.not_laid, Fen(0));
        let before = &money.before[0];
        assert_eq!((before.taken, before.of_same_records), (Fen(10_000), Fen(10_000)));
        let money = super::money(&stronger, &of_first, &[(second, of_second)]);
        assert_eq!((money.before.len(), money.laid[0].cut_by), (0, CutBy::Nothing));
    }

    #[test]
    fn what_no_record_has_the_money_for_is_reported() {
        let (of_more, _) = alert("S14", "medium", "150.00", "120.00");
        let laid = finding("S14", &[("V1/1", "120.00", "120.00", "120.00")]);
        assert_eq!(money(&of_more, &laid, &[]).not_laid, Fen(3_000));
    }
}
