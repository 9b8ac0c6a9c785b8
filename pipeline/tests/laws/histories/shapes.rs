//! The sixteen kinds as the generator knows them: which fields are the key, which may be absent.

/// A kind with its key, its other required fields and its optional ones.
pub(crate) struct Shape {
    /// Name of the kind.
    pub(crate) kind: &'static str,
    /// The fields of the key.
    pub(crate) key: &'static [&'static str],
    /// The required fields that are no part of the key.
    pub(crate) required: &'static [&'static str],
    /// The optional fields that a spelling may write as null or as empty text.
    pub(crate) optional: &'static [&'static str],
}

/// The sixteen kinds.
pub(crate) const SHAPES: [Shape; 16] = [
    Shape {
        kind: "institution",
        key: &["fixmedins_code"],
        required: &["fixmedins_type", "admdvs"],
        optional: &["fixmedins_name", "hosp_lv", "lon", "lat", "beds", "agreements"],
    },
    Shape {
        kind: "practitioner",
        key: &["prac_psn_code"],
        required: &["prac_psn_type", "fixmedins_code"],
        optional: &["title_lv", "dept_codg", "valid_begin", "valid_end", "psn_no"],
    },
    Shape {
        kind: "person",
        key: &["psn_no"],
        required: &["gend", "brdy"],
        optional: &["tel_tok", "addr_tok"],
    },
    Shape {
        kind: "person_fact",
        key: &["fact_id"],
        required: &["psn_no", "fact", "begin"],
        optional: &["end", "source"],
    },
    Shape {
        kind: "enrolment",
        key: &["enrl_id"],
        required: &["psn_no", "insutype", "insu_admdvs", "status", "begin"],
        optional: &["psn_type", "end", "cont_years", "zero_claim_years"],
    },
    Shape {
        kind: "visit",
        key: &["mdtrt_id"],
        required: &["psn_no", "fixmedins_code", "med_type", "begntime"],
        optional: &["endtime", "insutype", "dept_codg", "dr_codg", "wardno", "bedno", "diags", "oprns"],
    },
    Shape {
        kind: "settlement",
        key: &["setl_id"],
        required: &[
            "mdtrt_id",
            "psn_no",
            "fixmedins_code",
            "med_type",
            "setl_time",
            "medfee_sumamt",
            "fund_pay_sumamt",
        ],
        optional: &["insutype", "acct_pay", "psn_cash_pay", "bill_code", "bill_no", "weight", "orig_setl_id"],
    },
    Shape {
        kind: "fee_line",
        key: &["mdtrt_id", "feedetl_sn"],
        required: &[
            "psn_no",
            "fixmedins_code",
            "fee_ocur_time",
            "med_list_codg",
            "list_type",
            "cnt",
            "pric",
            "det_item_fee_sumamt",
        ],
        optional: &[
            "init_feedetl_sn",
            "setl_id",
            "med_chrgitm_type",
            "chrgitm_lv",
            "fund_amt",
            "rx_id",
            "bilg_dr_codg",
            "hosp_appr_flag",
        ],
    },
    Shape {
        kind: "prescription",
        key: &["rx_id"],
        required: &["psn_no", "fixmedins_code", "prsc_time", "dr_codg", "state", "lines"],
        optional: &["hi_rxno", "mdtrt_id", "dept_codg", "online_flag"],
    },
    Shape {
        kind: "dispensing",
        key: &["sel_id"],
        required: &["move", "fixmedins_code", "med_list_codg", "cnt", "sel_time"],
        optional: &[
            "return_of",
            "finl_trns_pric",
            "setl_id",
            "mdtrt_id",
            "psn_no",
            "rx_id",
            "rx_flag",
            "mdtrt_setl_type",
            "trdn_flag",
            "expy_end",
            "trace_codes",
        ],
    },
    Shape {
        kind: "purchase",
        key: &["purc_id"],
        required: &["move", "fixmedins_code", "med_list_codg", "cnt", "stoin_time"],
        optional: &["spler_code", "finl_trns_pric", "expy_end", "trace_codes"],
    },
    Shape {
        kind: "stock_change",
        key: &["chg_id"],
        required: &["fixmedins_code", "med_list_codg", "inv_chg_type", "cnt", "inv_chg_time"],
        optional: &[],
    },
    Shape {
        kind: "stock_count",
        key: &["cnt_id"],
        required: &["fixmedins_code", "med_list_codg", "inv_cnt", "invdate"],
        optional: &[],
    },
    Shape {
        kind: "presence",
        key: &["idv_id"],
        required: &["psn_no", "fixmedins_code", "idv_time", "scene", "result"],
        optional: &["method", "score", "device_id", "override_reason"],
    },
    Shape {
        kind: "invoice",
        key: &["bill_code", "bill_no"],
        required: &["amount", "issue_time", "state"],
        optional: &["setl_id", "fixmedins_code", "psn_no"],
    },
    Shape {
        kind: "label",
        key: &["case_id"],
        required: &["subject_type", "subject_id", "decision", "decided_at"],
        optional: &["period_begin", "period_end", "scheme", "amount", "source"],
    },
];
