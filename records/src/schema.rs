//! The fields of every kind: one table that drives decoding, checking, hashing and storing.
//!
//! The order within a kind is the contract's section 2. It is the order in which faults are looked for, the
//! order of [`crate::decode::Change::values`]; the place of a field is found by [`position`].

use crate::Kind;
use crate::codes::{
    AgreementStatus, Decision, DispensingMove, EnrolmentStatus, FactType, InstitutionType, InvoiceState,
    ListType, PractitionerType, PrescriptionState, PresenceResult, PresenceScene, PurchaseMove, Sex,
    StockChangeType, SubjectType,
};

/// What a field may hold, and how it is compared.
#[derive(Clone, Copy, Debug)]
pub enum FieldType {
    /// An id, an open code or free text: a JSON string.
    Text,
    /// One of a closed list; the decoded value is the position in the list.
    Code(&'static [&'static str]),
    /// Six ASCII digits (`admdvs`).
    SixDigits,
    /// Yuan with at most 2 places; decoded in fen. `min0`: below zero is `bad_value`.
    Money,
    /// Yuan with at most 6 places, not below 0; decoded in millionths.
    Price,
    /// At most 4 places; decoded in ten-thousandths.
    Quantity(Sign),
    /// A whole number; `not_negative` as the contract demands of `beds`.
    Int(Sign),
    /// A number compared by value (`lon`, `lat`, `score`, `weight`).
    Number,
    /// Text or a number, a number and its text being equal (`line_no`, `sin_dos`, ...).
    TextOrNumber,
    /// `"0"`/`"1"` or a boolean; decoded 0/1; absent is 0.
    Flag,
    /// A moment; decoded in seconds since 1970-01-01 00:00:00 China Standard Time.
    Time,
    /// A civil day; decoded in days since 1970-01-01.
    Date,
    /// A list of codes (`trace_codes`): strings, each of which may be several codes, or records with [`TRACE_CODE`]; or
    /// one string of codes. Empty ones are dropped.
    Texts,
    /// A list of records.
    Records(&'static [Field]),
}

impl FieldType {
    /// Whether it is a list.
    pub fn is_list(self) -> bool {
        matches!(self, FieldType::Texts | FieldType::Records(_))
    }
}

/// Which signs a number may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Any.
    Any,
    /// Zero and above.
    NotNegative,
    /// Above zero.
    Positive,
}

/// One field of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The national interface's name.
    pub name: &'static str,
    /// What it may hold.
    pub ty: FieldType,
    /// Whether its absence is `missing_field`.
    pub required: bool,
    /// Whether it is part of the record's key.
    pub key: bool,
}

const fn req(name: &'static str, ty: FieldType) -> Field {
    Field { name, ty, required: true, key: false }
}
const fn opt(name: &'static str, ty: FieldType) -> Field {
    Field { name, ty, required: false, key: false }
}
const fn key(name: &'static str) -> Field {
    Field { name, ty: FieldType::Text, required: true, key: true }
}

use FieldType::{
    Code, Date, Flag, Int, Money, Number, Price, Quantity, Records, SixDigits, Text, TextOrNumber, Texts,
    Time,
};
use Sign::{Any, NotNegative, Positive};

/// The code in a record of a list of trace codes, as the national interface writes them.
pub const TRACE_CODE: Field = req("drug_trac_codg", Text);

const INSTITUTION: &[Field] = &[
    key("fixmedins_code"),
    opt("fixmedins_name", Text),
    req("fixmedins_type", Code(InstitutionType::CODES)),
    opt("hosp_lv", Text),
    req("admdvs", SixDigits),
    opt("lon", Number),
    opt("lat", Number),
    opt("beds", Int(NotNegative)),
    opt(
        "agreements",
        Records(&[req("status", Code(AgreementStatus::CODES)), req("begin", Date), opt("end", Date)]),
    ),
];

const PRACTITIONER: &[Field] = &[
    key("prac_psn_code"),
    req("prac_psn_type", Code(PractitionerType::CODES)),
    opt("title_lv", Text),
    req("fixmedins_code", Text),
    opt("dept_codg", Text),
    opt("valid_begin", Date),
    opt("valid_end", Date),
    opt("psn_no", Text),
];

