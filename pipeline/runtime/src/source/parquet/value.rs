//! What one value of a typed column is as text.
//!
//! Numbers are written exactly, floats with the fewest digits that distinguish them from their neighbours; a day as
//! `YYYY-MM-DD`; a moment in China Standard Time, with its offset where it has a fraction, so that nothing of it is
//! lost in `raw`. A timestamp that is adjusted to UTC is a moment, and so is the old 96-bit form, which those who write it
//! (Spark, Hive, Impala) adjust; one that is not is the clock of China. Whether a text is what its field wants is the schema's to judge.
//!
//! # Source
//! Apache Parquet, LogicalTypes.md.

use std::fmt::{Debug, Write as _};

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::schema::types::ColumnDescPtr;
use records::decode::TableCell;
use records::time::{DAY_SECONDS, write_date, write_time};

use wire::rejected::base64;

/// China Standard Time is ahead of UTC by so many seconds.
const CHINA_AHEAD_SECONDS: i64 = 8 * 3_600;

/// Most bytes of a decimal that is written; the format's own types have 16, others 32.
const DECIMAL_BYTES_MAX: usize = 64;

/// What the values of a column mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// What their type is.
    Plain,
    /// Bytes that are a text.
    Text,
    /// Integers without a sign.
    Unsigned,
    /// Integers of which this many digits are places.
    Decimal(i32),
    /// Days since 1970.
    Date,
    /// So many a second since 1970; whether of UTC, else of China.
    Moment(i64, bool),
    /// So many a second since midnight.
    Clock(i64),
    /// 16 bytes that are an identity.
    Uuid,
    /// 2 bytes that are a float.
    Half,
}

/// What sort of cell a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Number,
    Flag,
}

impl Shape {
    /// The cell of this sort with this text.
    pub(super) fn cell(self, text: &str) -> TableCell<'_> {
        match self {
            Shape::Text => TableCell::Text(text),
            Shape::Number => TableCell::Number(text),
            Shape::Flag => TableCell::Flag(text == "true"),
        }
    }
}

impl Meaning {
    /// The meaning of a column; one that does not fit its type is left out.
    pub(super) fn of(about: &ColumnDescPtr) -> Meaning {
        let physical = about.physical_type();
        let is_bytes = matches!(physical, Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY);
        let declared = match about.logical_type_ref() {
            Some(logical) => Meaning::of_logical(logical),
            None => Meaning::of_converted(about.converted_type(), about.type_scale()),
        };
        let fits = match declared {
            None | Some(Meaning::Plain | Meaning::Text) => false,
            Some(Meaning::Unsigned) => matches!(physical, Type::INT32 | Type::INT64),
            Some(Meaning::Decimal(_)) => is_bytes || matches!(physical, Type::INT32 | Type::INT64),
            Some(Meaning::Date) => physical == Type::INT32,
            Some(Meaning::Moment(..)) => physical == Type::INT64,
            Some(Meaning::Clock(_)) => matches!(physical, Type::INT32 | Type::INT64),
            Some(Meaning::Uuid | Meaning::Half) => physical == Type::FIXED_LEN_BYTE_ARRAY,
        };
        let plain = if is_bytes { Meaning::Text } else { Meaning::Plain };
        declared.filter(|_| fits).unwrap_or(plain)
    }

    fn of_logical(logical: &LogicalType) -> Option<Meaning> {
        let per_second = |unit: &TimeUnit| match unit {
            TimeUnit::MILLIS => 1_000,
            TimeUnit::MICROS => 1_000_000,
            TimeUnit::NANOS => 1_000_000_000,
        };
        match logical {
            LogicalType::Integer(int) if !int.is_signed => Some(Meaning::Unsigned),
            LogicalType::Decimal(decimal) => Some(Meaning::Decimal(decimal.scale)),
            LogicalType::Date => Some(Meaning::Date),
            LogicalType::Timestamp(moment) => {
                Some(Meaning::Moment(per_second(&moment.unit), moment.is_adjusted_to_u_t_c))
            }
            LogicalType::Time(clock) => Some(Meaning::Clock(per_second(&clock.unit))),
            LogicalType::Uuid => Some(Meaning::Uuid),
            LogicalType::Float16 => Some(Meaning::Half),
            _ => None,
        }
    }

