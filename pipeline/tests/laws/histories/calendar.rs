//! Days and seconds as plain numbers, so that a recipe can write "one second short of 24 hours".
//!
//! A day counts from 1970-01-01; a time is the civil seconds of China Standard Time since then.

/// Seconds of an hour.
pub(crate) const HOUR: i64 = 3_600;
/// Seconds of a day.
pub(crate) const DAY: i64 = 24 * HOUR;

/// The day of a civil date. A day beyond the end of its month runs over into the next one.
pub(crate) fn day(year: i64, month: i64, of_month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + of_month - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of the month of `day`.
pub(crate) fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let moon = (5 * of_year + 2) / 153;
    let month = if moon < 10 { moon + 3 } else { moon - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, of_year - (153 * moon + 2) / 5 + 1)
}

/// `day` as `YYYY-MM-DD`.
pub(crate) fn date_text(day: i64) -> String {
    let (year, month, of_month) = civil(day);
    format!("{year:04}-{month:02}-{of_month:02}")
}

/// The clock of `time` as `HH:MM:SS`.
pub(crate) fn clock_text(time: i64) -> String {
    let second = time.rem_euclid(DAY);
    format!("{:02}:{:02}:{:02}", second / HOUR, second / 60 % 60, second % 60)
}

/// `time` as `YYYY-MM-DD HH:MM:SS`.
pub(crate) fn time_text(time: i64) -> String {
    format!("{} {}", date_text(time.div_euclid(DAY)), clock_text(time))
}
