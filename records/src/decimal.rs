//! Exact decimals: the text of a JSON number becomes a scaled integer, and back.
//!
//! Money is fen, a price millionths of a yuan, a quantity ten-thousandths: always an `i64` and the number of
//! places it is scaled by. Nothing here passes through binary floating point. Zeros that change nothing are
//! no places: `12.3400` has two, `1.5e1` none.
//!
//! # Example
//! ```
//! use records::decimal::{DecimalFault, MONEY_PLACES, format_fen, parse_scaled};
//!
//! assert_eq!(parse_scaled("12.340", MONEY_PLACES), Ok(1_234));
//! assert_eq!(parse_scaled("12.345", MONEY_PLACES), Err(DecimalFault::TooManyPlaces));
//! assert_eq!(format_fen(1_234), "12.34");
//! ```

/// Places of money: an amount is kept in fen.
pub const MONEY_PLACES: u32 = 2;
/// Places of a price: it is kept in millionths of a yuan.
pub const PRICE_PLACES: u32 = 6;
/// Places of a quantity: it is kept in ten-thousandths.
pub const QUANTITY_PLACES: u32 = 4;

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalFault {
    /// Not the text of a JSON number.
    Malformed,
    /// A digit other than 0 beyond the places allowed.
    TooManyPlaces,
    /// 10^12 or more, of either sign.
    TooLarge,
}

/// Most places a scaled integer may have, so that 10^12 still fits.
const PLACES_MAX: u32 = PRICE_PLACES;

/// Digits before the point that an amount may have.
const WHOLE_DIGITS_MAX: usize = 12;

/// Powers of ten up to 10^18.
const POWERS: [i64; 19] = {
    let mut powers = [1; 19];
    let mut i = 1;
    while i < powers.len() {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// Reads the text of a JSON number as an integer scaled by 10^`places`; `places` is at most 6.
///
/// # Errors
/// The text is malformed, has more non-zero places, or is 10^12 or more in magnitude.
#[inline]
pub fn parse_scaled(text: &str, places: u32) -> Result<i64, DecimalFault> {
    debug_assert!(places <= PLACES_MAX, "an amount of 10^12 would not fit");
    match plain(text.as_bytes(), places) {
        Some(value) => Ok(value),
        None => scaled(text, places),
    }
}

/// Digits, perhaps a point and at most `places` digits, as nearly every amount is written; else `None`.
#[inline]
fn plain(text: &[u8], places: u32) -> Option<i64> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut value = 0_i64;
    let mut at = 0;
    while let Some(digit) = digit_at(text, at) {
        value = value * 10 + digit;
        at += 1;
        if at > WHOLE_DIGITS_MAX {
            return None;
        }
    }
    if at == 0 || (at > 1 && text[0] == b'0') {
        return None;
    }
    let mut left = places as usize;
    if at < text.len() {
        if text[at] != b'.' || at + 1 == text.len() {
            return None;
        }
        at += 1;
        while left > 0
            && let Some(digit) = digit_at(text, at)
        {
            value = value * 10 + digit;
            at += 1;
            left -= 1;
        }
        if at < text.len() {
            return None;
        }
    }
    let value = value * POWERS[left];
    Some(if negative { -value } else { value })
}

#[inline]
fn digit_at(text: &[u8], at: usize) -> Option<i64> {
    let digit = text.get(at)?.wrapping_sub(b'0');
    (digit <= 9).then_some(i64::from(digit))
}

#[cold]
fn scaled(text: &str, places: u32) -> Result<i64, DecimalFault> {
    let decimal = Decimal::parse(text).ok_or(DecimalFault::Malformed)?;
    if decimal.is_zero() {
        return Ok(0);
    }
    let whole_digits = decimal.exponent.saturating_add(decimal.digit_count());
    if whole_digits > WHOLE_DIGITS_MAX as i64 {
        return Err(DecimalFault::TooLarge);
    }
    // At most 12 whole digits and 6 places: 18 digits, which an i64 holds.
    let power = decimal.exponent.saturating_add(i64::from(places));
    let power = usize::try_from(power).map_err(|_| DecimalFault::TooManyPlaces)?;
    let magnitude =
        decimal.digits().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')) * POWERS[power];
    Ok(if decimal.negative { -magnitude } else { magnitude })
}

/// Reads the text of a JSON number of whole value (`3`, `3.0`, `1e2`) that fits an `i64`.
pub fn parse_whole(text: &str) -> Option<i64> {
    let decimal = Decimal::parse(text)?;
    if decimal.is_zero() {
        return Some(0);
    }
    let power = usize::try_from(decimal.exponent).ok()?;
    let mut value = 0_i64;
    for digit in decimal.digits() {
        let digit = i64::from(digit - b'0');
        value = value.checked_mul(10)?.checked_add(if decimal.negative { -digit } else { digit })?;
    }
    value.checked_mul(*POWERS.get(power)?)
}

/// The value of the text of a JSON number: `digits` × 10^`exponent`, the digits without zeros at either end.
///
/// Two texts of one value have the same digits, exponent and sign; zero has no digits, exponent 0 and no sign.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal<'a> {
    /// Below zero.
    pub(crate) negative: bool,
    /// Power of ten of the last digit; saturates, which no number of this world reaches.
    pub(crate) exponent: i64,
    head: &'a [u8],
    tail: &'a [u8],
}

