//! Bytes of one record, by hand: at hundreds of thousands of records a second nothing general is fast enough.
//!
//! Moments are seconds and days are days since 1970-01-01 00:00:00 in China Standard Time, money is fen,
//! prices are ten-thousandths of a yuan, quantities hundredths.

/// Appends JSON to the bytes of one bucket.
pub(crate) struct Text<'a>(pub(crate) &'a mut Vec<u8>);

/// Seconds of a civil day.
pub(crate) const DAY: i64 = 86_400;
/// Seconds of an hour.
pub(crate) const HOUR: i64 = 3_600;

/// The civil day of a moment.
pub(crate) fn day_of(at: i64) -> i64 {
    at.div_euclid(DAY)
}

/// Year, month and day of a civil day.
pub(crate) fn civil(day: i64) -> (i64, i64, i64) {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z - era * 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// The civil day of year, month and day.
pub(crate) fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// `price × count` in fen, half up; also for counts below 0, whose amount mirrors that of the positive count.
pub(crate) fn fen_of(price: i64, count: i64) -> i64 {
    let exact = price * count;
    let rounded = (exact.abs() + 5_000) / 10_000;
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
    pub(crate) fn count(&mut self, hundredths: i64) -> &mut Self {
        if hundredths % 100 != 0 {
            return self.decimal(hundredths, 2);
        }
        if hundredths < 0 {
            self.0.push(b'-');
        }
        self.num(hundredths.unsigned_abs() / 100)
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

    #[test]
    fn a_day_and_its_number_are_inverse() {
        for day in [-25_567, -1, 0, 58, 59, 60, 10_956, 11_016, 20_089, 20_148] {
            let (year, month, of_month) = civil(day);
            assert_eq!(day_number(year, month, of_month), day);
        }
        assert_eq!(civil(20_089), (2025, 1, 1));
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
                .count(150)
                .raw(" ")
                .count(-300);
            t.raw(" ").id(b'M', 42).raw(" ").time(20_089 * DAY + 3_661);
        });
        assert_eq!(text, "-12.05 0.3125 12.50 1.50 -3 M000000042 2025-01-01 01:01:01");
        assert_eq!(fen_of(3_125, 100), 31);
        assert_eq!(fen_of(3_150, 100), 32);
        assert_eq!(fen_of(3_150, -100), -32);
    }
}