const PERSON: &[Field] = &[
    key("psn_no"),
    req("gend", Code(Sex::CODES)),
    req("brdy", Date),
    opt("tel_tok", Text),
    opt("addr_tok", Text),
];

const PERSON_FACT: &[Field] = &[
    key("fact_id"),
    req("psn_no", Text),
    req("fact", Code(FactType::CODES)),
    req("begin", Date),
    opt("end", Date),
    opt("source", Text),
];

const ENROLMENT: &[Field] = &[
    key("enrl_id"),
    req("psn_no", Text),
    req("insutype", Text),
    req("insu_admdvs", Text),
    req("status", Code(EnrolmentStatus::CODES)),
    opt("psn_type", Text),
    req("begin", Date),
    opt("end", Date),
    opt("cont_years", Int(Any)),
    opt("zero_claim_years", Int(Any)),
];

const VISIT: &[Field] = &[
    key("mdtrt_id"),
    req("psn_no", Text),
    req("fixmedins_code", Text),
    req("med_type", Text),
    req("begntime", Time),
    opt("endtime", Time),
    opt("insutype", Text),
    opt("insu_admdvs", Text),
    opt("dept_codg", Text),
    opt("dr_codg", Text),
    opt("wardno", Text),
    opt("bedno", Text),
    opt("opsp_dise_code", Text),
    opt("online_flag", Flag),
    opt("matn_stas", Text),
    opt("dscg_way", Text),
    opt(
        "diags",
        Records(&[req("diag_code", Text), opt("maindiag_flag", Flag), opt("diag_srt_no", Int(Any))]),
    ),
    opt(
        "oprns",
        Records(&[
            req("oprn_code", Text),
            opt("oprn_date", Date),
            opt("main_flag", Flag),
            opt("oper_dr_code", Text),
            opt("incision_no", Text),
        ]),
    ),
];

const SETTLEMENT: &[Field] = &[
    key("setl_id"),
    req("mdtrt_id", Text),
    req("psn_no", Text),
    req("fixmedins_code", Text),
    req("med_type", Text),
    opt("insutype", Text),
    req("setl_time", Time),
    req("medfee_sumamt", Money),
    req("fund_pay_sumamt", Money),
    opt("acct_pay", Money),
    opt("psn_cash_pay", Money),
    opt("hifmi_pay", Money),
    opt("maf_pay", Money),
    opt("oth_pay", Money),
    opt("mdtrt_cert_type", Text),
    opt("terminal_id", Text),
    opt("opter_id", Text),
    opt("bill_code", Text),
    opt("bill_no", Text),
    opt("hi_paymtd", Text),
    opt("drg_dip_code", Text),
    opt("weight", Number),
    opt("refd_setl_flag", Flag),
    opt("orig_setl_id", Text),
    opt("insuplc_admdvs", Text),
];

const FEE_LINE: &[Field] = &[
    key("mdtrt_id"),
    key("feedetl_sn"),
    opt("init_feedetl_sn", Text),
    opt("setl_id", Text),
    req("psn_no", Text),
    req("fixmedins_code", Text),
    req("fee_ocur_time", Time),
    req("med_list_codg", Text),
    req("list_type", Code(ListType::CODES)),
    opt("med_chrgitm_type", Text),
    opt("chrgitm_lv", Text),
    req("cnt", Quantity(Any)),
    req("pric", Price),
    req("det_item_fee_sumamt", Money),
    opt("fund_amt", Money),
    opt("rx_id", Text),
    opt("bilg_dept_codg", Text),
    opt("bilg_dr_codg", Text),
    opt("hosp_appr_flag", Flag),
];

const PRESCRIPTION: &[Field] = &[
    key("rx_id"),
    opt("hi_rxno", Text),
    opt("mdtrt_id", Text),
    req("psn_no", Text),
    req("fixmedins_code", Text),
    req("prsc_time", Time),
    req("dr_codg", Text),
    opt("dept_codg", Text),
    opt("online_flag", Flag),
    req("state", Code(PrescriptionState::CODES)),
    req(
        "lines",
        Records(&[
            req("line_no", TextOrNumber),
            req("med_list_codg", Text),
            opt("list_type", Code(ListType::CODES)),
            req("cnt", Quantity(Positive)),
            opt("sin_dos", TextOrNumber),
            opt("used_frqu", TextOrNumber),
            opt("prd_days", TextOrNumber),
        ]),
    ),
];

