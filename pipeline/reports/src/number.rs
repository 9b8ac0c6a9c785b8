//! Numbers as people read them: thousands apart, money with two places.

use records::decimal::format_fen;
use wire::Fen;

/// Yuan with thousands apart: `1,234.50`.
pub fn yuan(fen: i64) -> String {
    let plain = format_fen(fen);
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "00"));
    format!("{sign}{}.{fraction}", apart(whole))
}

/// An amount of an output with thousands apart.
pub fn amount(amount: Fen) -> String {
    yuan(amount.fen())
}

/// A count with thousands apart.
pub fn grouped(count: u64) -> String {
    apart(&count.to_string())
}

fn apart(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(yuan(-123_456), "-1,234.56");
        assert_eq!(amount(Fen(5)), "0.05");
    }
}
