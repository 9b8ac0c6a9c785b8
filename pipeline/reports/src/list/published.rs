//! What is published of a list beside its rows, so that anybody can prove its draws: `NAME.draw.json`.

use std::collections::{BTreeMap, BTreeSet};

use selection::decision::LabelCount;
use selection::draw::team::{self, Inspector, Site};
use selection::draw::{Frame, inclusion_probability, sha256};
use selection::effort::InspectorDays;
use wire::list::{Draw, DrawReason, LabelCounts, ListRow, Lot, Team, Teams};

/// Labels, counted, as a list publishes them.
pub fn label_counts(count: LabelCount) -> LabelCounts {
    LabelCounts { labels: count.labels, undecided: count.undecided, vague: count.vague }
}

/// Draws the control group.
pub fn control_draw(
    frame: &Frame,
    ranked: &BTreeSet<String>,
    seed: Option<&str>,
    control: usize,
    left_out: BTreeMap<String, String>,
) -> Draw {
    let drawn = seed.map(|seed| frame.control(ranked, seed, control)).unwrap_or_default();
    let open = frame.len() - ranked.iter().filter(|code| frame.holds(code)).count();
    Draw {
        seed: seed.map(str::to_owned),
        control: control as u64,
        frame_size: frame.len() as u64,
        frame_hash: frame.hash(),
        open: open as u64,
        inclusion_probability: inclusion_probability(drawn.len(), open),
        drawn: drawn.into_iter().map(|drawn| Lot { fixmedins_code: drawn.code, lot: drawn.lot }).collect(),
        left_out,
    }
}

/// Draws a team of `size` for each place of the list to which somebody goes.
pub fn teams(rows: &[ListRow], seed: &str, file: &str, inspectors: &[Inspector], size: usize) -> Teams {
    let stops: Vec<Site> = stops(rows).collect();
    let by_code: BTreeMap<&str, &Site> = stops.iter().map(|stop| (stop.code.as_str(), stop)).collect();
    let mut workload: BTreeMap<String, i64> = inspectors.iter().map(|i| (i.id.clone(), 0)).collect();
    let mut teams = Vec::new();
    for team in team::draw(seed, &stops, inspectors, size) {
        let stop = by_code[team.code.as_str()];
        for id in &team.members {
            *workload.entry(id.clone()).or_default() += stop.effort.thousandths();
        }
        teams.push(Team {
            admdvs: stop.admdvs.clone(),
            effort_days: stop.effort.number(),
            fixmedins_code: team.code,
            team: team.members,
            recused: team.recused,
        });
    }
    let number = |days: i64| InspectorDays::of_thousandths(days).number();
    Teams {
        inspectors_sha256: sha256(file.as_bytes()),
        inspectors: inspectors.len() as u64,
        size: size as u64,
        teams,
        workload: workload.into_iter().map(|(id, days)| (id, number(days))).collect(),
    }
}

/// Where somebody goes: the planned places, or all of the list where there is no plan.
fn stops(rows: &[ListRow]) -> impl Iterator<Item = Site> {
    rows.iter().filter(|row| row.planned != Some(false)).map(|row| Site {
        code: row.id().to_owned(),
        admdvs: row.admdvs.clone(),
        effort: InspectorDays::parse(&row.effort_days.to_string()).unwrap_or_default(),
    })
}

/// The codes of the rows that are on the list for this reason, in their order.
pub fn codes(rows: &[ListRow], drawn: DrawReason) -> Vec<String> {
    rows.iter().filter(|row| row.drawn == drawn).map(|row| row.id().to_owned()).collect()
}
