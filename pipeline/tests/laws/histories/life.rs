//! What happens to a record on its way: it is sent wrong and corrected, withdrawn, sent again, sent twice, sent late.

use std::collections::BTreeMap;

use crate::histories::calendar::DAY;
use crate::histories::charts::{DIAGNOSES, OPERATIONS, diagnosis};
use crate::histories::places::{LEVELS, agreement};
use crate::histories::record::{Cell, Op, Record, text};
use crate::histories::region::Region;
use crate::histories::spelling::line;

/// What may happen in a history.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Manner {
    /// Everything.
    Any,
    /// Every change carries a rev and none conflicts, so that the order of arrival means nothing.
    Revised,
}

/// One step in the life of a record: what is sent, under which rev.
type Step = (Op, Option<u64>, Record);

/// The lines that tell `records`, roughly in the order of `records`; `odd` in 100 fields are spelled unusually.
pub(crate) fn live(region: &mut Region, records: &[Record], manner: Manner, odd: u64) -> Vec<Vec<u8>> {
    let all = i64::try_from(records.len()).expect("few records") * 100;
    let mut placed: Vec<(i64, Vec<u8>)> = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let mut steps = story(region, record, manner);
        receive(region, &mut steps, manner);
        let here = i64::try_from(index).expect("few records") * 100;
        let mut times: Vec<i64> = steps
            .iter()
            .map(|_| {
                if region.dice.chance(1, 8) {
                    region.dice.between(0, all)
                } else {
                    here + region.dice.between(0, 1_500)
                }
            })
            .collect();
        if region.dice.chance(2, 3) {
            times.sort_unstable();
        }
        for ((op, rev, record), time) in steps.iter().zip(times) {
            placed.push((time, line(&mut region.dice, *op, *rev, record, odd)));
        }
    }
    placed.sort_by_key(|(time, _)| *time);
    placed.into_iter().map(|(_, line)| line).collect()
}

/// The steps of one record. It mostly ends as `record`, else as something near it or as nothing.
fn story(region: &mut Region, record: &Record, manner: Manner) -> Vec<Step> {
    let rev = match region.dice.below(20) {
        0 => 0,
        1 => 9_007_199_254_740_993,
        2 => 9_223_372_036_854_775_800,
        _ => region.dice.next() % 7 + 1,
    };
    let right = || record.clone();
    let (put, del) = (Op::Put, Op::Del);
    let wrong = mutated(region, record);
    let other = mutated(region, record);
    let kinds = if manner == Manner::Any { 100 } else { 87 };
    match region.dice.below(kinds) {
        0..52 => vec![(put, Some(rev), right())],
        52..60 if manner == Manner::Any => vec![(put, None, right())],
        52..70 => vec![(put, Some(rev), wrong), (put, Some(rev + 1), right())],
        70..73 => vec![(put, Some(rev), right()), (put, Some(rev + 1), wrong)],
        73..76 => vec![(put, Some(rev), right()), (del, Some(rev + 1), right())],
        76..79 => vec![(put, Some(rev), wrong), (del, Some(rev + 1), right()), (put, Some(rev + 2), right())],
        79 => vec![(del, Some(rev), right()), (put, Some(rev + 1), right())],
        80 => vec![(del, Some(rev), right())],
        81..85 => vec![(put, Some(rev), right()), (put, Some(rev), right())],
        85 => vec![(put, Some(rev), right()), (del, Some(rev + 2), right()), (del, Some(rev + 2), right())],
        86 => vec![(del, Some(rev), right()), (put, Some(rev + 3), right()), (put, Some(rev + 1), wrong)],
        87..90 => vec![(put, None, wrong), (put, None, right()), (put, None, right())],
        90..92 => vec![(put, None, wrong), (put, Some(rev), right()), (put, None, other)],
        92..95 => vec![(put, Some(rev), right()), (put, Some(rev), wrong), (put, Some(rev), right())],
        95 => vec![(put, Some(rev), other), (put, Some(rev + 1), right()), (put, Some(rev), wrong)],
        96 => vec![(put, Some(rev), right()), (del, Some(rev), right())],
        97 => vec![(put, None, right()), (del, None, right()), (put, None, right())],
        98 => vec![(put, None, right()), (del, None, right()), (del, None, right())],
        _ => vec![(put, None, right()), (put, None, wrong), (put, None, right())],
    }
}

/// When the bureau received each step: mostly as the record says, now and then at another time or at none.
///
/// It is no content: a repetition may say another time and stays one, and the first one's time stands. In a revised
/// history one rev has one time, for there the first to come may be any of them.
fn receive(region: &mut Region, steps: &mut [Step], manner: Manner) {
    let mut told: BTreeMap<Option<u64>, Option<i64>> = BTreeMap::new();
    for (_, rev, record) in steps {
        let time = match record.received {
            Some(time) if region.dice.chance(1, 6) => {
                region.dice.pick(&[None, Some(time - DAY), Some(time + 1)])
            }
            None if region.dice.chance(1, 60) => Some(region.moment()),
            time => time,
        };
        record.received = match manner {
            Manner::Revised => *told.entry(*rev).or_insert(time),
            Manner::Any => time,
        };
    }
}

