//! Days, times and decimals, each from the contract's sentence about it.
//!
//! A day is a count of civil days, a time a count of seconds, both in China Standard Time and both from
//! 1970-01-01. A decimal keeps its digits; money and quantities become whole millionths.

use super::json::is_number;

/// Seconds of a civil day.
pub(crate) const DAY: i64 = 86_400;

/// One whole unit, counted in millionths.
pub(crate) const UNIT: i128 = 1_000_000;

/// Whether the year has a 29 February.
fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The day number of a civil date; years 0 to 9999, counted off one by one.
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year_days = |year: i64| if is_leap(year) { 366 } else { 365 };
    let years: i64 = if year >= 1970 {
        (1970..year).map(year_days).sum()
    } else {
        -(year..1970).map(year_days).sum::<i64>()
    };
    years + (1..month).map(|month| days_of_month(year, month)).sum::<i64>() + day - 1
}

/// Year, month and day of a day number.
pub(crate) fn civil(number: i64) -> (i64, i64, i64) {
    let mut year = 1970 + number / 366;
    while day_number(year + 1, 1, 1) <= number {
        year += 1;
    }
    while day_number(year, 1, 1) > number {
        year -= 1;
    }
    let mut month = 12;
    while day_number(year, month, 1) > number {
        month -= 1;
    }
    (year, month, number - day_number(year, month, 1) + 1)
}

/// The civil day of a time.
pub(crate) fn day_of(time: i64) -> i64 {
    time.div_euclid(DAY)
}

/// `YYYY-MM-DD`.
pub(crate) fn write_day(number: i64) -> String {
    let (year, month, day) = civil(number);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `YYYY-MM-DD HH:MM:SS`.
pub(crate) fn write_time(time: i64) -> String {
    let second = time.rem_euclid(DAY);
    format!("{} {:02}:{:02}:{:02}", write_day(day_of(time)), second / 3600, second / 60 % 60, second % 60)
}

/// Completed years: the year difference, less 1 before the birthday.
///
/// Born on 29 February, the birthday of a common year is 1 March: 28 February is before it, 1 March is not.
pub(crate) fn completed_years(born: i64, day: i64) -> i64 {
    let (born_year, born_month, born_day) = civil(born);
    let (year, month, day) = civil(day);
    year - born_year - i64::from((month, day) < (born_month, born_day))
}

/// `count` ASCII digits at the front of `bytes`, as a number.
fn digits(bytes: &[u8]) -> Option<i64> {
    bytes
        .iter()
        .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

/// A civil date of any year of four digits.
fn any_day(bytes: &[u8]) -> Option<i64> {
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, month, day) = (digits(&bytes[..4])?, digits(&bytes[5..7])?, digits(&bytes[8..])?);
    let stands = (1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day);
    stands.then(|| day_number(year, month, day))
}

fn is_in_range(day: i64) -> bool {
    (1900..=2099).contains(&civil(day).0)
}

/// Reads a date `YYYY-MM-DD` of the years 1900 to 2099.
pub(crate) fn read_day(text: &str) -> Option<i64> {
    any_day(text.as_bytes()).filter(|day| is_in_range(*day))
}

/// Reads `YYYY-MM-DD HH:MM:SS` in China Standard Time, or RFC 3339 with an offset, its fraction cut.
pub(crate) fn read_time(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() < 19 || bytes[13] != b':' || bytes[16] != b':' {
        return None;
    }
    let day = any_day(&bytes[..10])?;
    let (hour, minute, second) = (digits(&bytes[11..13])?, digits(&bytes[14..16])?, digits(&bytes[17..19])?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let clock = day * DAY + hour * 3600 + minute * 60 + second;
    let rest = &bytes[19..];
    let time = match bytes[10] {
        b' ' if rest.is_empty() => clock,
        b' ' | b'T' | b't' => clock - read_offset(rest)? + 8 * 3600,
        _ => return None,
    };
    is_in_range(day_of(time)).then_some(time)
}

/// What follows the seconds in RFC 3339: a fraction or none, then the offset in seconds east.
fn read_offset(rest: &[u8]) -> Option<i64> {
    let mut rest = rest;
    if let Some(fraction) = rest.strip_prefix(b".") {
        let length = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 {
            return None;
        }
        rest = &fraction[length..];
    }
    match rest {
        b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), clock @ ..] if clock.len() == 5 && clock[2] == b':' => {
            let (hour, minute) = (digits(&clock[..2])?, digits(&clock[3..])?);
            let offset = hour * 3600 + minute * 60;
            (hour <= 23 && minute <= 59).then_some(if *sign == b'-' { -offset } else { offset })
        }
        _ => None,
    }
}

/// A number by value: `digits` × 10^`exponent`, without a zero at either end; nought has no digits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decimal {
    pub(crate) is_negative: bool,
    pub(crate) digits: String,
    pub(crate) exponent: i64,
}

/// Why a number cannot be an amount.
pub(crate) struct TooFine;

