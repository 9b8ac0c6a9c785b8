//! The institutions beside the alerts: who they are, what they turned over, what arrived from them and how late, what
//! could not be judged there, and the decisions that came back.

use std::collections::{BTreeMap, BTreeSet};

use detectors::alert_view::AlertView;
use detectors::arrivals::{Arrived, KINDS, Unjudged};
use detectors::coverage::InstitutionMonth;
use records::arena::{Arena, RowRef, TextRef};
use records::render;
use records::row;
use records::time::format_month;
use wire::{Fen, FenSum, Institution, InstitutionCoverage, Label, Lateness, Turnover, files};

use crate::error::Error;
use reports::outputs::{Draft, Folder};

/// What a medical institution, a pharmacy and a care agency are expected to send.
const EXPECTED: [&[&str]; 3] = [
    &["fee_line", "prescription", "presence", "purchase", "settlement", "stock_count", "visit"],
    &["dispensing", "purchase", "settlement", "stock_count", "visit"],
    &["fee_line", "presence", "settlement", "visit"],
];

/// One institution with its months.
struct InstitutionMonths {
    row: Option<RowRef>,
    months: BTreeMap<i32, (Arrived, Unjudged)>,
}

/// Writes the three files.
///
/// # Errors
/// The disk is full or gone.
pub fn write(folder: &Folder, view: &AlertView) -> Result<[Draft; 3], Error> {
    let arena = view.arena();
    let mut places: BTreeMap<String, InstitutionMonths> = BTreeMap::new();
    let place =
        |code: TextRef| InstitutionMonths { row: view.reach().institution(code), months: BTreeMap::new() };
    for code in view.reach().institutions(arena) {
        places.insert(arena.text(code), place(code));
    }
    let mut months: BTreeSet<i32> = BTreeSet::new();
    for (InstitutionMonth { institution, month }, arrived) in view.reach().arrived(arena) {
        let place = places.entry(arena.text(institution)).or_insert_with(|| place(institution));
        place.months.entry(month).or_default().0 = arrived;
        months.insert(month);
    }
    for (InstitutionMonth { institution, month }, unjudged) in view.unjudged() {
        if institution.is_some() {
            let place = places.entry(arena.text(institution)).or_insert_with(|| place(institution));
            place.months.entry(month).or_default().1 = unjudged;
            months.insert(month);
        }
    }
    let mut institutions = folder.draft(files::INSTITUTIONS)?;
    let mut reach = folder.draft(files::COVERAGE_BY_INSTITUTION)?;
    for (code, place) in &places {
        institutions.line(&institution(arena, code, place))?;
        let sent = |kind: usize| place.months.values().any(|(arrived, _)| arrived.of_kind(kind) > 0);
        let sent: Vec<bool> = (0..KINDS.len()).map(sent).collect();
        for month in &months {
            reach.line(&of_month(view, code, place, &sent, *month))?;
        }
    }
    let mut labels = folder.draft(files::LABELS)?;
    for row in view.reach().labels(arena) {
        labels.line(&label(arena, row))?;
    }
    Ok([institutions, reach, labels])
}

fn institution(arena: &Arena, code: &str, place: &InstitutionMonths) -> Institution {
    let turnover = |(month, (arrived, _)): (&i32, &(Arrived, Unjudged))| {
        let turnover = Turnover { settlements: arrived.settlements, fund_pay_sumamt: FenSum(arrived.fund) };
        (arrived.settlements != 0).then(|| (format_month(*month), turnover))
    };
    let months = place.months.iter().filter_map(turnover).collect();
    let blank = Institution { fixmedins_code: code.to_owned(), months, ..Institution::default() };
    let Some(row) = place.row else { return blank };
    let row = row::institution(arena, row);
    Institution {
        fixmedins_name: row.name.is_some().then(|| arena.text(row.name)),
        fixmedins_type: Some(row.institution_type.code().to_owned()),
        hosp_lv: row.level.map(|level| level.code().to_owned()),
        admdvs: Some(arena.text(row.admdvs)),
        beds: row.beds,
        ..blank
    }
}

fn of_month(
    view: &AlertView,
    code: &str,
    place: &InstitutionMonths,
    sent: &[bool],
    month: i32,
) -> InstitutionCoverage {
    let nothing = (Arrived::default(), Unjudged::new());
    let (arrived, unjudged) = place.months.get(&month).unwrap_or(&nothing);
    let kinds = || (0..KINDS.len()).map(|nth| (nth, KINDS[nth].name()));
    let sort = place.row.map_or(0, |row| row::institution(view.arena(), row).institution_type as usize);
    let mut not_judged: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for ((rule, missing), n) in unjudged {
        let rule = &view.compiled_bank().rules[usize::from(*rule)].id;
        not_judged.entry(rule.clone()).or_default().insert(missing.reason().to_owned(), *n);
    }
    InstitutionCoverage {
        fixmedins_code: code.to_owned(),
        month: format_month(month),
        records: kinds().map(|(nth, name)| (name.to_owned(), arrived.of_kind(nth))).collect(),
        never: kinds()
            .filter(|(nth, name)| !sent[*nth] && EXPECTED[sort].contains(name))
            .map(|(_, name)| name.to_owned())
            .collect(),
        silent: kinds()
            .filter(|(nth, _)| sent[*nth] && arrived.of_kind(*nth) == 0)
            .map(|(_, name)| name.to_owned())
            .collect(),
        late: kinds()
            .filter(|(nth, _)| arrived.of_kind(*nth) > 0)
            .map(|(nth, name)| (name.to_owned(), lateness(arrived, nth)))
            .collect(),
        not_judged,
    }
}

fn lateness(arrived: &Arrived, kind: usize) -> Lateness {
    let [within_1d, within_3d, within_7d, over_7d, unknown] = arrived.records[kind];
    Lateness { within_1d, within_3d, within_7d, over_7d, unknown }
}

fn label(arena: &Arena, row: RowRef) -> Label {
    let mut fields: BTreeMap<&str, String> = render::fields(arena, row).into_iter().collect();
    let mut take = |name: &str| fields.remove(name);
    Label {
        case_id: render::key(arena, row).concat(),
        subject_type: take("subject_type").unwrap_or_default(),
        subject_id: take("subject_id").unwrap_or_default(),
        period_begin: take("period_begin"),
        period_end: take("period_end"),
        scheme: take("scheme"),
        decision: take("decision").unwrap_or_default(),
        amount: row::label(arena, row).amount.map(Fen),
        decided_at: take("decided_at").unwrap_or_default(),
        source: take("source"),
    }
}
