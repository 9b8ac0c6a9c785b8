//! Civil days and moments in China Standard Time.
//!
//! A *day* is the number of civil days since 1970-01-01. A *moment* is the number of seconds since 1970-01-01
//! 00:00:00 on a clock that shows China Standard Time: local civil seconds, not Unix time, so that the day of
//! a moment is a division ([`day_of`]). China Standard Time is eight hours ahead of UTC all year round, in
//! every year; the summer times of the past are not known to the records.
//!
//! Only years 1900 to 2099 are read; every `i32` day can be written. Records have more spellings than those that
//! [`parse_time`] and [`parse_date`] take; [`crate::spelling`] reads all of them.
//!
//! # Example
//! ```
//! use records::time::{completed_years, day_of, format_date, parse_date, parse_time, start_of};
//!
//! let moment = parse_time("2025-03-01T20:30:00Z").expect("a time");
//! assert_eq!(Some(moment), parse_time("2025-03-02 04:30:00"), "China is eight hours ahead");
//! assert_eq!(format_date(day_of(moment)), "2025-03-02");
//! assert_eq!(moment - start_of(day_of(moment)), 4 * 3_600 + 30 * 60);
//!
//! let born = parse_date("1960-02-29").expect("a day");
//! assert_eq!(completed_years(born, day_of(moment)), 65);
//! ```

/// Civil day in days since 1970-01-01.
pub type Day = i32;

/// Moment in seconds since 1970-01-01 00:00:00 China Standard Time.
pub type Moment = i64;

/// Seconds of a civil day.
pub const DAY_SECONDS: i64 = 86_400;

/// How far China Standard Time is ahead of UTC.
pub(crate) const CHINA_AHEAD_SECONDS: i64 = 8 * 3_600;

/// First day that may be read: 1900-01-01.
pub(crate) const FIRST_DAY: i32 = days_from_civil(1900, 1, 1);

/// Last day that may be read: 2099-12-31.
pub(crate) const LAST_DAY: i32 = days_from_civil(2099, 12, 31);

/// Days from 1970-01-01 to this day of the Gregorian calendar (extended to the past).
///
/// `month` 1 to 12 and `day` 1 to 31 are not checked; years within ±5,000,000 are exact.
pub const fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    // The year begins in March, so that the leap day is its last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = if month > 2 { month - 3 } else { month + 9 }.cast_signed();
    let day_of_year = (153 * month_from_march + 2) / 5 + day.cast_signed() - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month (1 to 12) and day of the month of a day.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "days of i32 are within ±5.9 million years"
)]
pub const fn civil_from_days(day: i32) -> (i32, u32, u32) {
    let shifted = day as i64 + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + (month <= 2) as i64;
    (year as i32, month as u32, day_of_month as u32)
}

/// The month of a day, counted from January of the year 0.
pub fn month_of(day: i32) -> i32 {
    let (year, month, _) = civil_from_days(day);
    year * 12 + i32::try_from(month).unwrap_or(1) - 1
}

/// The first day of a month.
pub fn first_of(month: i32) -> i32 {
    days_from_civil(month.div_euclid(12), u32::try_from(month.rem_euclid(12)).unwrap_or(0) + 1, 1)
}

/// A month as `YYYY-MM`.
pub fn format_month(month: i32) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

/// The civil day a moment falls on; moments beyond the days of an `i32` fall on its last.
pub fn day_of(seconds: i64) -> i32 {
    let day = seconds.div_euclid(DAY_SECONDS);
    i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX })
}

/// The last moment of the day after that of this moment: records dated later do not move *now* (contract section 1).
pub fn limit_of_now(wall_clock: i64) -> i64 {
    start_of(day_of(wall_clock)) + 2 * DAY_SECONDS - 1
}

/// Seconds of the clock of the machine in China Standard Time, of those since the Unix epoch.
pub const fn of_unix(seconds: i64) -> i64 {
    seconds.saturating_add(CHINA_AHEAD_SECONDS)
}

/// 00:00:00 of a day.
pub const fn start_of(day: i32) -> i64 {
    day as i64 * DAY_SECONDS
}

/// Completed years from `birth` to `day`: the year difference, less 1 before the birthday.
///
/// Who is born on 29 February completes a year on 1 March of a common year. Negative before birth.
pub fn completed_years(birth: i32, day: i32) -> i32 {
    let (birth_year, birth_month, birth_day) = civil_from_days(birth);
    let (year, month, day_of_month) = civil_from_days(day);
    year - birth_year - i32::from((month, day_of_month) < (birth_month, birth_day))
}

