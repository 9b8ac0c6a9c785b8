//! Bytes of one record, by hand: at hundreds of thousands of records a second nothing general is fast enough.
//!
//! Moments are seconds and days are days since 1970-01-01 00:00:00 in China Standard Time, money is fen, prices and
//! quantities are ten-thousandths. Units and calendar are those of `records`, and so is the text of amounts, days and
//! moments, to the byte; it is written here without a formatter, for one writes millions of them.

use records::decimal::QUANTITY_PLACES;
use records::time::{DAY_SECONDS, civil_from_days, days_from_civil};

/// Appends JSON to the bytes of one bucket.
pub(crate) struct Text<'a>(pub(crate) &'a mut Vec<u8>);

/// Seconds of a civil day.
pub(crate) const DAY: i64 = DAY_SECONDS;
/// Seconds of an hour.
pub(crate) const HOUR: i64 = 3_600;

/// One pack, service or hour: a quantity of one.
pub(crate) const ONE: i64 = 10i64.pow(QUANTITY_PLACES);

/// The civil day of a moment.
pub(crate) fn day_of(at: i64) -> i64 {
    at.div_euclid(DAY)
}

/// Year, month and day of a civil day.
pub(crate) fn civil(day: i64) -> (i64, i64, i64) {
    let (year, month, of_month) = civil_from_days(i32::try_from(day).expect("a day of this age"));
    (i64::from(year), i64::from(month), i64::from(of_month))
}

/// The civil day of year, month (1 to 12) and day (1 to 31).
pub(crate) fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = i32::try_from(year).expect("a year of this age");
    let [month, day] = [month, day].map(|part| u32::try_from(part).expect("a part of a date"));
    i64::from(days_from_civil(year, month, day))
}

/// A price times a quantity has so many parts in a fen.
const FEN_PARTS: i64 = 100 * ONE;

/// `price × count` in fen, half up; also for counts below 0, whose amount mirrors that of the positive count.
pub(crate) fn fen_of(price: i64, count: i64) -> i64 {
    let exact = price * count;
    let rounded = (exact.abs() + FEN_PARTS / 2) / FEN_PARTS;
    if exact < 0 { -rounded } else { rounded }
}

/// A text of its own, for keys and truth.
pub(crate) fn owned(write: impl FnOnce(&mut Text<'_>)) -> String {
    let mut bytes = Vec::new();
    write(&mut Text(&mut bytes));
    String::from_utf8(bytes).expect("only UTF-8 is written")
}

impl Text<'_> {
    /// As it stands.
    pub(crate) fn raw(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// As it stands.
    pub(crate) fn bytes(&mut self, text: &[u8]) -> &mut Self {
        self.0.extend_from_slice(text);
        self
    }

    /// Decimal digits, at least `width` of them.
    pub(crate) fn padded(&mut self, mut n: u64, width: usize) -> &mut Self {
        let mut digits = [b'0'; 20];
        let mut begin = digits.len();
        while n > 0 {
            begin -= 1;
            digits[begin] = digit(n % 10);
            n /= 10;
        }
        self.bytes(&digits[begin.min(digits.len() - width)..])
    }

    /// Decimal digits.
    pub(crate) fn num(&mut self, n: u64) -> &mut Self {
        self.padded(n, 1)
    }

    /// An id: its letter and nine digits.
    pub(crate) fn id(&mut self, letter: u8, n: u64) -> &mut Self {
        self.0.push(letter);
        self.padded(n, 9)
    }

    fn decimal(&mut self, n: i64, places: usize) -> &mut Self {
        let unit = 10u64.pow(u32::try_from(places).expect("a few places"));
        if n < 0 {
            self.0.push(b'-');
        }
        let n = n.unsigned_abs();
        self.num(n / unit).raw(".").padded(n % unit, places)
    }

    /// Yuan of `fen`, two places.
    pub(crate) fn fen(&mut self, fen: i64) -> &mut Self {
        self.decimal(fen, 2)
    }

    /// Yuan of a price: two places, four where it has them.
    pub(crate) fn price(&mut self, price: i64) -> &mut Self {
        if price % 100 == 0 { self.decimal(price / 100, 2) } else { self.decimal(price, 4) }
    }

    /// A quantity: whole, or with two places.
    pub(crate) fn count(&mut self, count: i64) -> &mut Self {
        if count % ONE != 0 {
            return self.decimal(count / (ONE / 100), 2);
        }
        if count < 0 {
            self.0.push(b'-');
        }
        self.num((count / ONE).unsigned_abs())
    }

    /// Degrees of `lon` or `lat`, from ten-thousandths.
    pub(crate) fn degrees(&mut self, n: i64) -> &mut Self {
        self.decimal(n, 4)
    }

    /// `YYYY-MM-DD`.
    pub(crate) fn date(&mut self, day: i64) -> &mut Self {
        let (year, month, day) = civil(day);
        let mut text = *b"0000-00-00";
        let year = year.unsigned_abs();
        text[0] = digit(year / 1000);
        text[1] = digit(year / 100 % 10);
        text[2] = digit(year / 10 % 10);
        text[3] = digit(year % 10);
        text[5..7].copy_from_slice(&two(month));
        text[8..10].copy_from_slice(&two(day));
        self.bytes(&text)
    }

    /// `YYYY-MM-DD HH:MM:SS`.
    pub(crate) fn time(&mut self, at: i64) -> &mut Self {
        let of_day = at.rem_euclid(DAY);
        let mut text = *b" 00:00:00";
        text[1..3].copy_from_slice(&two(of_day / HOUR));
        text[4..6].copy_from_slice(&two(of_day / 60 % 60));
        text[7..9].copy_from_slice(&two(of_day % 60));
        self.date(day_of(at)).bytes(&text)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a digit")]
fn digit(n: u64) -> u8 {
    b'0' + n as u8
}

fn two(n: i64) -> [u8; 2] {
    let n = n.unsigned_abs();
    [digit(n / 10 % 10), digit(n % 10)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use records::decimal::format_fen;
    use records::time::{format_date, format_time};

    #[test]
    fn amounts_days_and_moments_read_as_records_write_them() {
        for n in [0, 5, -1_205, 99, 100, 123_456_789] {
            assert_eq!(
                owned(|t| {
                    t.fen(n);
                }),
                format_fen(n)
            );
        }
        for day in [-25_567, -1, 0, 58, 59, 60, 10_956, 11_016, 20_089, 20_148] {
            assert_eq!(
                owned(|t| {
                    t.date(day);
                }),
                format_date(i32::try_from(day).unwrap())
            );
            assert_eq!(
                owned(|t| {
                    t.time(day * DAY + 86_399);
                }),
                format_time(day * DAY + 86_399)
            );
            let (year, month, of_month) = civil(day);
            assert_eq!(day_number(year, month, of_month), day);
        }
    }

    #[test]
    fn numbers_are_written_as_people_read_them() {
        let text = owned(|t| {
            t.fen(-1205)
                .raw(" ")
                .price(3_125)
                .raw(" ")
                .price(125_000)
                .raw(" ")
                .count(ONE + ONE / 2)
                .raw(" ")
                .count(-3 * ONE);
            t.raw(" ").id(b'M', 42).raw(" ").time(20_089 * DAY + 3_661);
        });
        assert_eq!(text, "-12.05 0.3125 12.50 1.50 -3 M000000042 2025-01-01 01:01:01");
        assert_eq!(fen_of(3_125, ONE), 31);
        assert_eq!(fen_of(3_150, ONE), 32);
        assert_eq!(fen_of(3_150, -ONE), -32);
    }
}
