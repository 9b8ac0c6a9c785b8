//! The kind of a table's rows, as the name of its file or of a folder tells it.

use records::Kind;

/// The kind that a stem tells: the stem itself, or what stands in it before the first mark that exporters put behind.
pub(super) fn kind_of(stem: &str) -> Option<Kind> {
    let named = |text: &str| Kind::from_name(&text.to_ascii_lowercase());
    let is_mark = |(at, byte): &(usize, u8)| match byte {
        b'-' | b'.' | b' ' | b'(' => true,
        b'_' => stem.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit),
        _ => false,
    };
    named(stem).or_else(|| {
        stem.bytes().enumerate().filter(is_mark).find_map(|(at, _)| named(stem.get(..at).unwrap_or_default()))
    })
}

/// The kind that a name may be meant to tell: one that it has, or a part of it is, or that it nearly is.
pub(super) fn nearest(name: &str) -> Option<Kind> {
    let plain = |text: &str| -> String {
        text.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect()
    };
    let name = plain(name);
    let has = Kind::ALL.into_iter().filter(|kind| name.contains(&plain(kind.name())));
    // Of several the longest: a person_fact has a person in it.
    has.max_by_key(|kind| kind.name().len()).or_else(|| {
        let of = |kind: Kind| (distance(&name, &plain(kind.name())), kind);
        let (distance, kind) = Kind::ALL.into_iter().map(of).min_by_key(|(distance, _)| *distance)?;
        (distance <= 2 && distance * 3 <= name.len()).then_some(kind)
    })
}

/// Letters that are to be put in, taken out or changed to make one text of another (Levenshtein, 1966).
fn distance(one: &str, other: &str) -> usize {
    let other = other.as_bytes();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (nth, byte) in one.bytes().take(64).enumerate() {
        let mut before = std::mem::replace(&mut row[0], nth + 1);
        for (at, of_other) in other.iter().enumerate() {
            let changed = before + usize::from(byte != *of_other);
            before = row[at + 1];
            row[at + 1] = changed.min(before + 1).min(row[at] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_kind_as_exporters_write_it() {
        for (stem, kind) in [
            ("fee_line", Some(Kind::FeeLine)),
            ("FEE_LINE", Some(Kind::FeeLine)),
            ("fee_line_202503", Some(Kind::FeeLine)),
            ("fee_line-part2", Some(Kind::FeeLine)),
            ("fee_line (1)", Some(Kind::FeeLine)),
            ("Fee_Line(1)", Some(Kind::FeeLine)),
            ("fee_line.2025", Some(Kind::FeeLine)),
            ("person_fact_1", Some(Kind::PersonFact)),
            ("person_1_fact", Some(Kind::Person)),
            ("visit-settlement", Some(Kind::Visit)),
            ("fee_lines", None),
            ("fee_line_march", None),
            ("fee-line", None),
            ("my fee_line", None),
            ("2025_fee_line", None),
            ("", None),
            ("-", None),
            ("院-fee_line", None),
        ] {
            assert_eq!(kind_of(stem), kind, "{stem}");
        }
    }

    #[test]
    fn a_name_that_is_nearly_one_is_known() {
        for (name, kind) in [
            ("feeline", Some(Kind::FeeLine)),
            ("fee-lines", Some(Kind::FeeLine)),
            ("2025_fee_line_all", Some(Kind::FeeLine)),
            ("setlement", Some(Kind::Settlement)),
            ("PersonFacts", Some(Kind::PersonFact)),
            ("vsit", Some(Kind::Visit)),
            ("vst", None),
            ("patients", None),
            ("people", None),
            ("", None),
        ] {
            assert_eq!(nearest(name), kind, "{name}");
        }
    }
}