/// Reads `YYYY-MM-DD`, the spelling of rules and outputs, years 1900 to 2099; anything else is `None`.
pub fn parse_date(text: &str) -> Option<i32> {
    let day = written_day(text.as_bytes().as_array::<10>()?)?;
    (FIRST_DAY..=LAST_DAY).contains(&day).then_some(day)
}

/// Reads a moment, in either of the two forms that our own outputs and configurations have; anything else is `None`.
///
/// `YYYY-MM-DD HH:MM:SS` is China Standard Time and has no fraction. RFC 3339 has an offset (`Z`, `z`, `±HH:MM`),
/// a `T`, `t` or space before the clock, and perhaps a fraction, which is cut. The year must be 1900 to 2099
/// *after* conversion to China Standard Time. Second 60 and 24:00:00 are no times.
pub fn parse_time(text: &str) -> Option<i64> {
    let (front, rest) = text.as_bytes().split_first_chunk::<19>()?;
    let day = written_day(front.first_chunk::<10>()?)?;
    let clock = written_clock(front.last_chunk::<8>()?)?;
    let seconds = start_of(day) + clock;
    let local = match (front[10], rest) {
        (b' ', []) => seconds,
        (b' ' | b'T' | b't', [_, ..]) => {
            seconds - offset_seconds(without_fraction(rest)?)? + CHINA_AHEAD_SECONDS
        }
        _ => return None,
    };
    (start_of(FIRST_DAY)..start_of(LAST_DAY + 1)).contains(&local).then_some(local)
}

/// Whether `text` is a moment as [`format_time`] writes it, the only form that rules and cases take.
pub fn is_civil_time(text: &str) -> bool {
    text.len() == "YYYY-MM-DD HH:MM:SS".len() && parse_time(text).is_some()
}

/// A day as `YYYY-MM-DD`.
pub fn format_date(day: i32) -> String {
    let mut text = String::with_capacity(10);
    write_date(&mut text, day);
    text
}

/// A moment as `YYYY-MM-DD HH:MM:SS`.
pub fn format_time(seconds: i64) -> String {
    let mut text = String::with_capacity(19);
    write_time(&mut text, seconds);
    text
}

/// Appends [`format_date`] to `out`.
pub fn write_date(out: &mut String, day: i32) {
    let (year, month, day_of_month) = civil_from_days(day);
    if year < 0 {
        out.push('-');
    }
    let year = year.unsigned_abs();
    if year > 9_999 {
        out.push_str(&(year / 10_000).to_string());
    }
    write_two(out, i64::from(year / 100 % 100));
    write_two(out, i64::from(year % 100));
    out.push('-');
    write_two(out, i64::from(month));
    out.push('-');
    write_two(out, i64::from(day_of_month));
}

/// Appends [`format_time`] to `out`.
pub fn write_time(out: &mut String, seconds: i64) {
    write_date(out, day_of(seconds));
    let clock = seconds.rem_euclid(DAY_SECONDS);
    out.push(' ');
    write_two(out, clock / 3_600);
    out.push(':');
    write_two(out, clock / 60 % 60);
    out.push(':');
    write_two(out, clock % 60);
}

fn write_two(out: &mut String, number: i64) {
    let digit = |value: i64| char::from(b'0' + u8::try_from(value % 10).unwrap_or(0));
    out.push(digit(number / 10));
    out.push(digit(number));
}

/// Days since 1970 of `YYYY-MM-DD`, any four-digit year.
#[inline]
fn written_day(text: &[u8; 10]) -> Option<i32> {
    let [y0, y1, y2, y3, dash0, m0, m1, dash1, d0, d1] = *text;
    let front = pairs([y0, y1, y2, y3, dash0, m0, m1, dash1], *b"0000-00-")?;
    let back = pairs([d0, d1, b'0', b'0', b'0', b'0', b'0', b'0'], *b"00000000")?;
    let year = (pair(front, 0) * 100 + pair(front, 2)).cast_signed();
    let (month, day) = (pair(front, 5), pair(back, 0));
    if !(1..=12).contains(&month) || day == 0 || day > days_of_month(year, month) {
        return None;
    }
    Some(days_from_civil(year, month, day))
}

/// Seconds since midnight of `HH:MM:SS`.
#[inline]
fn written_clock(text: &[u8; 8]) -> Option<i64> {
    let pairs = pairs(*text, *b"00:00:00")?;
    let (hour, minute, second) = (pair(pairs, 0), pair(pairs, 3), pair(pairs, 6));
    (hour < 24 && minute < 60 && second < 60).then_some(i64::from(hour * 3_600 + minute * 60 + second))
}