    /// The older way to show, which had no timestamps but those adjusted to UTC.
    fn of_converted(converted: ConvertedType, scale: i32) -> Option<Meaning> {
        match converted {
            ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64 => Some(Meaning::Unsigned),
            ConvertedType::DECIMAL => Some(Meaning::Decimal(scale)),
            ConvertedType::DATE => Some(Meaning::Date),
            ConvertedType::TIMESTAMP_MILLIS => Some(Meaning::Moment(1_000, true)),
            ConvertedType::TIMESTAMP_MICROS => Some(Meaning::Moment(1_000_000, true)),
            ConvertedType::TIME_MILLIS => Some(Meaning::Clock(1_000)),
            ConvertedType::TIME_MICROS => Some(Meaning::Clock(1_000_000)),
            _ => None,
        }
    }
}

/// `true` or `false`.
pub(super) fn write_bool(value: bool, out: &mut String) -> Shape {
    out.push_str(if value { "true" } else { "false" });
    Shape::Flag
}

/// A float; `NaN` and the infinite ones are numbers that no field takes.
pub(super) fn write_float(value: impl Debug, out: &mut String) -> Shape {
    write_to(out, format_args!("{value:?}"));
    Shape::Number
}

/// An integer of 32 or 64 bits.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the bits are the value")]
pub(super) fn write_int(meaning: &Meaning, value: i64, bits: u32, out: &mut String) -> Shape {
    match *meaning {
        Meaning::Unsigned if bits == 32 => write_to(out, format_args!("{}", value as u32)),
        Meaning::Unsigned => write_to(out, format_args!("{}", value.cast_unsigned())),
        Meaning::Decimal(scale) => write_decimal(&value.to_be_bytes(), scale, out),
        Meaning::Date => {
            write_date(out, i32::try_from(value).unwrap_or(i32::MAX));
            return Shape::Text;
        }
        Meaning::Moment(per_second, is_utc) => {
            let seconds = value.div_euclid(per_second);
            let ahead = if is_utc { CHINA_AHEAD_SECONDS } else { 0 };
            write_moment(seconds + ahead, value.rem_euclid(per_second), per_second, out);
            return Shape::Text;
        }
        Meaning::Clock(per_second) => {
            let clock = value.div_euclid(per_second);
            let (hours, minutes, seconds) = (clock / 3_600, clock / 60 % 60, clock % 60);
            write_to(out, format_args!("{hours:02}:{minutes:02}:{seconds:02}"));
            write_fraction(value.rem_euclid(per_second), per_second, out);
            return Shape::Text;
        }
        _ => write_to(out, format_args!("{value}")),
    }
    Shape::Number
}

/// A timestamp of 96 bits: nanoseconds of the day and a Julian day.
pub(super) fn write_int96(words: &[u32], out: &mut String) -> Shape {
    const JULIAN_DAY_OF_1970: i64 = 2_440_588;
    const PER_SECOND: i64 = 1_000_000_000;
    let [low, high, day] = *words else { return Shape::Text };
    let nanos = (u64::from(high) << 32 | u64::from(low)).cast_signed();
    let seconds = (i64::from(day) - JULIAN_DAY_OF_1970) * DAY_SECONDS + nanos.div_euclid(PER_SECOND);
    write_moment(seconds + CHINA_AHEAD_SECONDS, nanos.rem_euclid(PER_SECOND), PER_SECOND, out);
    Shape::Text
}

/// Bytes that are no text.
pub(super) fn write_bytes(meaning: &Meaning, bytes: &[u8], out: &mut String) -> Shape {
    match (meaning, bytes) {
        (Meaning::Decimal(scale), _) => {
            write_decimal(bytes, *scale, out);
            Shape::Number
        }
        (Meaning::Half, [low, high]) => write_half(u16::from_le_bytes([*low, *high]), out),
        _ => {
            for (position, byte) in bytes.iter().enumerate() {
                if matches!(position, 4 | 6 | 8 | 10) {
                    out.push('-');
                }
                write_to(out, format_args!("{byte:02x}"));
            }
            Shape::Text
        }
    }
}

/// A float of 16 bits, with the fewest digits that are nearer to it than to its neighbours.
fn write_half(bits: u16, out: &mut String) -> Shape {
    /// Digits that distinguish all floats of 16 bits.
    const DIGITS_MAX: usize = 5;
    let value = half(bits);
    let is_at_the_end = !value.is_finite() || !half(bits.wrapping_add(1)).is_finite() || value == 0.0;
    let away = |other: u16| (f64::from(half(other)) - f64::from(value)).abs() / 2.0;
    let shortest = (0..DIGITS_MAX).filter(|_| !is_at_the_end).find_map(|places| {
        let near: f64 = format!("{value:.places$e}").parse().ok()?;
        let off = near - f64::from(value);
        let neighbour = if (off < 0.0) == (value < 0.0) { bits + 1 } else { bits - 1 };
        (off.abs() < away(neighbour)).then_some(near)
    });
    match shortest {
        Some(near) => write_float(near, out),
        None => write_float(value, out),
    }
}