impl<'a> Decimal<'a> {
    /// Reads the text of a JSON number; `None` for any other text.
    pub(crate) fn parse(text: &'a str) -> Option<Decimal<'a>> {
        let text = text.as_bytes();
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            _ => (false, text),
        };
        let (whole, text) = split_digits(text);
        if whole.is_empty() || (whole.len() > 1 && whole[0] == b'0') {
            return None;
        }
        let (fraction, text) = match text {
            [b'.', rest @ ..] => match split_digits(rest) {
                ([], _) => return None,
                split => split,
            },
            _ => (&[][..], text),
        };
        let exponent = match text {
            [] => 0,
            [b'e' | b'E', rest @ ..] => written_exponent(rest)?,
            _ => return None,
        };
        Some(Decimal::normal(negative, whole, fraction, exponent))
    }

    fn normal(negative: bool, mut head: &'a [u8], mut tail: &'a [u8], exponent: i64) -> Decimal<'a> {
        let mut exponent = exponent.saturating_sub(length(tail));
        while let [b'0', rest @ ..] = head {
            head = rest;
        }
        if head.is_empty() {
            while let [b'0', rest @ ..] = tail {
                tail = rest;
            }
        }
        while let [rest @ .., b'0'] = tail {
            tail = rest;
            exponent = exponent.saturating_add(1);
        }
        if tail.is_empty() {
            while let [rest @ .., b'0'] = head {
                head = rest;
                exponent = exponent.saturating_add(1);
            }
        }
        if head.is_empty() && tail.is_empty() {
            return Decimal { negative: false, exponent: 0, head, tail };
        }
        Decimal { negative, exponent, head, tail }
    }

    /// Whether the value is 0.
    pub(crate) fn is_zero(&self) -> bool {
        self.head.is_empty() && self.tail.is_empty()
    }

    /// The digits, first to last, as ASCII.
    pub(crate) fn digits(&self) -> impl Iterator<Item = u8> + 'a {
        self.head.iter().chain(self.tail).copied()
    }

    /// How many digits there are.
    pub(crate) fn digit_count(&self) -> i64 {
        length(self.head) + length(self.tail)
    }

    /// Appends the shortest decimal text: `100` for `1e2`, with an exponent only where the zeros would be many.
    pub(crate) fn write_shortest(&self, out: &mut String) {
        const ZEROS_MAX: i64 = 20;
        if self.is_zero() {
            return out.push('0');
        }
        if self.negative {
            out.push('-');
        }
        let point = self.exponent.saturating_add(self.digit_count());
        let zeros = |out: &mut String, count: i64| (0..count).for_each(|_| out.push('0'));
        if (0..=ZEROS_MAX).contains(&self.exponent) {
            out.extend(self.digits().map(char::from));
            zeros(out, self.exponent);
        } else if self.exponent < 0 && point > -ZEROS_MAX {
            if point <= 0 {
                out.push_str("0.");
                zeros(out, -point);
            }
            for (position, digit) in (0_i64..).zip(self.digits()) {
                if position > 0 && position == point {
                    out.push('.');
                }
                out.push(char::from(digit));
            }
        } else {
            out.extend(self.digits().map(char::from));
            out.push('e');
            out.push_str(&self.exponent.to_string());
        }
    }
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