const DISPENSING: &[Field] = &[
    key("sel_id"),
    req("move", Code(DispensingMove::CODES)),
    opt("return_of", Text),
    req("fixmedins_code", Text),
    req("med_list_codg", Text),
    req("cnt", Quantity(Positive)),
    req("sel_time", Time),
    opt("finl_trns_pric", Price),
    opt("setl_id", Text),
    opt("mdtrt_id", Text),
    opt("psn_no", Text),
    opt("rx_id", Text),
    opt("rx_flag", Flag),
    opt("mdtrt_setl_type", Text),
    opt("trdn_flag", Flag),
    opt("manu_lotnum", Text),
    opt("expy_end", Date),
    opt("trace_codes", Texts),
];

const PURCHASE: &[Field] = &[
    key("purc_id"),
    req("move", Code(PurchaseMove::CODES)),
    req("fixmedins_code", Text),
    req("med_list_codg", Text),
    req("cnt", Quantity(Positive)),
    req("stoin_time", Time),
    opt("spler_code", Text),
    opt("purc_invo_codg", Text),
    opt("purc_invo_no", Text),
    opt("finl_trns_pric", Price),
    opt("manu_lotnum", Text),
    opt("expy_end", Date),
    opt("trace_codes", Texts),
];

const STOCK_CHANGE: &[Field] = &[
    key("chg_id"),
    req("fixmedins_code", Text),
    req("med_list_codg", Text),
    req("inv_chg_type", Code(StockChangeType::CODES)),
    req("cnt", Quantity(Positive)),
    req("inv_chg_time", Time),
];

const STOCK_COUNT: &[Field] = &[
    key("cnt_id"),
    req("fixmedins_code", Text),
    req("med_list_codg", Text),
    req("inv_cnt", Quantity(NotNegative)),
    req("invdate", Date),
];

const PRESENCE: &[Field] = &[
    key("idv_id"),
    req("psn_no", Text),
    req("fixmedins_code", Text),
    req("idv_time", Time),
    req("scene", Code(PresenceScene::CODES)),
    opt("method", Text),
    req("result", Code(PresenceResult::CODES)),
    opt("score", Number),
    opt("device_id", Text),
    opt("override_reason", Text),
];

const INVOICE: &[Field] = &[
    key("bill_code"),
    key("bill_no"),
    opt("setl_id", Text),
    opt("fixmedins_code", Text),
    opt("psn_no", Text),
    req("amount", Money),
    req("issue_time", Time),
    req("state", Code(InvoiceState::CODES)),
];

const LABEL: &[Field] = &[
    key("case_id"),
    req("subject_type", Code(SubjectType::CODES)),
    req("subject_id", Text),
    opt("period_begin", Date),
    opt("period_end", Date),
    opt("scheme", Text),
    req("decision", Code(Decision::CODES)),
    opt("amount", Money),
    req("decided_at", Time),
    opt("source", Text),
];

/// The fields of a kind, in the order of the contract.
pub const fn fields(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Institution => INSTITUTION,
        Kind::Practitioner => PRACTITIONER,
        Kind::Person => PERSON,
        Kind::PersonFact => PERSON_FACT,
        Kind::Enrolment => ENROLMENT,
        Kind::Visit => VISIT,
        Kind::Settlement => SETTLEMENT,
        Kind::FeeLine => FEE_LINE,
        Kind::Prescription => PRESCRIPTION,
        Kind::Dispensing => DISPENSING,
        Kind::Purchase => PURCHASE,
        Kind::StockChange => STOCK_CHANGE,
        Kind::StockCount => STOCK_COUNT,
        Kind::Presence => PRESENCE,
        Kind::Invoice => INVOICE,
        Kind::Label => LABEL,
    }
}

/// Position of the field `name` among `fields`; for use in `const`s, where a wrong name does not compile.
pub const fn position(fields: &[Field], name: &str) -> usize {
    let mut i = 0;
    while i < fields.len() {
        if same(fields[i].name.as_bytes(), name.as_bytes()) {
            return i;
        }
        i += 1;
    }
    panic!("no such field")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
