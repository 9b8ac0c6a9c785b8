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

/// A text value without the white space around it, which is no part of it.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Space, tab, no-break space, ideographic space.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{a0}' | '\u{3000}')
}

/// A number of so many digits, or of one less where `or_less`.
fn number(text: &str, count: usize, or_less: bool) -> Option<i64> {
    (text.len() == count || or_less && text.len() + 1 == count).then(|| digits(text.as_bytes()))?
}

/// A civil date of any year of four digits: `2025-3-1`, `2025/03/01`, `20250301`.
fn any_day(text: &str) -> Option<i64> {
    let of_sign = |sign: char| {
        let parts: Vec<&str> = text.split(sign).collect();
        <[&str; 3]>::try_from(parts).ok().map(|[year, month, day]| (year, month, day, true))
    };
    let compact = || {
        let parts = (text.get(..4)?, text.get(4..6)?, text.get(6..)?);
        (text.len() == 8).then_some((parts.0, parts.1, parts.2, false))
    };
    let (year, month, day, short) = of_sign('-').or_else(|| of_sign('/')).or_else(compact)?;
    let (year, month, day) = (number(year, 4, false)?, number(month, 2, short)?, number(day, 2, short)?);
    let stands = (1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day);
    stands.then(|| day_number(year, month, day))
}

fn is_in_range(day: i64) -> bool {
    (1900..=2099).contains(&civil(day).0)
}

/// Reads a date of the years 1900 to 2099, or a time whose clock shows midnight in China.
pub(crate) fn read_day(text: &str) -> Option<i64> {
    let at_midnight = || read_time(text).filter(|time| time.rem_euclid(DAY) == 0).map(day_of);
    any_day(text).filter(|day| is_in_range(*day)).or_else(at_midnight)
}

/// Reads a time: a date, then `T`, `t` or white space, then a clock and perhaps an offset; or 14 digits.
pub(crate) fn read_time(text: &str) -> Option<i64> {
    let time = if text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let clock = [&text[8..10], &text[10..12], &text[12..]].map(|two| number(two, 2, false));
        any_day(&text[..8])? * DAY + seconds(clock)?
    } else {
        let (date, behind) = text.split_at(text.find(|c: char| matches!(c, 'T' | 't') || is_space(c))?);
        let behind = behind.strip_prefix(['T', 't']).unwrap_or_else(|| behind.trim_start_matches(is_space));
        let (clock, offset) = behind.split_at(behind.find(['Z', 'z', '+', '-']).unwrap_or(behind.len()));
        let mut parts = clock.split(':');
        let (hour, minute) = (number(parts.next()?, 2, true), number(parts.next()?, 2, false));
        let second = match parts.next() {
            None => Some(0),
            Some(second) => match second.split_once('.') {
                None => number(second, 2, false),
                Some((_, fraction)) if digits(fraction.as_bytes()).is_none() || fraction.is_empty() => None,
                Some((second, _)) => number(second, 2, false),
            },
        };
        if parts.next().is_some() {
            return None;
        }
        let ahead = if offset.is_empty() { 8 * 3600 } else { read_offset(offset)? };
        any_day(date)? * DAY + seconds([hour, minute, second])? - ahead + 8 * 3600
    };
    is_in_range(day_of(time)).then_some(time)
}

/// Seconds since midnight of hour, minute and second.
fn seconds(clock: [Option<i64>; 3]) -> Option<i64> {
    let [Some(hour @ 0..24), Some(minute @ 0..60), Some(second @ 0..60)] = clock else { return None };
    Some(hour * 3600 + minute * 60 + second)
}

/// An offset in seconds east: `Z`, `+08:00`, `+0800`, `+08`.
fn read_offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let (sign, clock) = (if text.starts_with('-') { -1 } else { 1 }, text.get(1..)?);
    let minute = match clock.get(2..)? {
        "" => Some(0),
        minute => number(minute.strip_prefix(':').unwrap_or(minute), 2, false),
    };
    Some(sign * seconds([number(clock.get(..2)?, 2, false), minute, Some(0)])?)
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
    for bad in [
        "2023-02-29",
        "1900-02-29",
        "1899-12-31",
        "2100-01-01",
        "2024-1/01",
        "2024-01-01 00:01",
        "2024-001-1",
        "202401",
    ] {
        assert_eq!(read_day(bad), None, "{bad}");
    }
    for same in ["2024/2/29", "20240229", "2024-2-29T00:00", "2024-02-28T16:00:00Z", "20240229000000"] {
        assert_eq!(read_day(same), read_day("2024-02-29"), "{same}");
    }
    let same = read_time("2025-03-01 00:30:00");
    for text in [
        "2025-02-28T16:30:00Z",
        "2025-02-28 16:30:00.999z",
        "2025-03-01t01:30:00+09:00",
        "2025-03-01T00:30:00.5",
        "2025/3/1  0:30",
        "20250301003000",
        "20250301 00:30+0800",
        "2025/02/28T11:30-05",
    ] {
        assert_eq!(read_time(text), same, "{text}");
    }
    assert_eq!(read_time("2099-12-31T23:30:00+07:00"), None);
    assert!(read_time("1899-12-31T16:00:00Z").is_some());
    for bad in [
        "2025-03-01",
        "2025-03-01 24:00:00",
        "2025-03-01 00:00:60",
        "2025-03-01T 00:00:00",
        "2025-03-01 00:0:00",
        "2025-03-01T00:00:00.Z",
        "2025-03-01T00:00:00+8",
        "2025-03-01T00:00:00+24:00",
        "20250301000000Z",
        "202503010000",
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