fn written_exponent(text: &[u8]) -> Option<i64> {
    let (sign, text) = match text {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => (1, text),
    };
    let (digits @ [_, ..], []) = split_digits(text) else { return None };
    let magnitude = digits
        .iter()
        .fold(0_i64, |value, digit| value.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    Some(sign * magnitude)
}

fn length(digits: &[u8]) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

/// Fen as yuan with two places: `12.30`, `-0.05`.
pub fn format_fen(fen: i64) -> String {
    let mut text = String::with_capacity(12);
    write_fen(&mut text, fen);
    text
}

/// Appends [`format_fen`] to `out`.
pub fn write_fen(out: &mut String, fen: i64) {
    use std::fmt::Write as _;
    let magnitude = fen.unsigned_abs();
    let sign = if fen < 0 { "-" } else { "" };
    write!(out, "{sign}{}.{:02}", magnitude / 100, magnitude % 100).expect("a String takes any text");
}

/// An integer scaled by 10^`places` as its shortest decimal text: `12`, `0.5`, `-3.25`; `places` is at most 18.
pub fn format_scaled(value: i64, places: u32) -> String {
    let mut text = String::with_capacity(12);
    write_scaled(&mut text, value, places);
    text
}

/// Appends [`format_scaled`] to `out`.
pub fn write_scaled(out: &mut String, value: i64, places: u32) {
    use std::fmt::Write as _;
    let unit = POWERS[places as usize].unsigned_abs();
    let magnitude = value.unsigned_abs();
    let sign = if value < 0 { "-" } else { "" };
    write!(out, "{sign}{}", magnitude / unit).expect("a String takes any text");
    let mut fraction = magnitude % unit;
    if fraction > 0 {
        let mut width = places as usize;
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            width -= 1;
        }
        write!(out, ".{fraction:0width$}").expect("a String takes any text");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_amounts_are_scaled() {
        for (text, places, value) in [
            ("0", 2, 0),
            ("-0", 2, 0),
            ("12", 2, 1_200),
            ("12.3", 2, 1_230),
            ("12.30", 2, 1_230),
            ("-0.05", 2, -5),
            ("120.00", 2, 12_000),
            ("0.000001", 6, 1),
            ("999999999999.99", 2, 99_999_999_999_999),
            ("-999999999999.999999", 6, -999_999_999_999_999_999),
            ("1.5", 4, 15_000),
            ("7", 0, 7),
        ] {
            assert_eq!(parse_scaled(text, places), Ok(value), "{text}");
        }
    }

    #[test]
    fn zeros_and_exponents_change_nothing() {
        for (text, places, value) in [
            ("12.3400000", 2, 1_234),
            ("1.234e1", 2, 1_234),
            ("1234E-2", 2, 1_234),
            ("0.01234e+3", 2, 1_234),
            ("1e11", 2, 10_000_000_000_000),
            ("0e999999999999999999999", 2, 0),
            ("-0.000e-5", 2, 0),
            ("100000000000000000000e-20", 2, 100),
            ("0.00000000000000000001e20", 2, 100),
            ("1e-2", 2, 1),
            ("7.0", 0, 7),
        ] {
            assert_eq!(parse_scaled(text, places), Ok(value), "{text}");
        }
    }

    #[test]
    fn each_fault_has_its_own_name() {
        use DecimalFault::{Malformed, TooLarge, TooManyPlaces};
        for (text, places, fault) in [
            ("12.345", 2, TooManyPlaces),
            ("1e-3", 2, TooManyPlaces),
            ("1e-99999999999999999999", 2, TooManyPlaces),
            ("0.1", 0, TooManyPlaces),
            ("1000000000000", 2, TooLarge),
            ("-1000000000000", 2, TooLarge),
            ("1e12", 2, TooLarge),
            ("1e99999999999999999999", 2, TooLarge),
            ("999999999999.995", 2, TooManyPlaces),
        ] {
            assert_eq!(parse_scaled(text, places), Err(fault), "{text}");
        }
        for text in [
            "",
            "-",
            "+1",
            " 1",
            "1 ",
            "01",
            "-01",
            "00",
            ".5",
            "5.",
            "1.e2",
            "1e",
            "1e+",
            "1e1.0",
            "0x1",
            "1,000",
            "NaN",
            "Infinity",
            "-Infinity",
            "--1",
            "1-",
            "１",
            "1_0",
            "1.2.3",
            "1e2e3",
        ] {
            assert_eq!(parse_scaled(text, 2), Err(Malformed), "{text}");
            assert_eq!(parse_whole(text), None, "{text}");
        }
    }

    #[test]
    fn whole_numbers_may_be_written_in_many_ways() {
        for (text, value) in [
            ("3", 3),
            ("3.0", 3),
            ("1e2", 100),
            ("-2.50e1", -25),
            ("0.0", 0),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
            ("120e-1", 12),
        ] {
            assert_eq!(parse_whole(text), Some(value), "{text}");
        }
        for text in ["3.5", "1e-1", "9223372036854775808", "1e19", "1e99999999999999999999"] {
            assert_eq!(parse_whole(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_have_one_shortest_text() {
        for (text, shortest) in [
            ("1", "1"),
            ("1.0", "1"),
            ("1e2", "100"),
            ("-0", "0"),
            ("0.50", "0.5"),
            ("12.340", "12.34"),
            ("5e-3", "0.005"),
            ("-1.5e1", "-15"),
            ("1e300", "1e300"),
            ("12e-300", "12e-300"),
            ("1e20", "100000000000000000000"),
        ] {
            let mut out = String::new();
            Decimal::parse(text).unwrap().write_shortest(&mut out);
            assert_eq!(out, shortest, "{text}");
        }
    }

    #[test]
    fn amounts_are_written_exactly() {
        assert_eq!(format_fen(1_230), "12.30");
        assert_eq!(format_fen(-5), "-0.05");
        assert_eq!(format_fen(0), "0.00");
        assert_eq!(format_fen(i64::MIN), "-92233720368547758.08");
        assert_eq!(format_scaled(120_000, 4), "12");
        assert_eq!(format_scaled(5_000, 4), "0.5");
        assert_eq!(format_scaled(-3_250_000, 6), "-3.25");
        assert_eq!(format_scaled(1, 6), "0.000001");
        assert_eq!(format_scaled(0, 4), "0");
        assert_eq!(format_scaled(i64::MIN, 0), "-9223372036854775808");
    }
}
