//! Small tables that people write: CSV with a header, columns in any order.
//!
//! Columns are found by name, blank rows are passed over, and the first mistake is reported with the line in which its
//! row begins, as an editor counts lines. What the cells mean is left to the caller.

use csv::{ReaderBuilder, StringRecord, Trim};

/// A line, and what is wrong with it.
type InvalidValue = (usize, String);

/// The cells of each row in the order of `columns`, with the line where it begins; rows without a text are passed over.
///
/// A column is known by any of its names; the first is the one that messages use. Other columns are ignored.
///
/// # Errors
/// The first line that is wrong, and why.
pub fn rows<const N: usize>(
    text: &str,
    columns: [&[&str]; N],
) -> Result<Vec<(usize, [String; N])>, InvalidValue> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).from_reader(text.as_bytes());
    // A record is said to begin where the last one ended; blank lines may lie between.
    let line = |record: &StringRecord| {
        let begin = record.position().and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or(0);
        let rest = text.get(begin..).unwrap_or_default();
        let begin = begin + rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        1 + text.as_bytes()[..begin].iter().filter(|byte| **byte == b'\n').count()
    };
    let mut positions: Option<([usize; N], usize)> = None;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| (1, error.to_string()))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        let Some((positions, width)) = &positions else {
            positions = Some((header(&record, columns)?, record.len()));
            continue;
        };
        if record.len() != *width {
            return Err((line(&record), format!("{} cells where there must be {width}", record.len())));
        }
        rows.push((
            line(&record),
            positions.map(|position| record.get(position).unwrap_or_default().to_owned()),
        ));
    }
    match positions {
        Some(_) => Ok(rows),
        None => Err((1, missing(columns))),
    }
}

fn header<const N: usize>(record: &StringRecord, columns: [&[&str]; N]) -> Result<[usize; N], InvalidValue> {
    let position = |names: &[&str]| record.iter().position(|name| names.contains(&name));
    let found = columns.map(position);
    if found.iter().any(Option::is_none) {
        return Err((1, missing(columns)));
    }
    Ok(found.map(Option::unwrap_or_default))
}

fn missing<const N: usize>(columns: [&[&str]; N]) -> String {
    let names: Vec<&str> = columns.iter().filter_map(|names| names.first().copied()).collect();
    format!("the header must be {}", names.join(","))
}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn columns_are_found_by_any_of_their_names_in_any_order() {
        let text = "\u{feff}days, note,level\r\n\"2,5\",x,\r\n\r\n 3 ,\"a\nb\",03\n";
        let read = rows(text, [&["hosp_lv", "level"], &["days"]]).unwrap();
        let cells = |level: &str, days: &str| [level.to_owned(), days.to_owned()];
        assert_eq!(read, [(2, cells("", "2,5")), (4, cells("03", "3"))]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let read = |text: &str| rows(text, [&["id"], &["home_region", "home"]]).unwrap_err();
        assert_eq!(read(""), (1, "the header must be id,home_region".to_owned()));
        assert_eq!(read("id,place\n"), (1, "the header must be id,home_region".to_owned()));
        assert_eq!(read("id,home\nA,1\nB\n"), (3, "1 cells where there must be 2".to_owned()));
    }
}
