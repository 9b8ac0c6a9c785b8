//! One line, read as the change it is or refused with the code of its first fault.
//!
//! The sixteen kinds stand below as they stand in section 2 of the contract, in its order of fields, because
//! that order decides which of two faults a line is rejected for.

use std::collections::BTreeMap;

use super::json::{Json, read};
use super::values::{Decimal, read_day, read_time, trimmed};

/// The parts of a record's key.
pub(crate) type Key = Vec<String>;

/// The fields of a record that have a value.
pub(crate) type Fields = BTreeMap<String, Value>;

/// A value after parsing; two values are equal exactly when the contract compares them as equal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Flag(bool),
    /// Money, prices and quantities in millionths.
    Millionths(i128),
    Whole(i64),
    Number(Decimal),
    Time(i64),
    Day(i64),
    Codes(Vec<String>),
    Rows(Vec<Fields>),
}

/// What a change says about its key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Put(Fields),
    Del,
}

/// A change whose line has no fault of its own.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) kind: &'static str,
    pub(crate) key: Key,
    pub(crate) rev: Option<u64>,
    pub(crate) content: Content,
    /// When the bureau received it; no part of the content.
    pub(crate) recv_time: Option<i64>,
    pub(crate) unknown_fields: u64,
}

/// A line with a fault: the kind it is counted under (`?` if none is known) and the code.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) kind: &'static str,
    pub(crate) code: &'static str,
}

/// Section 2. `*` is required, `**` is part of the key; after the colon stands what values the field takes:
/// nothing a code, a list with `|` a closed one, `[ … ]` a list of records, the rest as in [`Form`].
const KINDS: [(&str, &str); 16] = [
    (
        "institution",
        "fixmedins_code** fixmedins_name fixmedins_type*:1|2|3 hosp_lv admdvs* lon:number lat:number
         beds:count agreements:[ status*:1|0|2 begin*:day end:day ]",
    ),
    (
        "practitioner",
        "prac_psn_code** prac_psn_type*:doctor|nurse|pharmacist|technician title_lv fixmedins_code* dept_codg
         valid_begin:day valid_end:day psn_no",
    ),
    ("person", "psn_no** gend*:1|2|0|9 brdy*:day tel_tok addr_tok"),
    (
        "person_fact",
        "fact_id** psn_no* fact*:death|custody|abroad|work_injury|third_party begin*:day end:day source",
    ),
    (
        "enrolment",
        "enrl_id** psn_no* insutype* insu_admdvs* status*:1|2|3 psn_type begin*:day end:day cont_years:int
         zero_claim_years:int",
    ),
    (
        "visit",
        "mdtrt_id** psn_no* fixmedins_code* med_type* begntime*:time endtime:time insutype insu_admdvs
         dept_codg dr_codg wardno bedno opsp_dise_code online_flag:flag matn_stas dscg_way
         diags:[ diag_code* maindiag_flag:flag diag_srt_no:int ]
         oprns:[ oprn_code* oprn_date:day main_flag:flag oper_dr_code incision_no ]",
    ),
    (
        "settlement",
        "setl_id** mdtrt_id* psn_no* fixmedins_code* med_type* insutype setl_time*:time medfee_sumamt*:money
         fund_pay_sumamt*:money acct_pay:money psn_cash_pay:money hifmi_pay:money maf_pay:money oth_pay:money
         mdtrt_cert_type terminal_id opter_id bill_code bill_no hi_paymtd drg_dip_code weight:number
         refd_setl_flag:flag orig_setl_id insuplc_admdvs",
    ),
    (
        "fee_line",
        "mdtrt_id** feedetl_sn** init_feedetl_sn setl_id psn_no* fixmedins_code* fee_ocur_time*:time
         med_list_codg* list_type*:101|102|201|301 med_chrgitm_type chrgitm_lv cnt*:quantity pric*:price
         det_item_fee_sumamt*:money fund_amt:money rx_id bilg_dept_codg bilg_dr_codg hosp_appr_flag:flag",
    ),
    (
        "prescription",
        "rx_id** hi_rxno mdtrt_id psn_no* fixmedins_code* prsc_time*:time dr_codg* dept_codg online_flag:flag
         state*:issued|reviewed|dispensed|cancelled
         lines*:[ line_no*:free med_list_codg* list_type:101|102|201|301 cnt*:some_quantity sin_dos:free
         used_frqu:free prd_days:free ]",
    ),
    (
        "dispensing",
        "sel_id** move*:sale|return return_of fixmedins_code* med_list_codg* cnt*:some_quantity sel_time*:time
         finl_trns_pric:price setl_id mdtrt_id psn_no rx_id rx_flag:flag mdtrt_setl_type trdn_flag:flag
         manu_lotnum expy_end:day trace_codes:codes",
    ),
    (
        "purchase",
        "purc_id** move*:purchase|return fixmedins_code* med_list_codg* cnt*:some_quantity stoin_time*:time
         spler_code purc_invo_codg purc_invo_no finl_trns_pric:price manu_lotnum expy_end:day trace_codes:codes",
    ),
    (
        "stock_change",
        "chg_id** fixmedins_code* med_list_codg* inv_chg_type*:101|102|103|104|105|106|107 cnt*:some_quantity
         inv_chg_time*:time",
    ),
    ("stock_count", "cnt_id** fixmedins_code* med_list_codg* inv_cnt*:stock_quantity invdate*:day"),
    (
        "presence",
        "idv_id** psn_no* fixmedins_code* idv_time*:time
         scene*:register|admit|bed_check|treat|settle|pickup|sign_in method result*:pass|fail|override
         score:number device_id override_reason",
    ),
    (
        "invoice",
        "bill_code** bill_no** setl_id fixmedins_code psn_no amount*:money issue_time*:time state*:normal|red",
    ),
    (
        "label",
        "case_id** subject_type*:person|institution|practitioner|settlement|visit|alert subject_id*
         period_begin:day period_end:day scheme decision*:confirmed|partly|denied|undecided amount:money
         decided_at*:time source",
    ),
];

