//! The days that a list is about, and months.
//!
//! A period includes both of its ends, either of which may be open; a month is a number, so that months can be compared
//! and sorted. The calendar itself is that of [`records::time`].

use std::fmt;

use records::time::{first_of, format_date, format_month, month_of, parse_date};

/// Days from the first to the last, both of them in it; either end may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first day; none: since ever.
    pub first: Option<i32>,
    /// The last day; none: without end.
    pub last: Option<i32>,
}

/// A calendar month: months since the year 0. Written `YYYY-MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(i32);

impl Month {
    /// The month of a day.
    pub fn of(day: i32) -> Month {
        Month(month_of(day))
    }

    /// Reads `YYYY-MM`.
    pub fn parse(text: &str) -> Option<Month> {
        (text.len() == 7).then(|| parse_date(&format!("{text}-01"))).flatten().map(Month::of)
    }

    /// Its first day.
    pub fn first(self) -> i32 {
        first_of(self.0)
    }

    /// Its last day.
    pub fn last(self) -> i32 {
        Month(self.0 + 1).first() - 1
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_month(self.0))
    }
}

impl Period {
    /// Every day.
    pub const ALWAYS: Period = Period { first: None, last: None };

    /// Reads `A..B`, where each end is a day (`2025-03-31`), a month (`2025-03`) or nothing; a day or month alone is
    /// a period of its own.
    ///
    /// # Errors
    /// Why the text is no period, as a fragment.
    pub fn parse(text: &str) -> Result<Period, String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let end = |text: &str, of_month: fn(Month) -> i32| match text.trim() {
            "" => Ok(None),
            text => match parse_date(text).or_else(|| Month::parse(text).map(of_month)) {
                Some(day) => Ok(Some(day)),
                None => Err(format!("`{text}` is neither a day (2025-03-31) nor a month (2025-03)")),
            },
        };
        let period = Period { first: end(first, Month::first)?, last: end(last, Month::last)? };
        match period {
            Period { first: Some(first), last: Some(last) } if first > last => {
                Err(format!("{text} ends before it begins"))
            }
            period => Ok(period),
        }
    }

    /// Whether the day is in it.
    pub fn holds(&self, day: i32) -> bool {
        self.first.is_none_or(|first| first <= day) && self.last.is_none_or(|last| day <= last)
    }

    /// Whether any day of the month is in it.
    pub fn touches(&self, month: Month) -> bool {
        self.first.is_none_or(|first| first <= month.last())
            && self.last.is_none_or(|last| month.first() <= last)
    }

    /// Its days within another period.
    pub fn within(&self, other: &Period) -> Period {
        let later = |a: Option<i32>, b: Option<i32>| a.max(b);
        let earlier = |a: Option<i32>, b: Option<i32>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Period { first: later(self.first, other.first), last: earlier(self.last, other.last) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |day: Option<i32>| day.map(format_date).unwrap_or_default();
        write!(f, "{}..{}", end(self.first), end(self.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_of_days_or_months_both_ends_counted() {
        for (text, days) in [
            ("2025-01..2025-02", "2025-01-01..2025-02-28"),
            ("2024-02", "2024-02-01..2024-02-29"),
            ("2025-12-31..2026-01", "2025-12-31..2026-01-31"),
            ("2025-03-01..", "2025-03-01.."),
            ("..", ".."),
        ] {
            assert_eq!(Period::parse(text).unwrap().to_string(), days);
        }
        assert_eq!(Period::parse("2025-02..2025-01").unwrap_err(), "2025-02..2025-01 ends before it begins");
        assert!(Period::parse("2025-13").is_err() && Period::parse("2025").is_err());
        let day = |text| parse_date(text).unwrap();
        let period = Period::parse("2025-01..2025-02").unwrap();
        assert!(period.holds(day("2025-02-28")) && !period.holds(day("2025-03-01")));
        assert!(
            period.touches(Month::parse("2025-02").unwrap()) && !period.touches(Month::of(day("2024-12-31")))
        );
        let within = period.within(&Period::parse("2025-02-03..").unwrap());
        assert_eq!(within.to_string(), "2025-02-03..2025-02-28");
    }
}
