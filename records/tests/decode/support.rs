//! What a test looks at of a change, and one good line of each kind to change.

use records::Kind;
use records::decode::{Change, Code, Decoder, Fault, Op, Value};
use records::schema::{fields, position};

/// What a test looks at of a change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) kind: Kind,
    pub(crate) op: Op,
    pub(crate) rev: Option<u64>,
    pub(crate) recv_time: Option<i64>,
    pub(crate) hash: u64,
    pub(crate) unknown: u32,
    /// Values as they print, lists with their elements.
    pub(crate) values: Vec<String>,
}

pub(crate) fn seen(change: &Change<'_>) -> Seen {
    let shown = |value: &Value<'_>| match *value {
        Value::List { begin, end } => format!("{:?}", &change.elements[begin as usize..end as usize]),
        value => format!("{value:?}"),
    };
    Seen {
        kind: change.kind,
        op: change.op,
        rev: change.rev,
        recv_time: change.recv_time,
        hash: change.content_hash,
        unknown: change.unknown_fields,
        values: change.values.iter().map(shown).collect(),
    }
}

pub(crate) fn decode(line: impl AsRef<[u8]>) -> Result<Seen, Fault> {
    Decoder::new().decode(line.as_ref(), seen)
}

#[track_caller]
pub(crate) fn good(line: impl AsRef<[u8]>) -> Seen {
    let text = String::from_utf8_lossy(line.as_ref()).into_owned();
    decode(line).unwrap_or_else(|fault| panic!("{text}: {fault:?}"))
}

#[track_caller]
pub(crate) fn code(line: impl AsRef<[u8]>) -> Code {
    let text = String::from_utf8_lossy(line.as_ref()).into_owned();
    match decode(line) {
        Ok(seen) => panic!("{text} is taken as {seen:?}"),
        Err(fault) => fault.code,
    }
}

/// Every line has this code.
#[track_caller]
pub(crate) fn all(expected: Code, lines: &[&str]) {
    for line in lines {
        assert_eq!(code(line), expected, "{line}");
    }
}

/// Good lines of some kinds, to be varied.
pub(crate) const PERSON: &str = r#"{"kind":"person","psn_no":"T1","gend":"1","brdy":"1960-05-05"}"#;
pub(crate) const INSTITUTION: &str =
    r#"{"kind":"institution","fixmedins_code":"H1","fixmedins_type":"1","admdvs":"440100"}"#;
pub(crate) const VISIT: &str = r#"{"kind":"visit","mdtrt_id":"V1","psn_no":"T1","fixmedins_code":"H1","med_type":"21","begntime":"2025-03-01 09:00:00"}"#;
pub(crate) const FEE_LINE: &str = r#"{"kind":"fee_line","mdtrt_id":"V1","feedetl_sn":"1","psn_no":"T1","fixmedins_code":"H1","fee_ocur_time":"2025-03-02 10:00:00","med_list_codg":"X","list_type":"101","cnt":1,"pric":"12.00","det_item_fee_sumamt":"12.00"}"#;
pub(crate) const SETTLEMENT: &str = r#"{"kind":"settlement","setl_id":"S1","mdtrt_id":"V1","psn_no":"T1","fixmedins_code":"H1","med_type":"21","setl_time":"2025-03-02 10:00:00","medfee_sumamt":1,"fund_pay_sumamt":1}"#;
pub(crate) const PRESCRIPTION: &str = r#"{"kind":"prescription","rx_id":"R1","psn_no":"T1","fixmedins_code":"H1","prsc_time":"2025-03-02 10:00:00","dr_codg":"D1","state":"issued","lines":[{"line_no":1,"med_list_codg":"X","cnt":2}]}"#;
pub(crate) const DISPENSING: &str = r#"{"kind":"dispensing","sel_id":"X1","move":"sale","fixmedins_code":"P1","med_list_codg":"X","cnt":2,"sel_time":"2025-03-02 10:00:00"}"#;
pub(crate) const PURCHASE: &str = r#"{"kind":"purchase","purc_id":"B1","move":"purchase","fixmedins_code":"P1","med_list_codg":"X","cnt":2,"stoin_time":"2025-03-02 10:00:00"}"#;
pub(crate) const STOCK_CHANGE: &str = r#"{"kind":"stock_change","chg_id":"C1","fixmedins_code":"P1","med_list_codg":"X","inv_chg_type":"101","cnt":2,"inv_chg_time":"2025-03-02 10:00:00"}"#;
pub(crate) const STOCK_COUNT: &str = r#"{"kind":"stock_count","cnt_id":"C1","fixmedins_code":"P1","med_list_codg":"X","inv_cnt":2,"invdate":"2025-03-02"}"#;
pub(crate) const PRESENCE: &str = r#"{"kind":"presence","idv_id":"I1","psn_no":"T1","fixmedins_code":"H1","idv_time":"2025-03-02 10:00:00","scene":"treat","result":"pass"}"#;
pub(crate) const INVOICE: &str = r#"{"kind":"invoice","bill_code":"B","bill_no":"1","amount":"1.00","issue_time":"2025-03-02 10:00:00","state":"normal"}"#;
pub(crate) const ENROLMENT: &str = r#"{"kind":"enrolment","enrl_id":"E1","psn_no":"T1","insutype":"310","insu_admdvs":"440100","status":"1","begin":"2020-01-01"}"#;
pub(crate) const PERSON_FACT: &str =
    r#"{"kind":"person_fact","fact_id":"F1","psn_no":"T1","fact":"death","begin":"2020-01-01"}"#;
pub(crate) const PRACTITIONER: &str =
    r#"{"kind":"practitioner","prac_psn_code":"D1","prac_psn_type":"doctor","fixmedins_code":"H1"}"#;
pub(crate) const LABEL: &str = r#"{"kind":"label","case_id":"L1","subject_type":"alert","subject_id":"A","decision":"denied","decided_at":"2025-03-02 10:00:00"}"#;

pub(crate) const ALL: [&str; 16] = [
    INSTITUTION,
    PRACTITIONER,
    PERSON,
    PERSON_FACT,
    ENROLMENT,
    VISIT,
    SETTLEMENT,
    FEE_LINE,
    PRESCRIPTION,
    DISPENSING,
    PURCHASE,
    STOCK_CHANGE,
    STOCK_COUNT,
    PRESENCE,
    INVOICE,
    LABEL,
];

/// The line with one field more, or with another value for it.
pub(crate) fn with(line: &str, field: &str, value: &str) -> String {
    let line = without(line, field);
    format!("{},\"{field}\":{value}}}", &line[..line.len() - 1])
}

/// The line without a field whose value has no comma.
pub(crate) fn without(line: &str, field: &str) -> String {
    let Some(start) = line.find(&format!("\"{field}\":")) else { return line.to_owned() };
    let rest = &line[start..];
    let end = if rest.starts_with("\"lines\"") { rest.find(']').map(|end| end + 1) } else { rest.find(',') };
    let end = start + end.unwrap_or(rest.len() - 1);
    let line = format!("{}{}", &line[..start], line[end..].trim_start_matches(','));
    line.replace(",}", "}")
}

/// The value of a field as it prints.
#[track_caller]
pub(crate) fn value(line: &str, field: &str) -> String {
    let seen = good(line);
    seen.values[position(fields(seen.kind), field)].clone()
}

/// Two values of a field make the same content, or different content.
#[track_caller]
pub(crate) fn content(line: &str, field: &str, one: &str, other: &str, same: bool) {
    let (one, other) = (with(line, field, one), with(line, field, other));
    assert_eq!(good(&one).hash == good(&other).hash, same, "{one} {other}");
}
