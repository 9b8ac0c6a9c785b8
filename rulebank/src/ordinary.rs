//! The ordinary fact of each kind: what stands in the columns that a case leaves out.
//!
//! An ordinary fact is harmless and complete: person `P1` at hospital `H1` (goods: pharmacy `PH1`), on
//! 1 March 2025, one piece of `ITEM`. A case shows only what matters to it; the rest comes from here. Kinds,
//! columns and their order are those of the records (contract, section 2).

/// A kind of record as cases write it.
#[derive(Debug)]
pub(crate) struct Ordinary {
    pub(crate) kind: &'static str,
    /// The columns of its key; two of them are written `V1/2` in one cell.
    pub(crate) key: &'static [&'static str],
    /// The other columns: name, what may stand there, the ordinary value (empty: absent).
    pub(crate) columns: &'static [(&'static str, Holds, &'static str)],
}

/// What may stand in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// An id, a code, any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `YYYY-MM-DD HH:MM:SS`; the seconds may be left out.
    Time,
    /// `YYYY-MM-DD`.
    Day,
    /// A number.
    Number,
    /// `0` or `1`.
    Flag,
    /// A list, each in its own short form or as JSON; `[]` is the empty one.
    List(List),
}

/// The lists that records hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// `TC1,TC2`: trace codes.
    Texts,
    /// `ITEM*2;OTHER*1 102`: the lines of a prescription.
    Lines,
    /// `main J18.9 #1,I10 #2`: diagnoses.
    Diagnoses,
    /// `main 68.4900 2025-03-02,54.2100`: operations.
    Operations,
    /// `active 2024-01-01..2025-12-31,suspended 2026-01-01..`: agreements.
    Agreements,
}

use Holds::{Day, Flag, List as Listed, Number, Text, Time, Word};
use List::{Agreements, Diagnoses, Lines, Operations, Texts};

const MOVES: &[&str] = &["sale", "return"];
const PURCHASE_MOVES: &[&str] = &["purchase", "return"];

