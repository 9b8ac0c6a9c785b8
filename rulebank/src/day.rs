//! Civil days as numbers: days since 1970-01-01, in the proleptic Gregorian calendar.
//!
//! Written `YYYY-MM-DD` and nothing else, from 1900 to 2099, as in the records.

/// The number of the day that `text` names; none if it is not a day of those two centuries.
pub(crate) fn parse(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i32> {
        let digits = &bytes[from..to];
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0')))
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let month_days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    let valid = (1900..=2099).contains(&year) && (1..=12).contains(&month) && (1..=month_days).contains(&day);
    valid.then(|| from_civil(year, month, day))
}

/// Whether `text` is a time `YYYY-MM-DD HH:MM:SS`.
pub(crate) fn is_time(text: &str) -> bool {
    let Some((day, clock)) = text.split_once(' ') else { return false };
    let below = |part: &str, limit: u32| {
        part.len() == 2
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse().is_ok_and(|n: u32| n < limit)
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let clock_holds = matches!(parts[..], [h, m, s] if below(h, 24) && below(m, 60) && below(s, 60));
    parse(day).is_some() && clock_holds
}

/// The day as people write it.
pub(crate) fn text(days: i32) -> String {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i32::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Days since 1970-01-01, counting years from March so that the leap day comes last.
fn from_civil(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970_and_written_back() {
        assert_eq!(parse("1970-01-01"), Some(0));
        assert_eq!(parse("1969-12-31"), Some(-1));
        assert_eq!(parse("2024-02-29"), Some(19_782));
        let (first, last) = (parse("1900-01-01").unwrap(), parse("2099-12-31").unwrap());
        assert!((first..=last).all(|day| parse(&text(day)) == Some(day)));
    }

    #[test]
    fn what_is_no_day_is_none() {
        for wrong in ["2025-02-29", "2025-13-01", "1899-12-31", "2100-01-01", "2025-1-1", "2025/01/01", ""] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert!(is_time("2025-03-01 23:59:59"));
        for wrong in ["2025-03-01", "2025-03-01 24:00:00", "2025-03-01 9:00:00", "2025-03-01 09:00"] {
            assert!(!is_time(wrong), "{wrong}");
        }
    }
}
