//! Who goes: inspectors drawn for each place by lot, without those who must not go, and with even workloads.
//!
//! Places are taken in the order of their lots (seed and code). For each of them the inspectors stand in the order of
//! theirs (seed, code and id). Who is at home in the place's region, or is recused from the place or its region, is
//! passed over. Of the others those go first who have no more days so far than all of them have in the mean; if they
//! are too few, the rest follow by their days so far. Every one who goes has the days of the visit added to his. All
//! of it follows from the published list, the inspectors' file and the seed.

use std::collections::{BTreeMap, BTreeSet};

use super::{fits, lot};
use crate::effort::InspectorDays;
use crate::table;

/// An inspector of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspector {
    /// As the list names it.
    pub id: String,
    /// The region it comes from; empty: none.
    pub home: String,
    /// Institutions and regions it must not inspect.
    pub recusals: BTreeSet<String>,
}

/// A place to inspect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its fixmedins_code.
    pub code: String,
    /// Its region, if known.
    pub admdvs: Option<String>,
    /// Days that it takes.
    pub effort: InspectorDays,
}

/// Who goes to a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// The place's fixmedins_code.
    pub code: String,
    /// Ids, in the order in which they were drawn; fewer than asked for where no more may go.
    pub members: Vec<String>,
    /// Ids of those who were passed over because they must not go, sorted.
    pub recused: Vec<String>,
}

/// Reads the inspectors' file: CSV with the columns `id`, `admdvs` (the home region, also called `home_region` or
/// `home`; may be empty) and `recusals` (institutions and regions separated by `;`, may be empty).
///
/// # Errors
/// The first line that is wrong, and why.
pub fn read(text: &str) -> Result<Vec<Inspector>, (usize, String)> {
    let rows = table::rows(text, [&["id"], &["admdvs", "home_region", "home"], &["recusals"]])?;
    let mut inspectors: Vec<Inspector> = Vec::new();
    for (number, [id, home, recusals]) in rows {
        if !fits(&id) {
            return Err((number, "the id is empty or has control characters".to_owned()));
        }
        if inspectors.iter().any(|other| other.id == id) {
            return Err((number, format!("{id} stands twice")));
        }
        let recusals = recusals.split(';').map(str::trim).filter(|code| !code.is_empty());
        let recusals = recusals.map(str::to_owned).collect();
        inspectors.push(Inspector { id, home, recusals });
    }
    if inspectors.is_empty() {
        return Err((1, "there is nobody in it".to_owned()));
    }
    Ok(inspectors)
}

/// Draws a team of `size` for each place, in the order in which the places were taken.
pub fn draw(seed: &str, stops: &[Site], inspectors: &[Inspector], size: usize) -> Vec<Team> {
    let mut order: Vec<(String, &Site)> = stops.iter().map(|stop| (lot(&[seed, &stop.code]), stop)).collect();
    order.sort_unstable_by(|(a, x), (b, y)| (a, &x.code).cmp(&(b, &y.code)));
    let mut days: BTreeMap<&str, i64> = inspectors.iter().map(|i| (i.id.as_str(), 0)).collect();
    let mut teams = Vec::new();
    for (_, stop) in order {
        let (may, must_not): (Vec<&Inspector>, Vec<&Inspector>) =
            inspectors.iter().partition(|inspector| inspector.may_go(stop));
        let mut lots: Vec<(String, &str)> =
            may.iter().map(|i| (lot(&[seed, &stop.code, &i.id]), i.id.as_str())).collect();
        lots.sort_unstable();
        // First those with no more days than the mean, then the others by their days.
        let sum: i128 = lots.iter().map(|(_, id)| i128::from(days[id])).sum();
        let count = i128::try_from(lots.len()).unwrap_or(i128::MAX);
        let (mut first, mut rest): (Vec<&str>, Vec<&str>) =
            lots.iter().map(|(_, id)| *id).partition(|id| i128::from(days[id]) * count <= sum);
        // Stable: who has the same days stays in the order of the lots.
        rest.sort_by_key(|id| days[id]);
        first.extend(rest);
        first.truncate(size);
        for id in &first {
            *days.entry(id).or_default() += stop.effort.thousandths();
        }
        let mut recused: Vec<String> = must_not.iter().map(|inspector| inspector.id.clone()).collect();
        recused.sort_unstable();
        teams.push(Team {
            code: stop.code.clone(),
            members: first.into_iter().map(str::to_owned).collect(),
            recused,
        });
    }
    teams
}

impl Inspector {
    /// Whether this inspector may go to this institution: neither at home in its region nor recused.
    fn may_go(&self, stop: &Site) -> bool {
        let region = stop.admdvs.as_deref();
        let at_home = !self.home.is_empty() && region == Some(self.home.as_str());
        !at_home && !self.recusals.contains(&stop.code) && !region.is_some_and(|r| self.recusals.contains(r))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "id,admdvs,recusals\nI1,990101,\nI2,990102,H3;990105\nI3,,\nI4,990103,H1\nI5,990104,\n";

    fn stops(count: usize) -> Vec<Site> {
        let stop = |n: usize| Site {
            code: format!("H{n}"),
            admdvs: Some(format!("99010{}", n % 6)),
            effort: InspectorDays::parse(["2", "5", "9"][n % 3]).unwrap(),
        };
        (0..count).map(stop).collect()
    }

    #[test]
    fn nobody_goes_where_he_must_not_and_everybody_goes_about_as_much() {
        let inspectors = read(FILE).unwrap();
        let stops = stops(60);
        let teams = draw("seed", &stops, &inspectors, 2);
        let mut days: BTreeMap<&str, i64> = BTreeMap::new();
        for team in &teams {
            let stop = stops.iter().find(|stop| stop.code == team.code).unwrap();
            assert_eq!(team.members.len(), 2);
            for id in &team.members {
                assert!(
                    inspectors.iter().find(|i| i.id == *id).unwrap().may_go(stop),
                    "{id} at {}",
                    stop.code
                );
                *days.entry(id).or_default() += stop.effort.thousandths();
            }
            assert_eq!(
                team.recused.contains(&"I4".to_owned()),
                team.code == "H1" || stop.admdvs.as_deref() == Some("990103")
            );
        }
        let (least, most) = (days.values().min().unwrap(), days.values().max().unwrap());
        assert!(most - least <= 18_000, "{days:?}");
        assert_eq!(teams, draw("seed", &stops, &inspectors, 2));
        assert_ne!(teams, draw("other", &stops, &inspectors, 2));
    }

    #[test]
    fn a_team_is_short_where_too_few_may_go() {
        let inspectors = read("id,admdvs,recusals\nI1,990101,\nI2,,H1\nI3,,\n").unwrap();
        let stop = Site {
            code: "H1".to_owned(),
            admdvs: Some("990101".to_owned()),
            effort: InspectorDays::default(),
        };
        let team = draw("s", &[stop], &inspectors, 2).remove(0);
        assert_eq!(
            (team.members, team.recused),
            (vec!["I3".to_owned()], vec!["I1".to_owned(), "I2".to_owned()])
        );
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, line, message) in [
            ("id\n", 1, "the header must be id,admdvs,recusals"),
            ("id,admdvs,recusals\n", 1, "there is nobody in it"),
            ("id,admdvs,recusals\nI1,,\nI1,,\n", 3, "I1 stands twice"),
            ("id,admdvs,recusals\nI1\n", 2, "1 cells where there must be 3"),
            ("id,admdvs,recusals\n,990101,\n", 2, "the id is empty or has control characters"),
        ] {
            assert_eq!(read(text), Err((line, message.to_owned())), "{text:?}");
        }
    }
}