/// Eight characters at once: digits where `form` has `0`, else what `form` has; `None` if one differs.
///
/// Byte `i` of the result is the number that the digits `i` and `i + 1` write (see [`pair`]).
#[inline]
fn pairs(text: [u8; 8], form: [u8; 8]) -> Option<u64> {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // What a byte may be above its form before its high bit shows: 9 for a digit, nothing for another.
    let slack = u64::from_le_bytes(form.map(|byte| if byte == b'0' { 0x76 } else { 0x7f }));
    let digits = u64::from_le_bytes(text) ^ u64::from_le_bytes(form);
    // A byte that carries into the next has its own high bit set.
    if (digits.wrapping_add(slack) | digits) & HIGH != 0 {
        return None;
    }
    Some(digits * 10 + (digits >> 8))
}

/// The number written by the two digits at `place`.
#[inline]
fn pair(pairs: u64, position: usize) -> u32 {
    u32::from(pairs.to_le_bytes()[position])
}

/// What follows the fraction; `None` for a point without digits.
fn without_fraction(rest: &[u8]) -> Option<&[u8]> {
    let Some(fraction) = rest.strip_prefix(b".") else { return Some(rest) };
    let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then(|| &fraction[digits..])
}

/// Seconds that an RFC 3339 offset is ahead of UTC.
fn offset_seconds(text: &[u8]) -> Option<i64> {
    let (sign, clock) = match text {
        [b'Z' | b'z'] => return Some(0),
        [b'+', clock @ ..] => (1, clock),
        [b'-', clock @ ..] => (-1, clock),
        _ => return None,
    };
    let [h0, h1, b':', m0, m1] = *clock else { return None };
    Some(sign * written_clock(&[h0, h1, b':', m0, m1, b':', b'0', b'0'])?)
}