/// A field of section 2 and the values it takes.
struct Field {
    name: &'static str,
    is_key: bool,
    is_required: bool,
    form: Form,
}

enum Form {
    Code,
    Closed(Vec<&'static str>),
    Flag,
    Day,
    Time,
    /// At most so many places; the least value that is allowed, or just not allowed.
    Amount {
        places: i64,
        least: Least,
    },
    /// A whole number; `true`: not below 0.
    Whole(bool),
    Number,
    /// Text or number, a number and its text being equal.
    Free,
    Codes,
    Rows(Vec<Field>),
}

#[derive(PartialEq)]
enum Least {
    Any,
    Nought,
    AboveNought,
}

/// The field tables of all kinds, made once for many lines.
pub(crate) struct Schema(Vec<(&'static str, Vec<Field>)>);

impl Schema {
    pub(crate) fn new() -> Schema {
        Schema(
            KINDS.iter().map(|(kind, fields)| (*kind, read_fields(&mut fields.split_whitespace()))).collect(),
        )
    }
}

fn read_fields(words: &mut dyn Iterator<Item = &'static str>) -> Vec<Field> {
    let mut fields = Vec::new();
    while let Some(word) = words.next().filter(|word| *word != "]") {
        let (name, form) = word.split_once(':').unwrap_or((word, ""));
        let form = match form {
            "" => Form::Code,
            "flag" => Form::Flag,
            "day" => Form::Day,
            "time" => Form::Time,
            "money" => Form::Amount { places: 2, least: Least::Any },
            "price" => Form::Amount { places: 6, least: Least::Nought },
            "quantity" => Form::Amount { places: 4, least: Least::Any },
            "some_quantity" => Form::Amount { places: 4, least: Least::AboveNought },
            "stock_quantity" => Form::Amount { places: 4, least: Least::Nought },
            "int" => Form::Whole(false),
            "count" => Form::Whole(true),
            "number" => Form::Number,
            "free" => Form::Free,
            "codes" => Form::Codes,
            "[" => Form::Rows(read_fields(words)),
            closed => Form::Closed(closed.split('|').collect()),
        };
        fields.push(Field {
            name: name.trim_end_matches('*'),
            is_key: name.ends_with("**"),
            is_required: name.ends_with('*'),
            form,
        });
    }
    fields
}

/// Reads one line that is not white space.
///
/// The order of faults: not_json, unknown_kind, bad_op, rev, then the fields in the order of section 2, then
/// recv_time.
pub(crate) fn decode(schema: &Schema, line: &[u8]) -> Result<Change, Fault> {
    let Some(Json::Object(members)) = read(line).map(without_space) else {
        return Err(Fault { kind: "?", code: "not_json" });
    };
    let named = member(&members, "kind");
    let known = schema.0.iter().find(|(kind, _)| matches!(named, Some(Json::Text(text)) if text == kind));
    let Some((kind, fields)) = known else {
        return Err(Fault { kind: "?", code: "unknown_kind" });
    };
    let fault = |code| Fault { kind, code };
    let is_del = match member(&members, "op") {
        None => false,
        Some(Json::Text(op)) if op == "put" => false,
        Some(Json::Text(op)) if op == "del" => true,
        Some(_) => return Err(fault("bad_op")),
    };
    let rev = match member(&members, "rev") {
        None => None,
        Some(json) => Some(read_rev(json).ok_or(fault("bad_value"))?),
    };
    let mut values = Fields::new();
    for field in fields.iter().filter(|field| field.is_key || !is_del) {
        read_field(field, &members, &mut values).map_err(fault)?;
    }
    let recv_time = match member(&members, "recv_time").filter(|_| !is_del) {
        Some(json) => match read_value(&Form::Time, json).map_err(fault)? {
            Value::Time(time) => Some(time),
            _ => None,
        },
        None => None,
    };
    let key = fields.iter().filter(|field| field.is_key).map(|field| text(&values, field.name)).collect();
    let unknown_fields = members
        .iter()
        .filter(|(name, json)| {
            !is_absent(json)
                && !["kind", "op", "rev", "recv_time"].contains(&name.as_str())
                && !fields.iter().any(|field| {
                    field.name == name || matches!(field.form, Form::Codes) && name == NATIONAL_CODES
                })
        })
        .count();
    Ok(Change {
        kind,
        key,
        rev,
        content: if is_del { Content::Del } else { Content::Put(values) },
        recv_time,
        unknown_fields: u64::try_from(unknown_fields).unwrap_or(u64::MAX),
    })
}

/// The name under which the national interface has the trace codes of a sale or a purchase.
const NATIONAL_CODES: &str = "drugtracinfo";

/// The white space around text values is no part of them; names stay as they are.
fn without_space(json: Json) -> Json {
    match json {
        Json::Text(text) => Json::Text(trimmed(&text).to_owned()),
        Json::List(elements) => Json::List(elements.into_iter().map(without_space).collect()),
        Json::Object(members) => {
            Json::Object(members.into_iter().map(|(name, value)| (name, without_space(value))).collect())
        }
        other => other,
    }
}

/// Null and the empty string are absent.
fn is_absent(json: &Json) -> bool {
    matches!(json, Json::Null) || matches!(json, Json::Text(text) if text.is_empty())
}

fn member<'a>(members: &'a [(String, Json)], name: &str) -> Option<&'a Json> {
    members.iter().find(|(member, json)| member == name && !is_absent(json)).map(|(_, json)| json)
}

/// The text of a code that is there, or the empty string.
fn text(values: &Fields, name: &str) -> String {
    match values.get(name) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

/// An integer 0 … 2^63−1 or its decimal text: digits only, and no zero before another digit.
fn read_rev(json: &Json) -> Option<u64> {
    let (Json::Number(text) | Json::Text(text)) = json else {
        return None;
    };
    Decimal::read(text)?;
    let digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse::<i64>().ok().filter(|_| digits_only).and_then(|rev| u64::try_from(rev).ok())
}

fn read_field(field: &Field, members: &[(String, Json)], values: &mut Fields) -> Result<(), &'static str> {
    // Where both come, the name of section 2 counts.
    let national = || member(members, NATIONAL_CODES).filter(|_| matches!(field.form, Form::Codes));
    match member(members, field.name).or_else(national) {
        Some(json) => {
            values.insert(field.name.to_owned(), read_value(&field.form, json)?);
        }
        None if field.is_required => return Err("missing_field"),
        // An absent flag is 0.
        None if matches!(field.form, Form::Flag) => {
            values.insert(field.name.to_owned(), Value::Flag(false));
        }
        None => {}
    }
    Ok(())
}

fn read_value(form: &Form, json: &Json) -> Result<Value, &'static str> {
    const BAD: &str = "bad_value";
    let text = || match json {
        Json::Text(text) => Ok(text),
        _ => Err(BAD),
    };
    // A number may be sent as the text of a JSON number.
    let decimal = || match json {
        Json::Number(text) | Json::Text(text) => Decimal::read(text).ok_or(BAD),
        _ => Err(BAD),
    };
    Ok(match form {
        Form::Code => Value::Text(text()?.clone()),
        Form::Closed(codes) => {
            Value::Text(text()?.clone()).some_if(codes.contains(&text()?.as_str())).ok_or(BAD)?
        }
        Form::Flag => match json {
            Json::Bool(flag) => Value::Flag(*flag),
            _ => match text()?.as_str() {
                "0" => Value::Flag(false),
                "1" => Value::Flag(true),
                _ => return Err(BAD),
            },
        },
        Form::Day => Value::Day(read_day(text()?).ok_or(BAD)?),
        Form::Time => Value::Time(read_time(text()?).ok_or(BAD)?),
        Form::Amount { places, least } => {
            let amount = decimal()?.millionths(*places).map_err(|_| "bad_amount")?;
            let is_low =
                (*least == Least::Nought && amount < 0) || (*least == Least::AboveNought && amount <= 0);
            Value::Millionths(amount).some_if(!is_low).ok_or(BAD)?
        }
        Form::Whole(is_count) => {
            let whole = decimal()?.whole().ok_or(BAD)?;
            Value::Whole(whole).some_if(!(*is_count && whole < 0)).ok_or(BAD)?
        }
        Form::Number => Value::Number(decimal()?),
        Form::Free => match (decimal(), json) {
            (Ok(number), _) => Value::Number(number),
            (Err(_), Json::Text(text)) => Value::Text(text.clone()),
            _ => return Err(BAD),
        },
        Form::Codes => {
            let mut codes = Vec::new();
            let one = std::slice::from_ref(json);
            for element in if matches!(json, Json::Text(_)) { one } else { elements(json)? } {
                let text = match element {
                    Json::Text(text) => text,
                    // A record of the national interface.
                    Json::Object(members) => match member(members, "drug_trac_codg") {
                        Some(Json::Text(code)) => code,
                        Some(_) => return Err(BAD),
                        None => return Err("missing_field"),
                    },
                    _ => return Err(BAD),
                };
                // A text may hold several codes; an empty one is no code.
                let separates = |c: char| c.is_whitespace() || ",;|，；、".contains(c);
                codes.extend(text.split(separates).filter(|code| !code.is_empty()).map(str::to_owned));
            }
            Value::Codes(codes)
        }
        Form::Rows(fields) => {
            let mut rows = Vec::new();
            for element in elements(json)? {
                let Json::Object(members) = element else {
                    return Err(BAD);
                };
                let mut row = Fields::new();
                for field in fields {
                    read_field(field, members, &mut row)?;
                }
                rows.push(row);
            }
            Value::Rows(rows)
        }
    })
}

