//! The lists in the facts of a case, from one readable cell to JSON.
//!
//! A record holds lists of records: diagnoses, operations, agreements, the lines of a prescription. Written out
//! as JSON they would hide what a case is about, so each has a short form of its own in which a person would
//! jot it down. JSON is still read, for what the short form cannot express; `[]` is a list with nothing in it.

use crate::detector;
use crate::ordinary::List;
use records::time;

/// Reads one element of a list; none if it is not written like one.
type Element = fn(&str) -> Option<String>;

/// The JSON of a list, or a hint on how it is written.
pub(crate) fn of(list: List, text: &str) -> Result<String, String> {
    if text.starts_with('[') {
        return as_json(list, text);
    }
    let (separator, element, form): (char, Element, &str) = match list {
        List::Texts => (',', code, "TC1,TC2"),
        List::Lines => (';', line, "ITEM*2;OTHER*1 102 (list_type 101 if it is left out, none after ` -`)"),
        List::Diagnoses => (',', diagnosis, "main J18.9 #1,I10 #2 (`main` and `#` may be left out)"),
        List::Operations => {
            (',', operation, "main 68.4900 2025-03-02,54.2100 (`main` and the day may be left out)")
        }
        List::Agreements => (
            ',',
            agreement,
            "active 2024-01-01..2025-12-31,suspended 2026-01-01.. (active, suspended, ended)",
        ),
    };
    let elements: Option<Vec<String>> = text.split(separator).map(|part| element(part.trim())).collect();
    let mut elements = elements.ok_or_else(|| form.to_owned())?;
    if list == List::Lines {
        for (index, line) in elements.iter_mut().enumerate() {
            *line = format!(r#"{{"line_no":"{}",{line}}}"#, index + 1);
        }
    }
    Ok(format!("[{}]", elements.join(",")))
}

fn as_json(list: List, text: &str) -> Result<String, String> {
    let fits = |element: &serde_json::Value| match list {
        List::Texts => element.is_string(),
        _ => element.is_object(),
    };
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Array(elements)) if elements.iter().all(fits) => Ok(text.to_owned()),
        _ if list == List::Texts => Err("a JSON list of texts".to_owned()),
        _ => Err("a JSON list of records".to_owned()),
    }
}

/// One word without spaces in it.
fn code(text: &str) -> Option<String> {
    (!text.is_empty() && !text.contains(' ')).then(|| quoted(text))
}