pub(crate) const fn days_of_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i32 {
        parse_date(text).expect("a date")
    }

    #[test]
    fn days_and_civil_dates_are_inverse() {
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(days_from_civil(1900, 1, 1), -25_567);
        let mut expected = (1896, 1, 1);
        for day in days_from_civil(1896, 1, 1)..=days_from_civil(2105, 12, 31) {
            assert_eq!(civil_from_days(day), expected);
            assert_eq!(days_from_civil(expected.0, expected.1, expected.2), day);
            expected.2 += 1;
            if expected.2 > days_of_month(expected.0, expected.1) {
                expected = (expected.0, expected.1 + 1, 1);
            }
            if expected.1 > 12 {
                expected = (expected.0 + 1, 1, 1);
            }
        }
        assert_eq!(format_date(i32::MAX), "5881580-07-11");
        assert_eq!(format_date(i32::MIN), "-5877641-06-23");
    }

    #[test]
    fn one_wrong_byte_anywhere_is_seen() {
        let (date, time) = ("2025-03-01", "2025-03-01 12:34:56");
        for position in 0..time.len() {
            for byte in 0..=127_u8 {
                let mut text = time.as_bytes().to_vec();
                text[position] = byte;
                let text = String::from_utf8(text).unwrap();
                let sound = text.bytes().zip(time.bytes()).all(|(byte, model)| {
                    if model.is_ascii_digit() { byte.is_ascii_digit() } else { byte == model }
                });
                let number = |range: std::ops::Range<usize>| text[range].parse::<u32>().unwrap_or(0);
                let year_sound = (1900..2100).contains(&number(0..4));
                let day_sound = (1..=12).contains(&number(5..7)) && number(8..10) >= 1 && number(8..10) <= 28;
                let clock_sound = number(11..13) < 24 && number(14..16) < 60 && number(17..19) < 60;
                // Days 29 to 31 are not tried here: the tests of dates have them.
                if number(8..10) <= 28 {
                    assert_eq!(
                        parse_time(&text).is_some(),
                        sound && year_sound && day_sound && clock_sound,
                        "{text}"
                    );
                    if position < date.len() {
                        assert_eq!(
                            parse_date(&text[..10]).is_some(),
                            sound && year_sound && day_sound,
                            "{text}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn dates_have_one_form_and_real_days() {
        assert_eq!(parse_date("2024-02-29"), Some(days_from_civil(2024, 2, 29)));
        assert_eq!(parse_date("2000-02-29"), Some(days_from_civil(2000, 2, 29)));
        assert_eq!(parse_date("1900-01-01"), Some(-25_567));
        assert_eq!(parse_date("2099-12-31"), Some(LAST_DAY));
        for bad in [
            "2023-02-29",
            "1900-02-29",
            "2025-04-31",
            "2025-00-10",
            "2025-13-01",
            "2025-01-00",
            "2025-01-32",
            "1899-12-31",
            "2100-01-01",
            "2025-1-1",
            "2025/01/01",
            "20250101",
            "2025-01-01 ",
            " 2025-01-01",
            "2025-01-01 00:00:00",
            "",
            "２０25-01",
            "+025-01-01",
            "2025-01-0:",
            "2025-01-0/",
        ] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_are_china_time_or_carry_an_offset() {
        let noon = start_of(day("2025-03-01")) + 12 * 3_600;
        for same in [
            "2025-03-01 12:00:00",
            "2025-03-01T12:00:00+08:00",
            "2025-03-01T04:00:00Z",
            "2025-03-01t04:00:00z",
            "2025-03-01 04:00:00Z",
            "2025-03-01 04:00:00.999999999Z",
            "2025-03-01T12:00:00.1+08:00",
            "2025-02-28T23:00:00-05:00",
            "2025-03-01T04:00:00-00:00",
            "2025-03-02T03:59:00+23:59",
        ] {
            assert_eq!(parse_time(same), Some(noon), "{same}");
        }
        for bad in [
            "2025-03-01T12:00:00",
            "2025-03-01 12:00:00.5",
            "2025-03-01",
            "2025-03-01 24:00:00",
            "2025-03-01 12:60:00",
            "2025-03-01 12:00:60",
            "2025-03-01T23:59:60Z",
            "2025-03-01 12:00",
            "2025-03-01T12:00Z",
            "2025-03-01 12:00:00 ",
            "2025-03-01T12:00:00.Z",
            "2025-03-01T12:00:00+0800",
            "2025-03-01T12:00:00+08",
            "2025-03-01T12:00:00+24:00",
            "2025-03-01T12:00:00+08:60",
            "2025-03-01T12:00:00 +08:00",
            "2025-03-01_12:00:00",
            "2025-03-01T12:00:00ZZ",
            "2025-03-01T12:00:00,5Z",
            "2025-02-29 12:00:00",
            "",
            "2025-03-01 12:00:0é",
        ] {
            assert_eq!(parse_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_civil_time_has_no_offset() {
        assert!(is_civil_time("2025-03-01 23:59:59"));
        for wrong in ["2025-03-01", "2025-03-01 24:00:00", "2025-03-01 9:00:00", "2025-03-01T09:00:00Z", ""] {
            assert!(!is_civil_time(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_year_is_that_of_china_standard_time() {
        assert_eq!(parse_time("1899-12-31T16:00:00Z"), Some(start_of(FIRST_DAY)));
        assert_eq!(parse_time("1899-12-31T15:59:59Z"), None);
        assert_eq!(parse_time("1899-12-31 23:59:59"), None);
        assert_eq!(parse_time("2099-12-31 23:59:59"), Some(start_of(LAST_DAY) + DAY_SECONDS - 1));
        assert_eq!(parse_time("2099-12-31T15:59:59.9Z"), Some(start_of(LAST_DAY) + DAY_SECONDS - 1));
        assert_eq!(parse_time("2099-12-31T16:00:00Z"), None);
        assert_eq!(parse_time("2100-01-01T00:00:00+14:00"), Some(start_of(LAST_DAY) + 18 * 3_600));
    }

    #[test]
    fn a_day_is_the_floor_of_its_moments() {
        assert_eq!((day_of(0), day_of(-1), day_of(86_399), day_of(86_400)), (0, -1, 0, 1));
        assert_eq!((day_of(i64::MIN), day_of(i64::MAX)), (i32::MIN, i32::MAX));
    }

    #[test]
    fn years_are_completed_on_the_birthday() {
        let years = |birth, on| completed_years(day(birth), day(on));
        assert_eq!(years("1960-05-05", "2025-05-04"), 64);
        assert_eq!(years("1960-05-05", "2025-05-05"), 65);
        assert_eq!(years("2004-02-29", "2005-02-28"), 0);
        assert_eq!(years("2004-02-29", "2005-03-01"), 1);
        assert_eq!(years("2004-02-29", "2008-02-29"), 4);
        assert_eq!(years("2025-03-02", "2025-03-02"), 0);
        assert_eq!(years("2025-03-02", "2025-03-01"), -1);
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in
            ["1900-01-01 00:00:00", "1969-12-31 23:59:59", "2024-02-29 08:09:10", "2099-12-31 23:59:59"]
        {
            assert_eq!(format_time(parse_time(text).unwrap()), text);
            assert_eq!(format_date(parse_date(&text[..10]).unwrap()), &text[..10]);
        }
    }
}