/// A float of 16 bits (IEEE 754 binary16).
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let fraction = f32::from(bits & 0x3ff);
    sign * match i32::from(bits >> 10 & 0x1f) {
        0 => fraction * 2_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        exponent => (fraction + 1_024.0) * 2_f32.powi(exponent - 25),
    }
}

/// A moment of China's clock, with its offset if it has a fraction.
fn write_moment(seconds: i64, fraction: i64, per_second: i64, out: &mut String) {
    write_time(out, seconds);
    if fraction != 0 {
        write_fraction(fraction, per_second, out);
        out.push_str("+08:00");
    }
}

fn write_fraction(fraction: i64, per_second: i64, out: &mut String) {
    if fraction != 0 {
        let places = usize::try_from(per_second.ilog10()).unwrap_or(0);
        write_to(out, format_args!(".{fraction:0places$}"));
    }
}

/// A whole number of any length, most significant byte first, in two's complement, and how many digits are places.
fn write_decimal(bytes: &[u8], scale: i32, out: &mut String) {
    // Nearly all fit into 64 bits: those of more bytes if what is before the last eight only states the sign.
    let (sign, last) = bytes.split_at(bytes.len().saturating_sub(8));
    let value = last
        .iter()
        .fold(if bytes.first().is_some_and(|first| *first >= 0x80) { -1 } else { 0 }, |value, byte| {
            value << 8 | i64::from(*byte)
        });
    if let 0..=9 = scale
        && sign.iter().all(|byte| *byte == if value < 0 { 0xff } else { 0 })
        && (sign.is_empty() || (last[0] >= 0x80) == (value < 0))
    {
        return write_places(value, scale.unsigned_abs(), out);
    }
    write_long_decimal(bytes, scale, out);
}

/// A whole number of 64 bits of which so many digits, at most 9, are places.
fn write_places(value: i64, places: u32, out: &mut String) {
    let unit = 10_u64.pow(places);
    if value < 0 {
        out.push('-');
    }
    write_to(out, format_args!("{}", value.unsigned_abs() / unit));
    if places > 0 {
        let width = places as usize;
        write_to(out, format_args!(".{:0width$}", value.unsigned_abs() % unit));
    }
}

/// A whole number of any length, by long division.
fn write_long_decimal(bytes: &[u8], scale: i32, out: &mut String) {
    if bytes.len() > DECIMAL_BYTES_MAX {
        return write_to(out, format_args!("a decimal of {} bytes", bytes.len()));
    }
    let is_negative = bytes.first().is_some_and(|first| *first >= 0x80);
    let mut magnitude: Vec<u8> = bytes.to_vec();
    if is_negative {
        let mut carry = true;
        for byte in magnitude.iter_mut().rev() {
            let (sum, over) = (!*byte).overflowing_add(u8::from(carry));
            (*byte, carry) = (sum, over);
        }
    }
    let places = usize::try_from(scale).unwrap_or(0);
    // Digits from the last to the first, by long division.
    let mut digits = Vec::new();
    while magnitude.iter().any(|byte| *byte != 0) || digits.len() <= places.min(2 * DECIMAL_BYTES_MAX) {
        let mut rest = 0_u16;
        for byte in &mut magnitude {
            let part = rest << 8 | u16::from(*byte);
            *byte = u8::try_from(part / 10).unwrap_or(0);
            rest = part % 10;
        }
        digits.push(b'0' + u8::try_from(rest).unwrap_or(0));
    }
    if is_negative {
        out.push('-');
    }
    for (position, digit) in digits.iter().enumerate().rev() {
        out.push(char::from(*digit));
        if position > 0 && position == places {
            out.push('.');
        }
    }
    // Scales that no writer has.
    if scale < 0 || places > 2 * DECIMAL_BYTES_MAX {
        write_to(out, format_args!("e{}", -i64::from(scale)));
    }
}

/// Appends the JSON of a cell.
pub(super) fn push_json(out: &mut String, cell: TableCell<'_>) {
    match cell {
        TableCell::Null => out.push_str("null"),
        TableCell::Flag(flag) => out.push_str(if flag { "true" } else { "false" }),
        TableCell::Number(text) if text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit()) => {
            out.push_str(text);
        }
        TableCell::Text(text) | TableCell::Number(text) => push_quoted(out, text),
        TableCell::Nested(text) => out.push_str(text),
        TableCell::Bytes(bytes) => write_to(out, format_args!("{{\"base64\":\"{}\"}}", base64(bytes))),
    }
}