impl Value {
    fn some_if(self, condition: bool) -> Option<Value> {
        condition.then_some(self)
    }
}

fn elements(json: &Json) -> Result<&[Json], &'static str> {
    match json {
        Json::List(elements) => Ok(elements),
        _ => Err("bad_value"),
    }
}

#[test]
fn a_line_is_rejected_for_its_first_fault() {
    let schema = Schema::new();
    let code = |line: &str| match decode(&schema, line.as_bytes()) {
        Ok(_) => "",
        Err(fault) => fault.code,
    };
    for (line, expected) in [
        (r#"[]"#, "not_json"),
        (r#"{"kind":null}"#, "unknown_kind"),
        (r#"{"kind":"person","op":"drop","rev":"x"}"#, "bad_op"),
        (r#"{"kind":"person","rev":3.0}"#, "bad_value"),
        (r#"{"kind":"person","op":"","rev":"9223372036854775808"}"#, "bad_value"),
        (r#"{"kind":"person","op":"del","rev":-1,"psn_no":"a"}"#, "bad_value"),
        (r#"{"kind":"person","op":"del","rev":1,"psn_no":"a","gend":7,"recv_time":1}"#, ""),
        (r#"{"kind":"person","op":"del"}"#, "missing_field"),
        (r#"{"kind":"person","psn_no":1}"#, "bad_value"),
        (r#"{"kind":"person","psn_no":"a","gend":"1","brdy":"2024-01-01"}"#, ""),
        (r#"{"kind":"person","psn_no":"a","gend":"3"}"#, "bad_value"),
        (r#"{"kind":" person\t","rev":" 3","psn_no":"a","gend":"1\u3000","brdy":"2024/1/1"}"#, ""),
        (r#"{"kind":"person","psn_no":" ","gend":"1","brdy":"2024-01-01"}"#, "missing_field"),
        (r#"{"kind":"person","psn_no":"a","gend":"1","brdy":"2024-01-01T16:00:00Z"}"#, ""),
        (r#"{"kind":"person","psn_no":"a","gend":"1","brdy":"2024-01-01 16:00"}"#, "bad_value"),
        (r#"{"kind":"person","psn_no":"a","gend":"1","brdy":"","recv_time":3}"#, "missing_field"),
        (r#"{"kind":"invoice","bill_code":"a","bill_no":"b","amount":"1.234","state":"x"}"#, "bad_amount"),
        (
            r#"{"kind":"stock_count","cnt_id":"a","fixmedins_code":"b","med_list_codg":"c","inv_cnt":-1}"#,
            "bad_value",
        ),
        (
            r#"{"kind":"institution","fixmedins_code":"a","fixmedins_type":"1","admdvs":"b","beds":3.0,"agreements":[{}]}"#,
            "missing_field",
        ),
        (
            r#"{"kind":"institution","fixmedins_code":"a","fixmedins_type":"1","admdvs":"b","beds":3.5,"agreements":[{}]}"#,
            "bad_value",
        ),
        (
            r#"{"kind":"institution","fixmedins_code":"a","fixmedins_type":"1","admdvs":"b","agreements":[""]}"#,
            "bad_value",
        ),
        (
            r#"{"kind":"institution","fixmedins_code":"a","fixmedins_type":"1","admdvs":"b","agreements":[],"lon":"1"}"#,
            "",
        ),
    ] {
        assert_eq!(code(line), expected, "{line}");
    }
}