/// All sixteen kinds.
pub(crate) const KINDS: &[Ordinary] = &[
    Ordinary {
        kind: "institution",
        key: &["fixmedins_code"],
        columns: &[
            ("fixmedins_name", Text, ""),
            ("fixmedins_type", Word(&["1", "2", "3"]), "1"),
            ("hosp_lv", Text, "03"),
            ("admdvs", Text, "440100"),
            ("lon", Number, ""),
            ("lat", Number, ""),
            ("beds", Number, ""),
            ("agreements", Listed(Agreements), ""),
        ],
    },
    Ordinary {
        kind: "practitioner",
        key: &["prac_psn_code"],
        columns: &[
            ("prac_psn_type", Word(&["doctor", "nurse", "pharmacist", "technician"]), "doctor"),
            ("title_lv", Text, ""),
            ("fixmedins_code", Text, "H1"),
            ("dept_codg", Text, ""),
            ("valid_begin", Day, ""),
            ("valid_end", Day, ""),
            ("psn_no", Text, ""),
        ],
    },
    Ordinary {
        kind: "person",
        key: &["psn_no"],
        columns: &[
            ("gend", Word(&["1", "2", "0", "9"]), "1"),
            ("brdy", Day, "1980-01-01"),
            ("tel_tok", Text, ""),
            ("addr_tok", Text, ""),
        ],
    },
    Ordinary {
        kind: "person_fact",
        key: &["fact_id"],
        columns: &[
            ("psn_no", Text, "P1"),
            ("fact", Word(&["death", "custody", "abroad", "work_injury", "third_party"]), "death"),
            ("begin", Day, "2025-03-01"),
            ("end", Day, ""),
            ("source", Text, ""),
        ],
    },
    Ordinary {
        kind: "enrolment",
        key: &["enrl_id"],
        columns: &[
            ("psn_no", Text, "P1"),
            ("insutype", Text, "310"),
            ("insu_admdvs", Text, "440100"),
            ("status", Word(&["1", "2", "3"]), "1"),
            ("psn_type", Text, ""),
            ("begin", Day, "2020-01-01"),
            ("end", Day, ""),
            ("cont_years", Number, ""),
            ("zero_claim_years", Number, ""),
        ],
    },
    Ordinary {
        kind: "visit",
        key: &["mdtrt_id"],
        columns: &[
            ("psn_no", Text, "P1"),
            ("fixmedins_code", Text, "H1"),
            ("med_type", Text, "11"),
            ("begntime", Time, "2025-03-01 09:00:00"),
            ("endtime", Time, ""),
            ("insutype", Text, ""),
            ("insu_admdvs", Text, ""),
            ("dept_codg", Text, ""),
            ("dr_codg", Text, ""),
            ("wardno", Text, ""),
            ("bedno", Text, ""),
            ("opsp_dise_code", Text, ""),
            ("online_flag", Flag, ""),
            ("matn_stas", Text, ""),
            ("dscg_way", Text, ""),
            ("diags", Listed(Diagnoses), ""),
            ("oprns", Listed(Operations), ""),
        ],
    },
    Ordinary {
        kind: "settlement",
        key: &["setl_id"],
        columns: &[
            ("mdtrt_id", Text, "V1"),
            ("psn_no", Text, "P1"),
            ("fixmedins_code", Text, "H1"),
            ("med_type", Text, "11"),
            ("insutype", Text, "310"),
            ("setl_time", Time, "2025-03-01 10:00:00"),
            ("medfee_sumamt", Number, "100.00"),
            ("fund_pay_sumamt", Number, "80.00"),
            ("acct_pay", Number, ""),
            ("psn_cash_pay", Number, ""),
            ("hifmi_pay", Number, ""),
            ("maf_pay", Number, ""),
            ("oth_pay", Number, ""),
            ("mdtrt_cert_type", Text, ""),
            ("terminal_id", Text, ""),
            ("opter_id", Text, ""),
            ("bill_code", Text, ""),
            ("bill_no", Text, ""),
            ("hi_paymtd", Text, ""),
            ("drg_dip_code", Text, ""),
            ("weight", Number, ""),
            ("refd_setl_flag", Flag, ""),
            ("orig_setl_id", Text, ""),
            ("insuplc_admdvs", Text, ""),
        ],
    },
    Ordinary {
        kind: "fee_line",
        key: &["mdtrt_id", "feedetl_sn"],
        columns: &[
            ("init_feedetl_sn", Text, ""),
            ("setl_id", Text, ""),
            ("psn_no", Text, "P1"),
            ("fixmedins_code", Text, "H1"),
            ("fee_ocur_time", Time, "2025-03-01 09:30:00"),
            ("med_list_codg", Text, "ITEM"),
            ("list_type", Word(&["101", "102", "201", "301"]), "201"),
            ("med_chrgitm_type", Text, ""),
            ("chrgitm_lv", Text, ""),
            ("cnt", Number, "1"),
            ("pric", Number, "100.00"),
            // Left out: cnt x pric.
            ("det_item_fee_sumamt", Number, ""),
            ("fund_amt", Number, ""),
            ("rx_id", Text, ""),
            ("bilg_dept_codg", Text, ""),
            ("bilg_dr_codg", Text, ""),
            ("hosp_appr_flag", Flag, ""),
        ],
    },
    Ordinary {
        kind: "prescription",
        key: &["rx_id"],
        columns: &[
            ("hi_rxno", Text, ""),
            ("mdtrt_id", Text, ""),
            ("psn_no", Text, "P1"),
            ("fixmedins_code", Text, "H1"),
            ("prsc_time", Time, "2025-03-01 09:15:00"),
            ("dr_codg", Text, "D1"),
            ("dept_codg", Text, ""),
            ("online_flag", Flag, ""),
            ("state", Word(&["issued", "reviewed", "dispensed", "cancelled"]), "issued"),
            ("lines", Listed(Lines), "ITEM*1"),
        ],
    },
    Ordinary {
        kind: "dispensing",
        key: &["sel_id"],
        columns: &[
            ("move", Word(MOVES), "sale"),
            ("return_of", Text, ""),
            ("fixmedins_code", Text, "PH1"),
            ("med_list_codg", Text, "ITEM"),
            ("cnt", Number, "1"),
            ("sel_time", Time, "2025-03-01 10:00:00"),
            ("finl_trns_pric", Number, "10.00"),
            ("setl_id", Text, ""),
            ("mdtrt_id", Text, ""),
            ("psn_no", Text, "P1"),
            ("rx_id", Text, ""),
            ("rx_flag", Flag, ""),
            ("mdtrt_setl_type", Text, "1"),
            ("trdn_flag", Flag, ""),
            ("manu_lotnum", Text, ""),
            ("expy_end", Day, ""),
            ("trace_codes", Listed(Texts), ""),
        ],
    },
    Ordinary {
        kind: "purchase",
        key: &["purc_id"],
        columns: &[
            ("move", Word(PURCHASE_MOVES), "purchase"),
            ("fixmedins_code", Text, "PH1"),
            ("med_list_codg", Text, "ITEM"),
            ("cnt", Number, "1"),
            ("stoin_time", Time, "2025-01-10 09:00:00"),
            ("spler_code", Text, ""),
            ("purc_invo_codg", Text, ""),
            ("purc_invo_no", Text, ""),
            ("finl_trns_pric", Number, "8.00"),
            ("manu_lotnum", Text, ""),
            ("expy_end", Day, ""),
            ("trace_codes", Listed(Texts), ""),
        ],
    },
    Ordinary {
        kind: "stock_change",
        key: &["chg_id"],
        columns: &[
            ("fixmedins_code", Text, "PH1"),
            ("med_list_codg", Text, "ITEM"),
            ("inv_chg_type", Word(&["101", "102", "103", "104", "105", "106", "107"]), "101"),
            ("cnt", Number, "1"),
            ("inv_chg_time", Time, "2025-01-11 09:00:00"),
        ],
    },
    Ordinary {
        kind: "stock_count",
        key: &["cnt_id"],
        columns: &[
            ("fixmedins_code", Text, "PH1"),
            ("med_list_codg", Text, "ITEM"),
            ("inv_cnt", Number, "0"),
            ("invdate", Day, "2025-01-01"),
        ],
    },
    Ordinary {
        kind: "presence",
        key: &["idv_id"],
        columns: &[
            ("psn_no", Text, "P1"),
            ("fixmedins_code", Text, "H1"),
            ("idv_time", Time, "2025-03-01 09:00:00"),
            (
                "scene",
                Word(&["register", "admit", "bed_check", "treat", "settle", "pickup", "sign_in"]),
                "register",
            ),
            ("method", Text, ""),
            ("result", Word(&["pass", "fail", "override"]), "pass"),
            ("score", Number, ""),
            ("device_id", Text, ""),
            ("override_reason", Text, ""),
        ],
    },
    Ordinary {
        kind: "invoice",
        key: &["bill_code", "bill_no"],
        columns: &[
            ("setl_id", Text, ""),
            ("fixmedins_code", Text, ""),
            ("psn_no", Text, ""),
            ("amount", Number, "100.00"),
            ("issue_time", Time, "2025-03-01 10:00:00"),
            ("state", Word(&["normal", "red"]), "normal"),
        ],
    },
    Ordinary {
        kind: "label",
        key: &["case_id"],
        columns: &[
            (
                "subject_type",
                Word(&["person", "institution", "practitioner", "settlement", "visit", "alert"]),
                "visit",
            ),
            ("subject_id", Text, "V1"),
            ("period_begin", Day, ""),
            ("period_end", Day, ""),
            ("scheme", Text, ""),
            ("decision", Word(&["confirmed", "partly", "denied", "undecided"]), "confirmed"),
            ("amount", Number, ""),
            ("decided_at", Time, "2025-06-01 09:00:00"),
            ("source", Word(&["self_check", "flying", "review", "whistle", "court"]), ""),
        ],
    },
];
