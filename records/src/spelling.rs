//! The spellings of times and dates that real exports have, and what is wrong with others.
//!
//! A date is `YYYY-M-D`, `YYYY/M/D` (months and days of one or two digits) or `YYYYMMDD`. A time is a date, then `T`, `t`
//! or white space, then `H:MM`, `H:MM:SS` or `H:MM:SS.fraction` (hours of one or two digits, the fraction is cut), then
//! perhaps an offset (`Z`, `z`, `+08:00`, `+0800`, `+08`); or the 14 digits `YYYYMMDDHHMMSS`. Without an offset it is
//! China Standard Time. A date field takes a time as well if its clock shows midnight in China.
//!
//! # Source
//! The contract, section 1, "Times".

use crate::spaces::SPACES;
use crate::time::{
    CHINA_AHEAD_SECONDS, Day, FIRST_DAY, LAST_DAY, Moment, day_of, days_from_civil, days_of_month,
    parse_date, parse_time, start_of,
};

/// Why a text is not the time or date that its field wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeFault {
    /// Not written in any of the spellings.
    #[error("is written in no way that is read; a time is YYYY-MM-DD HH:MM:SS, a date YYYY-MM-DD")]
    Spelling,
    /// A day that no month has.
    #[error("names a day that does not exist")]
    NoSuchDay,
    /// `24:00`.
    #[error("has the clock 24:00; midnight is 00:00 of the next day")]
    Hour24,
    /// Second 60.
    #[error("has the second 60, which is not read")]
    Second60,
    /// Outside of what is read.
    #[error("is not of the years 1900 to 2099 in China Standard Time")]
    Years,
    /// A date where a time is wanted.
    #[error("is a date, where a time is wanted")]
    DateForTime,
    /// Another clock than midnight where a date is wanted.
    #[error("has another clock than midnight (China Standard Time), where a date is wanted")]
    ClockForDate,
}

/// Reads a moment in any of the spellings.
///
/// # Errors
/// What is wrong with the text.
///
/// # Example
/// ```
/// use records::spelling::{TimeFault, read_time};
/// use records::time::parse_time;
///
/// for same in ["2025/3/1 8:30", "20250301083000", "2025-03-01T00:30:00.000Z", "2025-03-01 08:30:00+0800"] {
///     assert_eq!(read_time(same).ok(), parse_time("2025-03-01 08:30:00"));
/// }
/// assert_eq!(read_time("2025-02-29 08:30"), Err(TimeFault::NoSuchDay));
/// assert_eq!(read_time("2025-03-01"), Err(TimeFault::DateForTime));
/// ```
#[inline]
pub fn read_time(text: &str) -> Result<Moment, TimeFault> {
    match parse_time(text) {
        Some(moment) => Ok(moment),
        None => other_time(text.as_bytes()),
    }
}

/// Reads a day in any of the spellings; a time is one if its clock shows midnight in China.
///
/// # Errors
/// What is wrong with the text.
#[inline]
pub fn read_date(text: &str) -> Result<Day, TimeFault> {
    match parse_date(text) {
        Some(day) => Ok(day),
        None => other_date(text.as_bytes()),
    }
}

#[cold]
fn other_time(text: &[u8]) -> Result<Moment, TimeFault> {
    match written(text)? {
        (_, None) => Err(TimeFault::DateForTime),
        (day, Some(clock)) => moment(day, clock),
    }
}

#[cold]
fn other_date(text: &[u8]) -> Result<Day, TimeFault> {
    match written(text)? {
        (day, None) if (FIRST_DAY..=LAST_DAY).contains(&day) => Ok(day),
        (_, None) => Err(TimeFault::Years),
        (day, Some(clock)) => {
            let moment = moment(day, clock)?;
            let day = day_of(moment);
            if moment == start_of(day) { Ok(day) } else { Err(TimeFault::ClockForDate) }
        }
    }
}

/// Seconds since midnight, and seconds that the clock is ahead of UTC, if it says so.
type Clock = (i64, Option<i64>);

fn moment(day: Day, (clock, ahead): Clock) -> Result<Moment, TimeFault> {
    let moment = start_of(day) + clock + CHINA_AHEAD_SECONDS - ahead.unwrap_or(CHINA_AHEAD_SECONDS);
    let read = start_of(FIRST_DAY)..start_of(LAST_DAY + 1);
    if read.contains(&moment) { Ok(moment) } else { Err(TimeFault::Years) }
}

