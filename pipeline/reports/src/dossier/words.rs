//! Code lists of an institution's head, as people read them.

use rulebank::Lang;

use crate::labels;
use crate::language::pick;

/// What an institution is, by fixmedins_type.
pub fn institution_type(code: Option<&str>, lang: Lang) -> String {
    let word = match code {
        Some("1") => pick(lang, "定点医疗机构", "medical institution"),
        Some("2") => pick(lang, "定点零售药店", "pharmacy"),
        Some("3") => pick(lang, "护理机构", "care agency"),
        Some(other) => other,
        None => pick(lang, "未登记", "not in the register"),
    };
    word.to_owned()
}

/// The level of a hospital, by hosp_lv; 01 is the highest.
pub fn level(code: Option<&str>, lang: Lang) -> String {
    const GRADES: [(&str, &str); 11] = [
        ("三级特等", "tertiary, special"),
        ("三级甲等", "tertiary A"),
        ("三级乙等", "tertiary B"),
        ("三级丙等", "tertiary C"),
        ("二级甲等", "secondary A"),
        ("二级乙等", "secondary B"),
        ("二级丙等", "secondary C"),
        ("一级甲等", "primary A"),
        ("一级乙等", "primary B"),
        ("一级丙等", "primary C"),
        ("未定级", "no level"),
    ];
    let Some(code) = code else { return pick(lang, "无", "none").to_owned() };
    let position = code.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    match position.and_then(|position| GRADES.get(position)) {
        Some((zh, en)) => format!("{code} {}", pick(lang, zh, en)),
        None => code.to_owned(),
    }
}

/// A reason of *not judged*: what is missing.
pub fn reason(reason: &str, lang: Lang) -> String {
    let Some(missing) = reason.strip_prefix("missing:") else { return reason.to_owned() };
    let kind = labels::kind(missing, lang);
    // A kind of record, else a field.
    let what = if kind == missing { labels::field(missing, lang) } else { kind };
    let (before, after) = match lang {
        Lang::Zh => ("缺少", ""),
        Lang::En => ("no ", ""),
    };
    if what == missing { format!("{before}{missing}{after}") } else { format!("{before}{what} ({missing})") }
}

/// A decision of a label.
pub fn decision(word: &str, lang: Lang) -> &str {
    match word {
        "confirmed" => pick(lang, "属实", "confirmed"),
        "partly" => pick(lang, "部分属实", "partly confirmed"),
        "denied" => pick(lang, "不属实", "denied"),
        "undecided" => pick(lang, "未定", "undecided"),
        other => other,
    }
}

/// Where a decision comes from.
pub fn source(word: &str, lang: Lang) -> &str {
    match word {
        "self_check" => pick(lang, "自查自纠", "self-check"),
        "flying" => pick(lang, "飞行检查", "flying inspection"),
        "review" => pick(lang, "日常审核", "review"),
        "whistle" => pick(lang, "举报", "whistle-blower"),
        "court" => pick(lang, "司法判决", "court"),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_words_and_strange_codes_stay() {
        assert_eq!(level(Some("02"), Lang::Zh), "02 三级甲等");
        assert_eq!(level(Some("99"), Lang::En), "99");
        assert_eq!(level(Some("00"), Lang::En), "00");
        assert_eq!(reason("missing:endtime", Lang::Zh), "缺少结束时间 (endtime)");
        assert_eq!(reason("missing:stock_count", Lang::En), "no stock count (stock_count)");
        assert_eq!(reason("strange", Lang::En), "strange");
    }
}
