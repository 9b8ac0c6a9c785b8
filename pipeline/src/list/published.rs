//! What is published of a list beside its rows, so that anybody can prove its draws: `NAME.draw.json`.

use std::collections::{BTreeMap, BTreeSet};

use selection::chance::Chance;
use selection::decision::LabelCount;
use selection::draw::team::{self, Inspector, Site};
use selection::draw::{Frame, inclusion_probability, sha256};
use selection::effort::InspectorDays;
use serde::{Deserialize, Serialize};

use super::estimated::Estimated;
use super::rows::{Drawn, Row};
use super::runs::RunFacts;

/// The facts of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// `institutions`, `practitioners` or `persons`.
    pub of: String,
    /// The days that it is about, `A..B`.
    pub period: String,
    /// The runs it was made of, in the order of the arguments.
    pub runs: Vec<RunFacts>,
    /// Labels that the runs have.
    pub labels: Labels,
    /// How likely a finding of each rule is confirmed.
    pub chances: Vec<RuleChance>,
    /// SHA-256 of the table of effort.
    pub effort_sha256: String,
    /// Inspector days of the plan, if one was asked for.
    pub plan: Option<Plan>,
    /// How many the ranking takes at most.
    pub top: u64,
    /// Their codes, in the order of their ranks; persons are not named here.
    pub ranked: Vec<String>,
    /// The draw; none for practitioners and persons.
    pub draw: Option<Draw>,
    /// Who goes, if inspectors were given.
    pub teams: Option<Teams>,
    /// What the ranking misses, once decisions about the control group have come back.
    pub estimate: Option<Estimated>,
}

/// Labels, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// All of them.
    pub labels: u64,
    /// Nothing is decided yet.
    pub undecided: u64,
    /// They name neither an alert, a record, a period nor a rule, and so say nothing here.
    pub vague: u64,
}

/// The chance that a finding of a rule is confirmed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleChance {
    /// The rule.
    pub rule: String,
    /// Whether this speaks of its indicators.
    pub indicator: bool,
    /// What its owner states.
    pub prior: f64,
    /// How many decisions that is worth.
    pub weight: u32,
    /// Decisions.
    pub decided: u64,
    /// How many of them were confirmed, parts counted as parts.
    pub confirmed: f64,
    /// The chance, to six places.
    pub chance: f64,
}

/// A plan of inspector days.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Days there are.
    pub days: f64,
    /// Days that the planned visits take.
    pub days_planned: f64,
    /// Planned visits.
    pub planned: u64,
}

/// The control draw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// The seed; none where none was given, and then nobody was drawn.
    pub seed: Option<String>,
    /// How many were to be drawn.
    pub control: u64,
    /// Institutions of the frame.
    pub frame_size: u64,
    /// SHA-256 of the frame: its codes sorted by bytes, each ended by a line feed.
    pub frame_hash: String,
    /// Institutions of the frame that are not ranked.
    pub open: u64,
    /// The chance of each of those to be drawn.
    pub inclusion_probability: f64,
    /// Who was drawn, the smallest lot first.
    pub drawn: Vec<Lot>,
    /// Institutions that stand in the runs and not in the frame, and why.
    pub left_out: BTreeMap<String, String>,
}

/// Somebody on whom the lot fell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// The institution.
    pub fixmedins_code: String,
    /// SHA-256 of the seed, a line feed and the code.
    pub lot: String,
}

/// Who goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Teams {
    /// SHA-256 of the inspectors' file.
    pub inspectors_sha256: String,
    /// Inspectors in it.
    pub inspectors: u64,
    /// How many go together.
    pub size: u64,
    /// The teams, in the order in which places were taken.
    pub teams: Vec<TeamOf>,
    /// Days of each inspector.
    pub workload: BTreeMap<String, f64>,
}

/// The team of a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TeamOf {
    /// The institution.
    pub fixmedins_code: String,
    /// Its region.
    pub admdvs: Option<String>,
    /// Days of the visit.
    pub effort_days: f64,
    /// Who goes, in the order of the draw; fewer than `size` where no more may go.
    pub team: Vec<String>,
    /// Who must not go there.
    pub recused: Vec<String>,
}

impl From<LabelCount> for Labels {
    fn from(count: LabelCount) -> Labels {
        Labels { labels: count.labels, undecided: count.undecided, vague: count.vague }
    }
}

impl From<&Chance> for RuleChance {
    fn from(chance: &Chance) -> RuleChance {
        RuleChance {
            rule: chance.rule.clone(),
            indicator: chance.indicator,
            prior: chance.prior,
            weight: chance.weight,
            decided: chance.decided,
            confirmed: chance.confirmed,
            chance: (chance.chance * 1e6).round() / 1e6,
        }
    }
}

impl Draw {
    /// Draws the control group.
    pub fn of(
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
            drawn: drawn
                .into_iter()
                .map(|drawn| Lot { fixmedins_code: drawn.code, lot: drawn.lot })
                .collect(),
            left_out,
        }
    }
}

impl Teams {
    /// Draws a team of `size` for each place of the list to which somebody goes.
    pub fn of(rows: &[Row], seed: &str, file: &str, inspectors: &[Inspector], size: usize) -> Teams {
        let stops: Vec<Site> = stops(rows).collect();
        let by_code: BTreeMap<&str, &Site> = stops.iter().map(|stop| (stop.code.as_str(), stop)).collect();
        let mut workload: BTreeMap<String, i64> = inspectors.iter().map(|i| (i.id.clone(), 0)).collect();
        let mut teams = Vec::new();
        for team in team::draw(seed, &stops, inspectors, size) {
            let stop = by_code[team.code.as_str()];
            for id in &team.members {
                *workload.entry(id.clone()).or_default() += stop.effort.thousandths();
            }
            teams.push(TeamOf {
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
}

/// Where somebody goes: the planned places, or all of the list where there is no plan.
fn stops(rows: &[Row]) -> impl Iterator<Item = Site> {
    rows.iter().filter(|row| row.planned != Some(false)).map(|row| Site {
        code: row.id().to_owned(),
        admdvs: row.admdvs.clone(),
        effort: InspectorDays::parse(&row.effort_days.to_string()).unwrap_or_default(),
    })
}

/// The codes of the rows that are on the list for this reason, in their order.
pub fn codes(rows: &[Row], drawn: Drawn) -> Vec<String> {
    rows.iter().filter(|row| row.drawn == drawn).map(|row| row.id().to_owned()).collect()
}
