//! Hospitals, pharmacies and care agencies.
//!
//! Header: which of the optional fields are there, the level and the type. Words: lon and lat (2 each), name, admdvs,
//! beds (2), the number of agreements, and three words for each agreement: marks, first day, last day.

use super::given::{Intern, RowWriter, field};
use super::layout::{header, low, open};
use super::render_context::RenderContext;
use crate::arena::{Arena, RowRef, TextRef};
use crate::codes::{AgreementStatus, HospitalLevel, InstitutionType};
use crate::decode::Value;
use crate::time::{Day, format_date};

header! {
    HAS_LON = 8..9;
    HAS_LAT = 9..10;
    HAS_NAME = 10..11;
    HAS_BEDS = 11..12;
    /// The rank of its level, 0 if that is not known.
    HOSP_LV = 16..20;
    TYPE = 20..22;
}

/// Marks of an agreement: its status is `1`.
const ACTIVE: u32 = 1;
/// Marks of an agreement: it has a last day.
const ENDS: u32 = 2;

/// An agreement between an institution and the fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// status is `1`.
    pub active: bool,
    /// First day.
    pub begin: Day,
    /// Last day.
    pub end: Option<Day>,
}

/// An institution as the rules see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Institution {
    /// fixmedins_code
    pub code: TextRef,
    /// fixmedins_name, if there is one.
    pub name: TextRef,
    /// admdvs
    pub admdvs: TextRef,
    /// fixmedins_type
    pub institution_type: InstitutionType,
    /// hosp_lv; `None` if it is absent or not on the list.
    pub level: Option<HospitalLevel>,
    /// beds
    pub beds: Option<i64>,
    /// Its agreements, in order.
    pub agreements: Vec<Agreement>,
    /// Longitude, degrees.
    pub lon: Option<f64>,
    /// Latitude, degrees.
    pub lat: Option<f64>,
}

const _: () = assert!(TYPE.hold(InstitutionType::ALL.len()));
const _: () = assert!(HOSP_LV.hold(HospitalLevel::ALL.len() + 1));

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    let given = w.given;
    for (present, number) in [
        (HAS_LON, given.number(field!(Institution."lon"))),
        (HAS_LAT, given.number(field!(Institution."lat"))),
    ] {
        w.optional_wide(present, number.map(|number| number.to_bits().cast_signed()));
    }
    w.optional_text(HAS_NAME, field!(Institution."fixmedins_name"))?;
    w.text(field!(Institution."admdvs"))?;
    let level = HospitalLevel::from_code(given.text(field!(Institution."hosp_lv")));
    w.row.set(HOSP_LV, u64::from(level.map_or(0, HospitalLevel::rank)));
    w.row.set(TYPE, u64::from(given.position(field!(Institution."fixmedins_type"))));
    w.optional_wide(HAS_BEDS, given.maybe(field!(Institution."beds")));
    const WIDTH: usize = 3;
    let agreements = given.list(field!(Institution."agreements"));
    w.length(agreements.len() / WIDTH);
    for agreement in agreements.chunks_exact(WIDTH) {
        let [Value::Int(status), Value::Int(begin), end] = *agreement else { continue };
        let end = if let Value::Int(end) = end { Some(end) } else { None };
        w.row.word(
            (u32::from(status == AgreementStatus::Active as i64) * ACTIVE)
                | (u32::from(end.is_some()) * ENDS),
        );
        w.row.word(low(begin.cast_unsigned()));
        w.row.word(low(end.unwrap_or(0).cast_unsigned()));
    }
    Ok(())
}

/// Reads an [`Institution`].
pub fn institution(arena: &Arena, row: RowRef) -> Institution {
    let (head, mut fields) = open(arena, row);
    let mut number = |present| fields.flag(present).then(|| f64::from_bits(fields.wide().cast_unsigned()));
    let (lon, lat) = (number(HAS_LON), number(HAS_LAT));
    let (name, admdvs) = (fields.optional_text(HAS_NAME), fields.text());
    let level = fields.bits(HOSP_LV).checked_sub(1).map(HospitalLevel::from_position);
    let institution_type = InstitutionType::from_position(fields.bits(TYPE));
    let beds = fields.flag(HAS_BEDS).then(|| fields.wide());
    let count = fields.word();
    let agreements = (0..count).map(|_| {
        let (marks, begin, end) = (fields.word(), fields.day(), fields.day());
        Agreement { active: marks & ACTIVE != 0, begin, end: (marks & ENDS != 0).then_some(end) }
    });
    let agreements = agreements.collect();
    Institution { code: head.key, name, admdvs, institution_type, level, beds, agreements, lon, lat }
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let institution = institution(arena, row);
    to.text("fixmedins_name", institution.name);
    to.put("fixmedins_type", institution.institution_type.code());
    if let Some(level) = institution.level {
        to.put("hosp_lv", level.code());
    }
    to.text("admdvs", institution.admdvs);
    for (name, degrees) in [("lon", institution.lon), ("lat", institution.lat)] {
        if let Some(degrees) = degrees {
            to.put(name, degrees.to_string());
        }
    }
    if let Some(beds) = institution.beds {
        to.put("beds", beds.to_string());
    }
    to.list(
        "agreements",
        institution.agreements.iter().map(|agreement| {
            let active = AgreementStatus::Active;
            let status = if agreement.active { active.code().to_owned() } else { active.other_codes() };
            let end = agreement.end.map_or_else(|| "..".to_owned(), format_date);
            format!("{status} {}/{end}", format_date(agreement.begin))
        }),
    );
}
