//! What fields, kinds and values are called in front of people, in both languages.
//!
//! A name that stands in neither list is shown as it is: a new field is shown before somebody names it here.

use rulebank::Lang;

/// A name with its Chinese and its English label.
type Label = (&'static str, &'static str, &'static str);

const KINDS: &[Label] = &[
    ("institution", "机构", "institution"),
    ("practitioner", "医务人员", "practitioner"),
    ("person", "参保人", "person"),
    ("person_fact", "外部事实", "fact from another register"),
    ("enrolment", "参保登记", "enrolment"),
    ("visit", "就诊", "visit"),
    ("settlement", "结算", "settlement"),
    ("fee_line", "费用明细", "fee line"),
    ("prescription", "处方", "prescription"),
    ("dispensing", "药品销售", "sale"),
    ("purchase", "采购入库", "purchase"),
    ("stock_change", "库存变更", "stock change"),
    ("stock_count", "库存盘点", "stock count"),
    ("presence", "身份核验", "identity check"),
    ("invoice", "票据", "invoice"),
    ("label", "认定", "label"),
    ("trace_code", "追溯码", "trace code"),
    ("group", "群体", "group"),
    ("now", "当前时点", "the passing of time"),
    ("rule", "规则", "rule"),
    ("table", "知识表", "knowledge table"),
    ("exemption", "豁免", "exemption"),
    ("retention", "保留期", "retention"),
];

/// National names of fields, and names of values that rules put into messages.
const FIELDS: &[Label] = &[
    ("fixmedins_code", "机构编码", "institution"),
    ("fixmedins_name", "机构名称", "name"),
    ("fixmedins_type", "机构类型", "type (1 medical, 2 pharmacy, 3 care agency)"),
    ("prac_psn_type", "人员类别", "profession"),
    ("title_lv", "职称等级", "title level"),
    ("dept_codg", "科室", "department"),
    ("dr_codg", "医师", "doctor"),
    ("bilg_dr_codg", "开单医师", "billing doctor"),
    ("month", "月份", "month"),
    ("score", "得分", "score"),
    ("peers", "同类数量", "peers"),
    ("drivers", "突出指标", "what stands out"),
    ("threshold", "阈值", "threshold"),
    ("method", "方法", "method"),
    ("min_peers", "同类最少数量", "fewest peers"),
    ("pseudo_cases", "虚拟样本数", "cases like the peers'"),
    ("months", "以往月份数", "earlier months"),
    ("feature", "指标", "column"),
    ("hosp_lv", "医院等级", "hospital level"),
    ("admdvs", "行政区划", "division"),
    ("lon", "经度", "longitude"),
    ("lat", "纬度", "latitude"),
    ("beds", "编制床位", "beds"),
    ("agreements", "医保协议", "agreements"),
    ("psn_no", "人员编号", "person"),
    ("gend", "性别", "sex (1 male, 2 female)"),
    ("brdy", "出生日期", "born"),
    ("fact", "事实类型", "fact"),
    ("begin", "开始日期", "begin"),
    ("end", "结束日期", "end"),
    ("insutype", "险种", "insurance"),
    ("insu_admdvs", "参保地", "insured at"),
    ("status", "状态", "status"),
    ("mdtrt_id", "就诊号", "visit"),
    ("med_type", "医疗类别", "kind of visit"),
    ("begntime", "开始时间", "begin"),
    ("endtime", "结束时间", "end"),
    ("diags", "诊断", "diagnoses (* main)"),
    ("oprns", "手术操作", "operations"),
    ("setl_id", "结算号", "settlement"),
    ("setl_time", "结算时间", "settled"),
    ("fund_pay_sumamt", "基金支付总额", "paid by the fund"),
    ("acct_pay", "个人账户支付", "paid by account"),
    ("bill_code", "票据代码", "invoice code"),
    ("bill_no", "票据号码", "invoice number"),
    ("orig_setl_id", "原结算号", "original settlement"),
    ("live", "有效（1是）", "live (1 yes)"),
    ("feedetl_sn", "明细流水号", "line"),
    ("init_feedetl_sn", "原明细流水号", "reverses line"),
    ("fee_ocur_time", "费用发生时间", "time"),
    ("med_list_codg", "医保目录编码", "item"),
    ("list_type", "目录类别", "list type"),
    ("med_chrgitm_type", "收费项目类别", "charge type"),
    ("cnt", "数量", "quantity"),
    ("pric", "单价", "price"),
    ("det_item_fee_sumamt", "明细项目费用总额", "line amount"),
    ("fund_amt", "基金支付", "fund part"),
    ("rx_id", "处方号", "prescription"),
    ("recv_time", "接收时间", "received"),
    ("prsc_time", "开方时间", "prescribed"),
    ("state", "状态", "state"),
    ("lines", "处方明细", "lines"),
    ("move", "出入库类型", "move"),
    ("return_of", "所退销售", "return of"),
    ("sel_time", "销售时间", "sold"),
    ("finl_trns_pric", "实际成交单价", "price"),
    ("rx_flag", "处方药标志", "needs prescription (1 yes)"),
    ("mdtrt_setl_type", "结算类型（1医保）", "paid how (1 insured)"),
    ("trdn_flag", "拆零标志", "pack split (1 yes)"),
    ("expy_end", "有效期止", "expires"),
    ("trace_codes", "追溯码", "trace codes"),
    ("stoin_time", "入库时间", "taken in"),
    ("inv_chg_time", "变更时间", "time"),
    ("inv_cnt", "盘点数量", "counted"),
    ("invdate", "盘点日期", "day"),
    ("idv_time", "核验时间", "time"),
    ("result", "结果", "result"),
    ("issue_time", "开票时间", "issued"),
    // Values of messages and conditions.
    ("visit_day", "就诊日期", "day of the visit"),
    ("day", "日期", "day"),
    ("hours", "小时", "hours"),
    ("minutes", "分钟", "minutes"),
    ("km", "公里", "kilometres"),
    ("institution", "机构", "institution"),
    ("institution_a", "机构甲", "first institution"),
    ("institution_b", "机构乙", "second institution"),
    ("institutions", "机构数", "institutions"),
    ("persons", "人数", "persons"),
    ("person", "人员编号", "person"),
    ("stays", "住院次数", "stays"),
    ("visits", "就诊次数", "visits"),
    ("days", "天数", "days"),
    ("longest", "最长连续天数", "longest run of days"),
    ("item", "项目编码", "item"),
    ("item_paid", "已付项目", "paid item"),
    ("item_denied", "不应另付项目", "item not paid beside it"),
    ("quantity", "数量", "quantity"),
    ("limit", "限额", "limit"),
    ("unit", "单位", "unit"),
    ("age", "年龄", "age"),
    ("sex", "应为性别", "sex meant"),
    ("prefixes", "允许的诊断前缀", "diagnoses allowed (prefixes)"),
    ("prefix", "编码前缀", "prefix"),
    ("diagnoses", "诊断", "diagnoses"),
    ("code", "编码", "code"),
    ("diag_code", "主诊断", "main diagnosis"),
    ("enrolment", "参保登记", "enrolment"),
    ("prescription", "处方", "prescription"),
    ("codes", "不同追溯码数", "distinct trace codes"),
    ("packs", "整包装数", "whole packs"),
    ("level", "医院等级", "hospital level"),
    ("lowest", "最低等级", "lowest level"),
    ("cap", "限价", "price cap"),
    ("price", "单价", "price"),
    ("reason", "原因", "reason"),
    ("settlements", "结算次数", "settlements"),
    ("sales", "销售次数", "sales"),
    ("prescribed", "处方量", "prescribed"),
    ("used", "使用量", "used"),
    ("supply", "可用量", "supply"),
    ("excess", "超出量", "excess"),
    ("earlier", "前一次日期", "earlier day"),
    ("later", "后一次日期", "later day"),
    ("min_days", "最短间隔天数", "least days between"),
    ("kinds", "品种数", "kinds of drugs"),
    ("occurred", "发生时间", "occurred"),
    ("expired", "有效期止", "expired"),
    ("insutype_a", "险种甲", "first insurance"),
    ("insutype_b", "险种乙", "second insurance"),
    ("tolerance_hours", "容许小时", "hours tolerated"),
    ("tolerance", "容许误差", "tolerance"),
    ("per_unit", "每单位容许误差", "tolerance per unit"),
    ("units", "容许单位数", "units tolerated"),
    ("grace_days", "宽限天数", "days of grace"),
    ("kmh", "最高时速（公里）", "km per hour at most"),
    ("slack_hours", "时钟误差（小时）", "hours granted"),
    ("times", "同住次数", "stays together"),
    ("factor", "床位系数", "factor on beds"),
    ("before_days", "之前天数", "days before"),
    ("after_days", "之后天数", "days after"),
    ("of", "比较对象", "compared with"),
    ("now", "当前时点", "now"),
    ("length", "时长（小时）", "length in hours"),
    ("checks", "核验次数", "identity checks"),
    ("smallest", "组内最小编号", "smallest token of the group"),
    ("difference", "差额", "difference"),
    ("allowed", "允许差额", "difference allowed"),
    ("opening", "期初盘点", "opening count"),
    ("bought", "采购记录数", "purchases"),
    ("sold", "销售数量", "sold"),
    ("row", "知识表行", "table row"),
    ("amount", "金额", "amount"),
];

/// A label for readers of `lang`, the name itself if it has none.
fn label<'n>(list: &'static [Label], name: &'n str, lang: Lang) -> &'n str {
    match list.iter().find(|(known, ..)| *known == name) {
        Some((_, zh, en)) => match lang {
            Lang::Zh => zh,
            Lang::En => en,
        },
        None => name,
    }
}

/// What a kind of record or thing is called.
pub fn kind(name: &str, lang: Lang) -> &str {
    label(KINDS, name, lang)
}

/// What a field, value or parameter is called.
pub fn field(name: &str, lang: Lang) -> &str {
    label(FIELDS, name, lang)
}

/// A word of the alert's closed vocabularies.
pub fn word(name: &str, lang: Lang) -> &str {
    const WORDS: &[Label] = &[
        ("definite", "确定", "definite"),
        ("suspect", "可疑", "suspect"),
        ("indicator", "指标异常", "indicator"),
        ("high", "严重程度高", "high severity"),
        ("medium", "严重程度中", "medium severity"),
        ("low", "严重程度低", "low severity"),
        ("fake_patient", "虚假病人", "false patient"),
        ("fake_condition", "虚假病情", "false condition"),
        ("fake_receipt", "虚假票据", "false receipt"),
        ("payment_policy", "支付政策", "payment policy"),
        ("pricing", "价格收费", "pricing"),
        ("clinical", "临床合理性", "clinical"),
        ("inventory", "进销存", "inventory"),
        ("eligibility", "待遇资格", "eligibility"),
        ("group", "群体行为", "group behaviour"),
        ("data_quality", "数据质量", "data quality"),
        ("pre", "事前", "before"),
        ("mid", "事中", "during"),
        ("post", "事后", "after"),
        ("raised", "产生", "raised"),
        ("changed", "变化", "changed"),
        ("withdrawn", "撤回", "withdrawn"),
        ("released", "放行", "released to the feed"),
        ("aged", "已过保留期", "past what is kept"),
        ("standing", "成立", "standing"),
        ("held", "待放行", "held back from the feed"),
        ("shadow", "试运行规则", "of a shadow rule"),
    ];
    label(WORDS, name, lang)
}

#[cfg(test)]
mod tests {
    use super::*;
    use detectors::detector::SPECS;
    use records::Kind;

    #[test]
    fn every_kind_and_every_value_and_parameter_of_a_detector_has_a_label() {
        for name in Kind::ALL.map(Kind::name) {
            assert!(KINDS.iter().any(|(known, ..)| *known == name), "{name}");
        }
        for spec in SPECS {
            for name in spec.values.iter().copied().chain(spec.params.iter().map(|param| param.name)) {
                assert!(FIELDS.iter().any(|(known, ..)| *known == name), "{}: {name}", spec.name);
            }
        }
    }

    #[test]
    fn no_name_is_labelled_twice() {
        for list in [KINDS, FIELDS] {
            let mut names: Vec<&str> = list.iter().map(|(name, ..)| *name).collect();
            let before = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), before);
        }
    }
}