/// The day and the clock that a text states.
fn written(text: &[u8]) -> Result<(Day, Option<Clock>), TimeFault> {
    let mut rest = Rest(text);
    if text.len() == 14 && text.iter().all(u8::is_ascii_digit) {
        let date = rest.compact_date().ok_or(TimeFault::Spelling)?;
        let clock = [rest.number(2, 2), rest.number(2, 2), rest.number(2, 2)];
        let [Some(hour), Some(minute), Some(second)] = clock else { return Err(TimeFault::Spelling) };
        return Ok((day(date)?, Some((seconds(hour, minute, second)?, None))));
    }
    let date = rest.date().ok_or(TimeFault::Spelling)?;
    if rest.0.is_empty() {
        return Ok((day(date)?, None));
    }
    let (hour, minute, second, ahead) = rest.clock().ok_or(TimeFault::Spelling)?;
    Ok((day(date)?, Some((seconds(hour, minute, second)?, ahead))))
}

fn day((year, month, day): (i32, u32, u32)) -> Result<Day, TimeFault> {
    if (1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day) {
        Ok(days_from_civil(year, month, day))
    } else {
        Err(TimeFault::NoSuchDay)
    }
}

fn seconds(hour: u32, minute: u32, second: u32) -> Result<i64, TimeFault> {
    match (hour, minute, second) {
        (24, 0, 0) => Err(TimeFault::Hour24),
        (0..24, 0..60, 60) => Err(TimeFault::Second60),
        (0..24, 0..60, 0..60) => Ok(i64::from(hour * 3_600 + minute * 60 + second)),
        _ => Err(TimeFault::Spelling),
    }
}