/// `ITEM*2`, `ITEM*2 102`, `ITEM*2 -`: the fields of a line but for its number.
fn line(text: &str) -> Option<String> {
    let (item, rest) = text.split_once('*')?;
    let (cnt, list_type) = rest.split_once(' ').unwrap_or((rest, "101"));
    let item = code(item)?;
    detector::number(cnt)?;
    let list_type = match list_type {
        "-" => String::new(),
        "101" | "102" | "201" | "301" => format!(r#""list_type":"{list_type}","#),
        _ => return None,
    };
    Some(format!(r#""med_list_codg":{item},{list_type}"cnt":{}"#, quoted(cnt)))
}

/// `J18.9`, `main J18.9`, `main J18.9 #1`.
fn diagnosis(text: &str) -> Option<String> {
    let (main, text) = after_main(text);
    let (diagnosis, rank) = match text.split_once(" #") {
        Some((diagnosis, rank)) => (diagnosis, Some(rank)),
        None => (text, None),
    };
    let mut fields = vec![format!(r#""diag_code":{}"#, code(diagnosis)?)];
    fields.extend(main.then(|| r#""maindiag_flag":"1""#.to_owned()));
    if let Some(rank) = rank {
        detector::number(rank)?;
        fields.push(format!(r#""diag_srt_no":{}"#, quoted(rank)));
    }
    Some(record(&fields))
}

/// `68.4900`, `main 68.4900`, `main 68.4900 2025-03-02`.
fn operation(text: &str) -> Option<String> {
    let (main, text) = after_main(text);
    let (operation, on) = match text.split_once(' ') {
        Some((operation, on)) => (operation, Some(on)),
        None => (text, None),
    };
    let mut fields = vec![format!(r#""oprn_code":{}"#, code(operation)?)];
    if let Some(on) = on {
        time::parse_date(on)?;
        fields.push(format!(r#""oprn_date":{}"#, quoted(on)));
    }
    fields.extend(main.then(|| r#""main_flag":"1""#.to_owned()));
    Some(record(&fields))
}

/// `active 2024-01-01..2025-12-31`, `ended 2024-01-01..`.
fn agreement(text: &str) -> Option<String> {
    let (status, days) = text.split_once(' ')?;
    let status = match status {
        "active" => "1",
        "suspended" => "0",
        "ended" => "2",
        _ => return None,
    };
    let (begin, end) = days.split_once("..")?;
    time::parse_date(begin)?;
    let mut fields = vec![format!(r#""status":"{status}","begin":{}"#, quoted(begin))];
    if !end.is_empty() {
        time::parse_date(end)?;
        fields.push(format!(r#""end":{}"#, quoted(end)));
    }
    Some(record(&fields))
}

fn after_main(text: &str) -> (bool, &str) {
    text.strip_prefix("main ").map_or((false, text), |rest| (true, rest))
}

fn record(fields: &[String]) -> String {
    format!("{{{}}}", fields.join(","))
}

/// A text as JSON writes it.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: List, text: &str, expected: &str) {
        assert_eq!(of(list, text).as_deref(), Ok(expected), "{text}");
    }

    #[test]
    fn each_list_has_a_short_form() {
        check(List::Texts, "A, B", r#"["A","B"]"#);
        check(
            List::Lines,
            "A*2;B*0.5 102;C*1 -",
            r#"[{"line_no":"1","med_list_codg":"A","list_type":"101","cnt":"2"},{"line_no":"2","med_list_codg":"B","list_type":"102","cnt":"0.5"},{"line_no":"3","med_list_codg":"C","cnt":"1"}]"#,
        );
        check(
            List::Diagnoses,
            "main J18.9 #2, I10",
            r#"[{"diag_code":"J18.9","maindiag_flag":"1","diag_srt_no":"2"},{"diag_code":"I10"}]"#,
        );
        check(
            List::Operations,
            "main 68.4900 2025-03-02,54.2100",
            r#"[{"oprn_code":"68.4900","oprn_date":"2025-03-02","main_flag":"1"},{"oprn_code":"54.2100"}]"#,
        );
        check(
            List::Agreements,
            "active 2024-01-01..2024-12-31,suspended 2025-01-01..",
            r#"[{"status":"1","begin":"2024-01-01","end":"2024-12-31"},{"status":"0","begin":"2025-01-01"}]"#,
        );
    }

    #[test]
    fn json_says_what_the_short_form_cannot() {
        check(List::Texts, "[]", "[]");
        check(List::Texts, r#"["A",""]"#, r#"["A",""]"#);
        check(List::Agreements, "[]", "[]");
        check(List::Diagnoses, r#"[{"diag_code":"A, B"}]"#, r#"[{"diag_code":"A, B"}]"#);
    }

    #[test]
    fn what_is_neither_says_how_it_is_written() {
        for (list, text) in [
            (List::Texts, "A,,B"),
            (List::Texts, "[1]"),
            (List::Lines, "A"),
            (List::Lines, "*2"),
            (List::Lines, "A*2 103"),
            (List::Diagnoses, "main J18.9 # 1"),
            (List::Diagnoses, "J18.9 I10"),
            (List::Operations, "68.4900 today"),
            (List::Agreements, "active 2024-01-01"),
            (List::Agreements, "alive 2024-01-01.."),
            (List::Agreements, "active 2024-02-30.."),
            (List::Agreements, "[2]"),
        ] {
            assert!(of(list, text).is_err(), "{text}");
        }
    }
}