/// Appends a text in quotes.
pub(super) fn push_quoted(out: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

fn write_to(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes all that is written");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut String) -> Shape) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn decimals_are_exact() {
        for (value, scale, expected) in [
            (0, 0, "0"),
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (123_456, 2, "1234.56"),
            (-100, 2, "-1.00"),
            (7, -3, "7e3"),
            (i64::MAX, 6, "9223372036854.775807"),
            (i64::MIN, 0, "-9223372036854775808"),
        ] {
            assert_eq!(text(|out| write_int(&Meaning::Decimal(scale), value, 64, out)), expected);
        }
        // The same by the long way and by the short one.
        for value in [0, 1, -1, 255, -256, 1 << 40, i64::MAX, i64::MIN] {
            for (bytes, scale) in [8, 9, 16].into_iter().flat_map(|length| [(length, 0), (length, 6)]) {
                let bytes = &i128::from(value).to_be_bytes()[16 - bytes..];
                let mut long = String::new();
                write_long_decimal(bytes, scale, &mut long);
                assert_eq!(text(|out| write_bytes(&Meaning::Decimal(scale), bytes, out)), long);
            }
        }
        let over = (i128::from(i64::MAX) + 1).to_be_bytes();
        assert_eq!(text(|out| write_bytes(&Meaning::Decimal(0), &over[7..], out)), "9223372036854775808");
        let bytes = (-12_345_678_901_234_567_890_123_456_789_i128).to_be_bytes();
        let expected = "-123456789012345678901234567.89";
        assert_eq!(text(|out| write_bytes(&Meaning::Decimal(2), &bytes, out)), expected);
        assert_eq!(text(|out| write_bytes(&Meaning::Decimal(2), &[], out)), "0.00");
    }

    #[test]
    fn moments_are_of_chinas_clock() {
        let moment = |value, per_second, is_utc| {
            text(|out| write_int(&Meaning::Moment(per_second, is_utc), value, 64, out))
        };
        assert_eq!(moment(0, 1_000, false), "1970-01-01 00:00:00");
        assert_eq!(moment(0, 1_000, true), "1970-01-01 08:00:00");
        assert_eq!(moment(-1, 1_000_000, false), "1969-12-31 23:59:59.999999+08:00");
        assert_eq!(
            moment(1_740_819_600_000_000_007, 1_000_000_000, true),
            "2025-03-01 17:00:00.000000007+08:00"
        );
        for extreme in [i64::MIN, i64::MAX] {
            for per_second in [1_000, 1_000_000, 1_000_000_000] {
                assert_eq!(records::time::parse_time(&moment(extreme, per_second, true)), None);
            }
        }
        let noon = 12 * 3_600 * 1_000_000_000_u64;
        let words =
            [u32::try_from(noon & 0xffff_ffff).unwrap(), u32::try_from(noon >> 32).unwrap(), 2_440_589];
        assert_eq!(text(|out| write_int96(&words, out)), "1970-01-02 20:00:00");
    }

    #[test]
    fn numbers_have_their_shortest_text() {
        for (value, expected) in
            [(0.1, "0.1"), (12.0, "12.0"), (1e300, "1e300"), (-0.0, "-0.0"), (f64::NAN, "NaN")]
        {
            assert_eq!(text(|out| write_float(value, out)), expected);
        }
        assert_eq!(text(|out| write_float(0.1_f32, out)), "0.1");
        for (bits, expected) in [
            (0x3e00_u16, "1.5"),
            (0x2e66, "0.1"),
            (0xae66, "-0.1"),
            (0x0001, "6e-8"),
            (0x7bff, "65504.0"),
            (0x8000, "-0.0"),
        ] {
            assert_eq!(text(|out| write_bytes(&Meaning::Half, &bits.to_le_bytes(), out)), expected);
        }
        assert_eq!(text(|out| write_bytes(&Meaning::Half, &0x7c00_u16.to_le_bytes(), out)), "inf");
        assert_eq!(text(|out| write_int(&Meaning::Unsigned, -1, 32, out)), "4294967295");
        assert_eq!(text(|out| write_int(&Meaning::Unsigned, -1, 64, out)), "18446744073709551615");
        assert_eq!(text(|out| write_int(&Meaning::Date, 20_089, 32, out)), "2025-01-01");
    }
}
