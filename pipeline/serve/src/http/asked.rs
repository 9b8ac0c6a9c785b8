//! What requests have in common: where a page begins and ends, moments, amounts, divisions; and the database as of the
//! request.

use database::{AlertFilter, Database};
use records::time::{is_civil_time, parse_date, parse_time};
use wire::Fen;

use super::{App, Problem};
use crate::about::SHADOW;
use crate::access::viewer::Viewer;
use crate::projection::Behind;

impl From<Behind> for Problem {
    fn from(behind: Behind) -> Problem {
        Problem::unavailable(behind.to_string())
    }
}

impl From<database::Error> for Problem {
    fn from(error: database::Error) -> Problem {
        match error {
            database::Error::After => Problem::bad_request(error.to_string()),
            database::Error::NoAlert(_) => Problem::not_found(error.to_string()),
            error => Problem::unavailable(format!("the database: {}", crate::error::with_sources(&error))),
        }
    }
}

impl App {
    /// The database with everything that was committed by now.
    pub(super) async fn current_database(&self) -> Result<Database, Problem> {
        let tick = *self.shared.committed.borrow();
        Ok(self.projected.with(tick, self.shared.state.last_sequence()).await?)
    }
}

/// The number behind which a page begins.
pub(super) fn number(asked: Option<&str>) -> Result<u64, Problem> {
    let number = asked.map_or(Ok(0), str::parse::<u64>);
    number.map_err(|_| Problem::bad_request("after: a number is asked for, as `next` gave it"))
}

/// A moment: a day, of which it is the first or the last one, or a time.
pub(super) fn moment(name: &str, asked: Option<&str>, last: bool) -> Result<Option<String>, Problem> {
    let Some(text) = asked else { return Ok(None) };
    if parse_date(text).is_some() && text.len() == "2025-01-01".len() {
        let time = if last { "23:59:59" } else { "00:00:00" };
        return Ok(Some(format!("{text} {time}")));
    }
    if is_civil_time(text) && parse_time(text).is_some() {
        return Ok(Some(text.to_owned()));
    }
    Err(Problem::bad_request(format!("{name}: YYYY-MM-DD, or YYYY-MM-DD HH:MM:SS")))
}

/// An amount in yuan.
pub(super) fn amount(name: &str, asked: Option<&str>) -> Result<Option<i64>, Problem> {
    let read = asked.map(str::parse::<Fen>).transpose();
    let read = read.map_err(|bad| Problem::bad_request(format!("{name}: {bad}")))?;
    Ok(read.map(Fen::fen))
}

/// Whether these are the first digits of a division.
pub(super) fn division(asked: Option<&str>) -> Result<(), Problem> {
    let is_prefix = |of: &str| (1..=6).contains(&of.len()) && of.bytes().all(|digit| digit.is_ascii_digit());
    if asked.is_none_or(is_prefix) {
        return Ok(());
    }
    Err(Problem::bad_request("division: the first one to six digits of an admdvs"))
}

/// A filter by state: by one, or by none for `any`; those that stand if none is named. What shadow rules find is there
/// for those only who may see it.
pub(super) fn of_state(viewer: &Viewer, asked: Option<&str>) -> Result<AlertFilter, Problem> {
    let state = state(asked)?;
    if state.as_deref() == Some(SHADOW) && !viewer.sees_shadow() {
        return Err(Problem::forbidden("alerts.shadow"));
    }
    let without = (!viewer.sees_shadow()).then(|| SHADOW.to_owned());
    Ok(AlertFilter { state, without, ..AlertFilter::default() })
}

/// A state, or `any`; those that stand if none is named.
fn state(asked: Option<&str>) -> Result<Option<String>, Problem> {
    const STATES: [&str; 5] = ["standing", "withdrawn", "aged", "held", "shadow"];
    match asked {
        None => Ok(Some("standing".to_owned())),
        Some("any") => Ok(None),
        Some(state) if STATES.contains(&state) => Ok(Some(state.to_owned())),
        Some(_) => Err(Problem::bad_request(format!("state: any, {}", STATES.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_or_refused() {
        let day = |last| moment("x", Some("2025-03-01"), last).unwrap().unwrap();
        assert_eq!((day(false).as_str(), day(true).as_str()), ("2025-03-01 00:00:00", "2025-03-01 23:59:59"));
        assert_eq!(moment("x", Some("2025-03-01 10:00:00"), true).unwrap().unwrap(), "2025-03-01 10:00:00");
        for bad in ["", "2025-02-30", "2025-3-1", "yesterday", "2025-03-01T10:00:00Z"] {
            assert!(moment("x", Some(bad), true).is_err(), "{bad}");
        }
        assert_eq!(amount("x", Some("12.5")).unwrap(), Some(1_250));
        assert!(amount("x", Some("a lot")).is_err() && number(Some("-1")).is_err());
        assert!(division(Some("34%")).is_err() && state(Some("gone")).is_err());
    }
}
