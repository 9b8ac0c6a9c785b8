//! An explanation for those who need not know persons: the same, with every person by a number.

use rulebank::DetectorSpec;
use wire::explanation::Explanation;

use crate::mask::{Mask, key_names};

/// Masks the persons of an explanation, field by field.
///
/// What stands in the order of its keys is ordered again: the order would say how the tokens stand to each other.
pub fn masked(
    explanation: &mut Explanation,
    detector: &str,
    specs: &'static [DetectorSpec],
    mask: &mut Mask,
) {
    for record in &explanation.records {
        mask.know_all(record.fields.get("psn_no"));
    }
    let Explanation { alert, values, records, money, history, .. } = explanation;
    let names = key_names(detector, alert.key.len(), specs);
    let key = mask.key(names, &alert.subject, &alert.key);
    let texts: Vec<&str> = values.values().flat_map(|value| [value.zh.as_str(), value.en.as_str()]).collect();
    for message in [&mut alert.message.zh, &mut alert.message.en] {
        *message = mask.sentence(message, texts.iter().copied()).into_owned();
    }
    alert.subject.id = mask.id(&alert.subject.r#type, &alert.subject.id).into_owned();
    alert.key = key;
    for record in &mut alert.evidence {
        record.key = mask.id(&record.kind, &record.key).into_owned();
    }
    alert.evidence.sort();
    for record in records.iter_mut() {
        record.key = mask.id(&record.kind, &record.key).into_owned();
        for (name, value) in record.fields.0.iter_mut().chain(&mut record.as_sent.0) {
            *value = mask.field(name, value).into_owned();
        }
    }
    records.sort_by(|a, b| (&a.kind, &a.key).cmp(&(&b.kind, &b.key)));
    for share in money.iter_mut().flat_map(|money| &mut money.laid) {
        share.key = mask.id(&share.kind, &share.key).into_owned();
        share.visit = share.visit.take().map(|visit| mask.id("visit", &visit).into_owned());
    }
    for money in money.iter_mut() {
        money.laid.sort_by(|a, b| (&a.kind, &a.key).cmp(&(&b.kind, &b.key)));
    }
    for before in money.iter_mut().flat_map(|money| &mut money.before) {
        before.visit = before.visit.take().map(|visit| mask.id("visit", &visit).into_owned());
    }
    for cause in history.iter_mut().flat_map(|entry| &mut entry.cause) {
        cause.key = mask.id(&cause.kind, &cause.key).into_owned();
    }
}