impl Decimal {
    /// Reads the text of a JSON number.
    pub(crate) fn read(text: &str) -> Option<Decimal> {
        if !is_number(text) {
            return None;
        }
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Decimal { is_negative: false, digits, exponent: 0 });
        }
        // An exponent beyond 18 digits is beyond every limit whichever way it points.
        let exponent = exponent.parse::<i64>().unwrap_or(match exponent.starts_with('-') {
            true => -1_000_000_000_000,
            false => 1_000_000_000_000,
        });
        let trailing = all.len() - all.trim_end_matches('0').len();
        let shift = i64::try_from(trailing).ok()? - i64::try_from(fraction.len()).ok()?;
        Some(Decimal { is_negative, digits, exponent: exponent.saturating_add(shift) })
    }

    /// The number in millionths, if it has at most `places` non-zero places and is below 10^12 in magnitude.
    pub(crate) fn millionths(&self, places: i64) -> Result<i128, TooFine> {
        let length = i64::try_from(self.digits.len()).map_err(|_| TooFine)?;
        if self.exponent < -places || length.saturating_add(self.exponent) > 12 {
            return Err(TooFine);
        }
        let zeros = usize::try_from(self.exponent + 6).map_err(|_| TooFine)?;
        let magnitude: i128 =
            format!("0{}{}", self.digits, "0".repeat(zeros)).parse().map_err(|_| TooFine)?;
        Ok(if self.is_negative { -magnitude } else { magnitude })
    }

    /// The number, if it is a whole one of 64 bits.
    pub(crate) fn whole(&self) -> Option<i64> {
        if self.exponent < 0 || self.exponent > 19 {
            return None;
        }
        let zeros = "0".repeat(usize::try_from(self.exponent).ok()?);
        format!("{}0{}{zeros}", if self.is_negative { "-" } else { "" }, self.digits).parse().ok()
    }

    /// The nearest 64-bit floating point number: for places on the earth only, never for money.
    pub(crate) fn float(&self) -> f64 {
        let sign = if self.is_negative { "-" } else { "" };
        format!("{sign}0{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::NAN)
    }
}

/// Yuan counted in units of 10^-`places` as whole fen, rounded half up and never below 0.
pub(crate) fn fen(amount: i128, places: u32) -> i128 {
    let unit = 10_i128.pow(places - 2);
    (amount.max(0) + unit / 2) / unit
}

/// Fen as yuan with two places.
pub(crate) fn write_fen(fen: i128) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

#[test]
fn days_and_times_are_civil_ones_of_china() {
    assert_eq!(read_day("1970-01-01"), Some(0));
    assert_eq!(read_day("2024-02-29").map(write_day).as_deref(), Some("2024-02-29"));
    assert_eq!(read_day("1900-01-01").map(write_day).as_deref(), Some("1900-01-01"));
    for bad in ["2023-02-29", "1900-02-29", "1899-12-31", "2100-01-01", "2024-1-01", "2024-01-01 00:00:00"] {
        assert_eq!(read_day(bad), None, "{bad}");
    }
    let same = read_time("2025-03-01 00:30:00");
    for text in ["2025-02-28T16:30:00Z", "2025-02-28 16:30:00.999z", "2025-03-01t01:30:00+09:00"] {
        assert_eq!(read_time(text), same, "{text}");
    }
    assert_eq!(read_time("2099-12-31T23:30:00+07:00"), None);
    assert!(read_time("1899-12-31T16:00:00Z").is_some());
    for bad in [
        "2025-03-01",
        "2025-03-01 24:00:00",
        "2025-03-01 00:00:60",
        "2025-03-01T00:00:00",
        "2025-03-01 00:00:00.5",
        "2025-03-01T00:00:00.Z",
        "2025-03-01T00:00:00+0800",
    ] {
        assert_eq!(read_time(bad), None, "{bad}");
    }
    let born = read_day("2024-02-29").unwrap();
    assert_eq!(completed_years(born, read_day("2025-02-28").unwrap()), 0);
    assert_eq!(completed_years(born, read_day("2025-03-01").unwrap()), 1);
}

#[test]
fn decimals_are_read_by_value() {
    let micro = |text: &str, places| Decimal::read(text).unwrap().millionths(places).ok();
    assert_eq!(micro("12.3400", 2), Some(12_340_000));
    assert_eq!(micro("-1.2e1", 2), Some(-12_000_000));
    assert_eq!(micro("0.00e99", 2), Some(0));
    assert_eq!(micro("12.345", 2), None);
    assert_eq!(micro("999999999999.99", 2), Some(999_999_999_999_990_000));
    assert_eq!(micro("1e12", 2), None);
    assert_eq!(micro("1e-99999999999999999999", 2), None);
    assert_eq!(Decimal::read("30e-1").unwrap().whole(), Some(3));
    assert_eq!(Decimal::read("3.5").unwrap().whole(), None);
    assert_eq!(Decimal::read("100.0"), Decimal::read("1e2"));
    assert_eq!((fen(18_525_000, 6), fen(-5, 6), write_fen(1853)), (1853, 0, "18.53".to_owned()));
}
