//! What an inspection costs in inspector days, by type and level of the place.
//!
//! A table of three columns, `fixmedins_type,hosp_lv,days`; a row without a level is for every level that has no
//! row of its own. `days` are the days of all inspectors together, so they do not depend on how many go: two people
//! for three days are six. Where the type is known and the level is not, the middle row of the type counts; where
//! the type is not known either, the middle row of all places. The rows `practitioner` and `person` are what looking
//! at one of them costs.

use std::collections::BTreeMap;
use std::fmt;

use records::decimal::parse_scaled;

use crate::table;

/// Thousandths in a day.
const THOUSANDTHS: i64 = 1000;

/// Days of work, exact to a thousandth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct InspectorDays(i64);

impl InspectorDays {
    /// Days of this many thousandths.
    pub fn of_thousandths(thousandths: i64) -> InspectorDays {
        InspectorDays(thousandths)
    }

    /// Reads a number of at most three places that is not below 0.
    pub fn parse(text: &str) -> Option<InspectorDays> {
        parse_scaled(text, 3).ok().filter(|days| *days >= 0).map(InspectorDays)
    }

    /// In thousandths of a day.
    pub fn thousandths(self) -> i64 {
        self.0
    }

    /// As a number for machines.
    pub fn number(self) -> f64 {
        self.to_string().parse().expect("days are written as a number")
    }
}

impl fmt::Display for InspectorDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / THOUSANDTHS, self.0 % THOUSANDTHS);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{rest:03}").trim_end_matches('0'))
    }
}

/// What is wrong with a table of effort, and in which line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct EffortError {
    /// From 1.
    pub line: usize,
    /// A fragment without a full stop.
    pub what: String,
}

/// Inspector days by type and level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effort {
    /// By type (or `practitioner`, `person`) and level; the level of a row for all levels is empty.
    rows: BTreeMap<(String, String), InspectorDays>,
}

impl Effort {
    /// The text of the table that is built in: rough figures, there to be replaced by a bureau's own.
    pub const BUILT_IN: &str = include_str!("../effort.csv");

    /// The table that is built in.
    pub fn built_in() -> Effort {
        Effort::read(Effort::BUILT_IN).expect("the table in the program is right; a test reads it")
    }

    /// Reads a table.
    ///
    /// # Errors
    /// The first line that is wrong, and why.
    pub fn read(text: &str) -> Result<Effort, EffortError> {
        let wrong = |line: usize, what: String| Err(EffortError { line, what });
        let read = table::rows(text, [&["fixmedins_type"], &["hosp_lv"], &["days"]]);
        let read = read.map_err(|(line, what)| EffortError { line, what })?;
        let mut rows = BTreeMap::new();
        for (number, [kind, level, days]) in read {
            if !["1", "2", "3", PRACTITIONER, PERSON].contains(&kind.as_str()) {
                return wrong(number, format!("`{kind}` is neither 1, 2, 3 nor {PRACTITIONER} or {PERSON}"));
            }
            let Some(days) = InspectorDays::parse(&days).filter(|days| days.0 > 0) else {
                return wrong(number, format!("`{days}` is no number of days above 0 with at most 3 places"));
            };
            if rows.insert((kind.clone(), level.clone()), days).is_some() {
                return wrong(number, format!("type {kind}, level `{level}` stands twice"));
            }
        }
        if !rows.keys().any(|(kind, _)| is_place(kind)) {
            return wrong(1, "no row speaks of an institution".to_owned());
        }
        Ok(Effort { rows })
    }

    /// Days for an institution of this type and level, either of which may be unknown.
    pub fn institution(&self, kind: Option<&str>, level: Option<&str>) -> InspectorDays {
        let row = |kind: &str, level: &str| self.rows.get(&(kind.to_owned(), level.to_owned())).copied();
        let kind = kind.unwrap_or_default();
        row(kind, level.unwrap_or_default())
            .or_else(|| row(kind, ""))
            .or_else(|| middle(self.rows.iter().filter(|((other, _), _)| other == kind)))
            .or_else(|| middle(self.rows.iter().filter(|((other, _), _)| is_place(other))))
            .expect("a table without an institution is refused")
    }

    /// Days for one practitioner.
    pub fn practitioner(&self) -> InspectorDays {
        self.head(PRACTITIONER)
    }

    /// Days for one person.
    pub fn person(&self) -> InspectorDays {
        self.head(PERSON)
    }

    fn head(&self, kind: &str) -> InspectorDays {
        self.rows.get(&(kind.to_owned(), String::new())).copied().unwrap_or(InspectorDays(THOUSANDTHS))
    }
}

const PRACTITIONER: &str = "practitioner";
const PERSON: &str = "person";

fn is_place(kind: &str) -> bool {
    kind != PRACTITIONER && kind != PERSON
}

/// The middle of these rows by their days, the lower one of two.
fn middle<'r>(
    rows: impl Iterator<Item = (&'r (String, String), &'r InspectorDays)>,
) -> Option<InspectorDays> {
    let mut days: Vec<InspectorDays> = rows.map(|(_, days)| *days).collect();
    days.sort_unstable();
    days.get(days.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_level_costs_the_middle_of_its_type() {
        let effort =
            Effort::read("fixmedins_type,hosp_lv,days\n1,02,20\n1,05,10\n1,08,4\n2,,2\n3,,1.5\n").unwrap();
        let days = |kind, level| effort.institution(kind, level).to_string();
        assert_eq!(days(Some("1"), Some("08")), "4");
        assert_eq!(days(Some("1"), None), "10");
        assert_eq!(days(Some("1"), Some("11")), "10");
        assert_eq!(days(Some("2"), Some("01")), "2");
        assert_eq!(days(Some("3"), None), "1.5");
        assert_eq!(days(None, None), "4");
        assert_eq!(effort.person().to_string(), "1");
        assert!(Effort::built_in().institution(Some("1"), Some("01")) > Effort::built_in().person());
    }

    #[test]
    fn a_wrong_line_is_named() {
        let message = |text: &str| Effort::read(text).unwrap_err().to_string();
        assert_eq!(message("type,days\n"), "line 1: the header must be fixmedins_type,hosp_lv,days");
        let header = "fixmedins_type,hosp_lv,days\n";
        assert_eq!(message(header), "line 1: no row speaks of an institution");
        assert_eq!(
            message(&format!("{header}1,01,0\n")),
            "line 2: `0` is no number of days above 0 with at most 3 places"
        );
        assert_eq!(
            message(&format!("{header}1,01,4\n\n1,01,5\n")),
            "line 4: type 1, level `01` stands twice"
        );
        assert_eq!(
            message(&format!("{header}9,,4\n")),
            "line 2: `9` is neither 1, 2, 3 nor practitioner or person"
        );
    }
}