/// `record` with one field changed; its key and its kind stay, and the content really differs.
pub(crate) fn mutated(region: &mut Region, record: &Record) -> Record {
    let mut out = record.clone();
    for _ in 0..40 {
        let index = region.dice.below(record.fields.len());
        let (name, cell) = &record.fields[index];
        if record.shape().key.contains(name) {
            continue;
        }
        let optional = record.shape().optional.contains(name);
        match another(region, name, cell) {
            Some(cell) => out.set(name, cell),
            None if optional => out.drop_field(name),
            None => continue,
        }
        if out != *record {
            return out;
        }
    }
    // A record of little but its key: an unlikely one, and then it gains what it lacked.
    match record.kind {
        "invoice" => out.set("amount", Cell::Number(777, 2)),
        _ => out.fields.iter_mut().for_each(|(_, cell)| {
            if let Cell::Time(time) = cell {
                *time -= DAY;
            }
        }),
    }
    out
}

/// A different value for a field. `None`: the field may as well be absent.
fn another(region: &mut Region, name: &str, cell: &Cell) -> Option<Cell> {
    let dice = &mut region.dice;
    match cell {
        Cell::Text(old) => {
            let choices: &[&str] = match name {
                "fact" => &["death", "custody", "abroad"],
                "status" => &["1", "2", "3"],
                "state" if ["normal", "red"].contains(&old.as_str()) => &["normal", "red"],
                "state" => &["issued", "cancelled"],
                "result" => &["pass", "fail", "override"],
                "list_type" => &["101", "201"],
                "inv_chg_type" => &["101", "102"],
                "mdtrt_setl_type" => &["1", "2"],
                "gend" => &["1", "2", "0", "9"],
                "insutype" => &["310", "390", "340"],
                "insu_admdvs" => &["440100", "440300"],
                "hosp_lv" => &LEVELS,
                "med_chrgitm_type" => &["01", "02", "05", "07"],
                "med_type" => &["21", "11", "41", "52", "61", "9902"],
                "bill_code" => &["B1", "B2"],
                "psn_no" => return Some(text(region.person())),
                "fixmedins_code" => return Some(text(region.place().code)),
                "med_list_codg" => return Some(text(region.item().code)),
                "mdtrt_id" if !region.visits.is_empty() => return Some(text(dice.pick(&region.visits).id)),
                _ => return None,
            };
            Some(text(dice.pick(choices)))
        }
        Cell::Number(old, places) => {
            let step = dice.pick(&[1, 10_i64.pow(*places), 10_i64.pow(*places), 40 * 10_i64.pow(*places)]);
            // Away from zero, so that what must be positive stays so; `lat` has its own bound.
            let step = if *old < 0 { -step } else { step };
            Some(Cell::Number(if name == "lat" { old - 7 } else { old + step }, *places))
        }
        Cell::Label(old) => Some(Cell::Label(old + 1)),
        Cell::Time(old) => {
            let step = dice.pick(&[1, 3_600, 7_200, DAY, 9 * DAY]);
            Some(Cell::Time(if dice.chance(1, 2) { old - step } else { (old + step).min(region.horizon) }))
        }
        Cell::Date(old) => Some(Cell::Date(old + dice.pick(&[-30, -1, 1, 2]))),
        Cell::Flag(old) => Some(Cell::Flag(!old)),
        // An empty list is not the same as no list; whether it is the same as a list of empty codes is not asked here.
        Cell::Texts(old) if !old.contains(&String::new()) && dice.chance(1, 2) => {
            Some(Cell::Texts(Vec::new()))
        }
        Cell::Texts(_) => Some(Cell::Texts(vec!["TC-wrong".to_owned()])),
        Cell::Records(records) if name == "lines" => {
            let mut records = records.clone();
            records.push(vec![
                ("line_no", Cell::Label(77)),
                ("med_list_codg", text(region.item().code)),
                ("cnt", Cell::Number(10_000, 4)),
            ]);
            Some(Cell::Records(records))
        }
        Cell::Records(records) if !records.is_empty() && dice.chance(1, 3) => Some(Cell::Records(Vec::new())),
        Cell::Records(records) => {
            let mut records = records.clone();
            let within = dice.between(region.first, region.horizon / DAY);
            records.push(match name {
                "diags" => diagnosis(dice.pick(&DIAGNOSES), Some(true), Some(0)),
                "oprns" => vec![("oprn_code", text(dice.pick(&OPERATIONS)))],
                "agreements" => agreement(dice.pick(&["0", "1"]), within, Some(within + 9)),
                _ => return None,
            });
            Some(Cell::Records(records))
        }
        Cell::Raw(_) => None,
    }
}