/// What is still to be read of a text.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// A number of at least and at most so many digits.
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let digits = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        (digits >= least).then(|| number.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
    }

    /// Passes this byte.
    fn pass(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    /// `YYYYMMDD`.
    fn compact_date(&mut self) -> Option<(i32, u32, u32)> {
        Some((self.number(4, 4)?.cast_signed(), self.number(2, 2)?, self.number(2, 2)?))
    }

    /// A date in any spelling.
    fn date(&mut self) -> Option<(i32, u32, u32)> {
        let separator = match *self.0.get(4)? {
            separator @ (b'-' | b'/') => separator,
            _ => return self.compact_date(),
        };
        let year = self.number(4, 4)?.cast_signed();
        self.pass(separator)?;
        let month = self.number(1, 2)?;
        self.pass(separator)?;
        Some((year, month, self.number(1, 2)?))
    }

    /// What stands behind a date, to the end: hour, minute, second, and the seconds that it is ahead of UTC.
    fn clock(&mut self) -> Option<(u32, u32, u32, Option<i64>)> {
        match self.0 {
            [b'T' | b't', rest @ ..] => self.0 = rest,
            _ => self.pass_space()?,
        }
        let hour = self.number(1, 2)?;
        self.pass(b':')?;
        let minute = self.number(2, 2)?;
        let mut second = 0;
        if self.pass(b':').is_some() {
            second = self.number(2, 2)?;
            if self.pass(b'.').is_some() {
                let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
                self.0 = self.0.get(digits..).filter(|_| digits > 0)?;
            }
        }
        let ahead = if self.0.is_empty() { None } else { Some(self.offset()?) };
        Some((hour, minute, second, ahead))
    }

    /// Passes white space, of which there is some.
    fn pass_space(&mut self) -> Option<()> {
        let text = std::str::from_utf8(self.0).ok()?;
        let rest = text.trim_start_matches(SPACES);
        self.0 = rest.as_bytes();
        (rest.len() < text.len()).then_some(())
    }

    /// An offset, to the end.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.0 {
            [b'Z' | b'z'] => return Some(0),
            [b'+', ..] => 1,
            [b'-', ..] => -1,
            _ => return None,
        };
        self.0 = &self.0[1..];
        let hours = self.number(2, 2).filter(|hours| *hours < 24)?;
        let mut minutes = 0;
        if !self.0.is_empty() {
            let _ = self.pass(b':');
            minutes = self.number(2, 2).filter(|minutes| *minutes < 60)?;
        }
        self.0.is_empty().then(|| sign * i64::from(hours * 3_600 + minutes * 60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{format_date, format_time};

    #[test]
    fn one_moment_has_many_spellings() {
        for same in [
            "2025-03-01 08:05:09",
            "2025-03-01T08:05:09",
            "2025-03-01t08:05:09.123456",
            "2025-03-01  8:05:09",
            "2025-03-01\t08:05:09",
            "2025-03-01\u{3000}08:05:09",
            "2025/03/01 08:05:09",
            "2025/3/1 8:05:09",
            "2025-3-1 8:05:09.0",
            "20250301 08:05:09",
            "20250301T8:05:09+08:00",
            "20250301080509",
            "2025-03-01T00:05:09Z",
            "2025-03-01T00:05:09.000z",
            "2025-03-01 00:05:09+0000",
            "2025-03-01T08:05:09+0800",
            "2025-03-01T08:05:09+08",
            "2025/2/28 19:05:09-05",
            "2025-03-02T00:04:09+23:59",
        ] {
            assert_eq!(read_time(same).map(format_time), Ok("2025-03-01 08:05:09".to_owned()), "{same}");
        }
        assert_eq!(read_time("2025/3/1 8:05"), read_time("2025-03-01 08:05:00"));
        assert_eq!(read_time("2025/3/1 8:05Z"), read_time("2025-03-01 16:05:00"));
        assert_eq!(read_time("1899-12-31T16:00:00Z").map(format_time), Ok("1900-01-01 00:00:00".to_owned()));
    }

    #[test]
    fn one_day_has_many_spellings() {
        for same in [
            "2025-03-01",
            "2025/03/01",
            "2025/3/1",
            "2025-3-1",
            "20250301",
            "2025-03-01 00:00:00",
            "2025-03-01 00:00",
            "2025-03-01T0:00:00.000",
            "20250301000000",
            "2025-02-28T16:00:00Z",
        ] {
            assert_eq!(read_date(same).map(format_date), Ok("2025-03-01".to_owned()), "{same}");
        }
    }

    #[test]
    fn each_fault_is_told_from_the_others() {
        use TimeFault::{ClockForDate, DateForTime, Hour24, NoSuchDay, Second60, Spelling, Years};
        for (text, fault) in [
            ("2025-02-29 08:00", NoSuchDay),
            ("2025-13-01 08:00", NoSuchDay),
            ("20250431080000", NoSuchDay),
            ("2025-00-10 08:00:00", NoSuchDay),
            ("2025-03-01 24:00:00", Hour24),
            ("2025-03-01T24:00", Hour24),
            ("20250301240000", Hour24),
            ("2025-03-01 23:59:60", Second60),
            ("2025-03-01T23:59:60Z", Second60),
            ("1899-12-31 23:59:59", Years),
            ("2100/1/1 0:00", Years),
            ("2099-12-31T16:00:00Z", Years),
            ("0000-01-01 00:00:00", Years),
            ("2025-03-01", DateForTime),
            ("20250301", DateForTime),
            ("2025/3/1", DateForTime),
            ("2025-03-01 25:00", Spelling),
            ("2025-03-01 24:30", Spelling),
            ("2025-03-01 08:60", Spelling),
            ("2025-03-01 08:00:61", Spelling),
            ("2025-03/01 08:00:00", Spelling),
            ("2025.03.01 08:00:00", Spelling),
            ("25-03-01 08:00:00", Spelling),
            ("2025-03-001 08:00:00", Spelling),
            ("2025-3-1 08:0:00", Spelling),
            ("2025-03-01 08", Spelling),
            ("2025-03-01 080000", Spelling),
            ("2025-03-01T 08:00:00", Spelling),
            ("2025-03-0108:00:00", Spelling),
            ("2025-03-01 08:00:00.", Spelling),
            ("2025-03-01 08:00.5", Spelling),
            ("2025-03-01 08:00:00 +0800", Spelling),
            ("2025-03-01 08:00:00+8", Spelling),
            ("2025-03-01 08:00:00+080", Spelling),
            ("2025-03-01 08:00:00+24", Spelling),
            ("2025-03-01 08:00:00+08:", Spelling),
            ("2025-03-01 08:00:00Z+08", Spelling),
            ("20250301080000Z", Spelling),
            ("202503010800", Spelling),
            ("2025年3月1日", Spelling),
            ("1740794400000", Spelling),
            ("", Spelling),
            ("2025", Spelling),
        ] {
            assert_eq!(read_time(text), Err(fault), "{text}");
        }
        for (text, fault) in [
            ("2025-02-29", NoSuchDay),
            ("20250229", NoSuchDay),
            ("1899-12-31", Years),
            ("2100/1/1", Years),
            ("2025-03-01 00:00:01", ClockForDate),
            ("2025-03-01T00:00:00Z", ClockForDate),
            ("20250301080000", ClockForDate),
            ("2025-03-01 24:00", Hour24),
            ("2025-3", Spelling),
            ("2025-03-01 ", Spelling),
            ("2025-03-01T", Spelling),
            ("250301", Spelling),
        ] {
            assert_eq!(read_date(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn what_the_quick_way_reads_the_other_reads_alike() {
        for text in ["2025-03-01 08:05:09", "2025-03-01T08:05:09Z", "2025-03-01 08:05:09.5-03:30"] {
            assert_eq!(other_time(text.as_bytes()).ok(), parse_time(text), "{text}");
        }
        for text in ["1900-01-01", "2099-12-31", "2024-02-29"] {
            assert_eq!(other_date(text.as_bytes()).ok(), parse_date(text), "{text}");
        }
    }
}
