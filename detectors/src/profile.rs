//! Profiles: what an institution or a practitioner did in a month, in sums that every fact adds to by itself.
//!
//! A sum is kept as the count of a packed value, its *cell*, under the key of its subject, so that the dataflow adds up
//! and takes away by itself. Most facts are summed where they come in (`PreAggregate`); what needs the class of a visit is
//! added by those who read the visit anyway. Who is judged, and among whom, is in a [`Member`].

use std::collections::BTreeMap;

use models::{Feature, FeatureSet, Profile, Sum};
use records::Kind;
use records::arena::{Arena, Packed, RowRef, TextRef, Word as _};
use records::codes::{HospitalGrade, HospitalLevel, InstitutionType, ListType, PractitionerType};
use records::row::{self, Day, FeeLine, Moment, Settlement, Visit, day_of};
use records::time::{DAY_SECONDS, first_of, month_of, start_of};
use serde::{Deserialize, Serialize};

use crate::coverage::Missing;
use crate::exact::sale_money;
use crate::views::{Diff, one_of};

/// Whose profile it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ProfileOwner {
    /// An institution's: the facts that carry its code.
    Institution,
    /// A practitioner's: the visits of which they are the doctor with their settlements, the lines they billed, the
    /// prescriptions they wrote.
    Practitioner,
}

impl ProfileOwner {
    /// The columns by which subjects of this sort are compared.
    pub const fn features(self) -> FeatureSet {
        match self {
            ProfileOwner::Institution => FeatureSet::Institution,
            ProfileOwner::Practitioner => FeatureSet::Practitioner,
        }
    }
}

/// A column of a profile, by its place among those of its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProfileColumn {
    owner: ProfileOwner,
    nth: u8,
}

impl ProfileColumn {
    /// The column of that name.
    ///
    /// # Panics
    /// The owner has no such column: opinions name those of their own subject.
    pub fn of(owner: ProfileOwner, feature: &Feature) -> ProfileColumn {
        let columns = owner.features().features();
        let nth = columns.iter().position(|column| column.key == feature.key);
        let nth = nth.and_then(|nth| u8::try_from(nth).ok());
        ProfileColumn { owner, nth: nth.expect("an opinion names a column of its own subject") }
    }

    /// What the models say of it.
    pub fn feature(self) -> &'static Feature {
        &self.owner.features().features()[usize::from(self.nth)]
    }
}

const PRACTITIONER: u64 = 1 << 40;

/// The key of a subject: codes of institutions and of practitioners may be the same text.
pub fn subject_key(owner: ProfileOwner, code: TextRef) -> u64 {
    match owner {
        ProfileOwner::Institution => u64::from(code),
        ProfileOwner::Practitioner => PRACTITIONER | u64::from(code),
    }
}

/// The subject of a key.
pub fn subject_of(key: u64) -> (ProfileOwner, TextRef) {
    let owner = if key & PRACTITIONER == 0 { ProfileOwner::Institution } else { ProfileOwner::Practitioner };
    (owner, one_of(key))
}

/// Bits of a cell that hold the sum.
const SUM_BITS: u32 = 6;

/// The cell whose count is a sum of a month.
pub fn cell(month: i32, sum: Sum) -> Packed {
    Packed::new(month.cast_unsigned() << SUM_BITS | sum as u32)
}

/// Months with their profiles, from the cells of one subject.
pub fn months(cells: &[(Packed, Diff)]) -> BTreeMap<i32, Profile> {
    let mut months: BTreeMap<i32, Profile> = BTreeMap::new();
    for (cell, amount) in cells {
        let cell = cell.word();
        let sum = Sum::ALL.get((cell & ((1 << SUM_BITS) - 1)) as usize);
        if let Some(sum) = sum {
            months.entry((cell >> SUM_BITS).cast_signed()).or_default().add(*sum, *amount);
        }
    }
    months.retain(|_, profile| !profile.is_empty());
    months
}

/// The moment at which a month is over.
pub fn end_of(month: i32) -> Moment {
    start_of(first_of(month + 1))
}

/// What is counted of an item in a month: the item, and the month with one bit, 0 for its quantity in ten-thousandths,
/// 1 for its charges in fen.
pub type Price = (TextRef, Packed);

/// The two counts of an item in a month: quantity and charges.
pub fn prices_of(item: TextRef, month: i32) -> [Price; 2] {
    [0, 1].map(|bit| (item, Packed::new(month.cast_unsigned() << 1 | bit)))
}

/// Items with quantity and charges, by month.
pub fn baskets(prices: &[(Price, Diff)]) -> BTreeMap<i32, BTreeMap<TextRef, (i64, i64)>> {
    let mut baskets: BTreeMap<i32, BTreeMap<TextRef, (i64, i64)>> = BTreeMap::new();
    for ((item, what), amount) in prices {
        let what = what.word();
        let entry = baskets.entry((what >> 1).cast_signed()).or_default().entry(*item).or_default();
        let sum = if what & 1 == 0 { &mut entry.0 } else { &mut entry.1 };
        *sum = sum.wrapping_add(*amount);
    }
    baskets
}

/// A subject's month, and among whom it is to be judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Member {
    /// Whose month it is.
    pub owner: ProfileOwner,
    /// fixmedins_code or prac_psn_code.
    pub code: TextRef,
    /// The institution of the subject, where that is known.
    pub institution: TextRef,
    /// Its row, if its record stands.
    pub row: RowRef,
    /// The month.
    pub month: i32,
    /// Sums in the order of [`Sum::ALL`].
    pub sums: Vec<i64>,
    /// Items with quantity in ten-thousandths and charges in fen; of institutions alone.
    pub basket: Vec<(TextRef, i64, i64)>,
    /// What is missing to say who its peers are.
    pub lacks: Option<Missing>,
}

impl Member {
    /// The month of a subject: an institution or practitioner with its record and its institution, where they are known.
    pub fn of(
        (owner, code, row, institution): (ProfileOwner, TextRef, Option<RowRef>, TextRef),
        month: i32,
        profile: &Profile,
        basket: impl IntoIterator<Item = (TextRef, (i64, i64))>,
        lacks: Option<Missing>,
    ) -> Member {
        let basket = basket.into_iter().map(|(item, (cnt, fen))| (item, cnt, fen)).collect();
        let (row, sums) = (row.unwrap_or_default(), profile.sums().to_vec());
        Member { owner, code, institution, row, month, sums, basket, lacks }
    }

    /// Its profile.
    pub fn profile(&self) -> Profile {
        let sums = self.sums.as_slice().try_into();
        sums.map_or_else(|_| Profile::default(), Profile::from_sums)
    }
}

/// Who is comparable: type and class of level of the institution and, of practitioners, their own sort.
///
/// Not the level within its class, nor the department: in all but the largest regions too few peers would be left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// Whose months are compared.
    pub owner: ProfileOwner,
    /// fixmedins_type of the institution.
    pub institution_type: InstitutionType,
    /// The grade of its hosp_lv.
    pub grade: HospitalGrade,
    /// prac_psn_type of a practitioner.
    pub practitioner_type: Option<PractitionerType>,
}

impl Group {
    /// The group of an institution, or of a practitioner who works there.
    ///
    /// # Errors
    /// What is missing: a hospital without a level has no peers.
    pub fn of(
        arena: &Arena,
        institution: Option<RowRef>,
        practitioner: Option<RowRef>,
        owner: ProfileOwner,
    ) -> Result<Group, Missing> {
        let practitioner_type = match (owner, practitioner) {
            (ProfileOwner::Institution, _) => None,
            (ProfileOwner::Practitioner, None) => return Err(Missing::Practitioner),
            (ProfileOwner::Practitioner, Some(practitioner_row)) => {
                Some(row::practitioner(arena, practitioner_row).practitioner_type)
            }
        };
        let institution = row::institution(arena, institution.ok_or(Missing::Institution)?);
        if institution.institution_type == InstitutionType::Medical && institution.level.is_none() {
            return Err(Missing::HospLv);
        }
        let institution_type = institution.institution_type;
        let grade = institution.level.map_or(HospitalGrade::Ungraded, HospitalLevel::grade);
        Ok(Group { owner, institution_type, grade, practitioner_type })
    }

    /// Its key in a month, or over all months; as with findings, 64 bits of a hash are taken for the group itself.
    pub fn key(&self, month: Option<i32>) -> u64 {
        // Groups of institutions and of practitioners differ by their owner.
        let practitioner_type = self.practitioner_type.map_or(0, |of| of as u8);
        let mut bytes =
            vec![self.owner as u8, self.institution_type as u8, self.grade as u8, practitioner_type];
        bytes.extend(month.into_iter().flat_map(i32::to_le_bytes));
        xxhash_rust::xxh3::xxh3_64(&bytes)
    }
}

/// What is added to a cell of a profile: the subject's key, the cell, the amount.
pub type Addition = (u64, Packed, i64);

/// What a stay adds for its institution, in the month of its end; no column of practitioners is of stays.
pub fn additions_of_stay(visit: &Visit) -> Option<[Addition; 2]> {
    let (begin, end) = (day_of(visit.begin), day_of(visit.end?));
    let days = i64::from((end - begin).max(1));
    let key = subject_key(ProfileOwner::Institution, visit.institution);
    Some([(key, cell(month_of(end), Sum::Stays), 1), (key, cell(month_of(end), Sum::StayDays), days)])
}

/// What a net line of a stay adds to the charges of stays.
pub fn addition_of_line_of_stay(line: &FeeLine) -> Addition {
    let cell = cell(month_of(day_of(line.time)), Sum::StayCharges);
    (subject_key(ProfileOwner::Institution, line.institution), cell, line.amount)
}

/// What a live settlement adds for the doctor of its visit, if it has one.
pub fn additions_of_doctor(settlement: &Settlement, doctor: TextRef) -> impl Iterator<Item = Addition> {
    let month = month_of(day_of(settlement.time));
    let key = subject_key(ProfileOwner::Practitioner, doctor);
    let sums = doctor.is_some().then(|| sums_of_settlement(settlement));
    sums.into_iter().flatten().map(move |(sum, amount)| (key, cell(month, sum), amount))
}

fn owners(institution: TextRef, doctor: TextRef) -> impl Iterator<Item = u64> {
    let doctor = doctor.is_some().then(|| subject_key(ProfileOwner::Practitioner, doctor));
    std::iter::once(subject_key(ProfileOwner::Institution, institution)).chain(doctor)
}

/// Tells what a fact adds by itself: `add(key, month, sums)`, once for each of its subjects; gives it if it is a net
/// line.
pub fn sums_of(arena: &Arena, row: RowRef, mut add: impl FnMut(u64, i32, &[(Sum, i64)])) -> Option<FeeLine> {
    match row::kind(arena, row) {
        Kind::Visit => {
            let visit = row::visit(arena, row);
            let day = day_of(visit.begin);
            let sums = [
                (Sum::Visits, 1),
                (Sum::WeekendVisits, i64::from(is_weekend(day))),
                (Sum::NightVisits, i64::from(is_night(visit.begin))),
            ];
            owners(visit.institution, visit.doctor).for_each(|key| add(key, month_of(day), &sums));
        }
        Kind::Settlement => {
            let settlement = row::settlement(arena, row);
            if settlement.live {
                let key = subject_key(ProfileOwner::Institution, settlement.institution);
                add(key, month_of(day_of(settlement.time)), &sums_of_settlement(&settlement));
            }
        }
        Kind::FeeLine => {
            let line = row::fee_line(arena, row);
            if line.is_net() {
                let (month, sums) = (month_of(day_of(line.time)), sums_of_line(&line));
                owners(line.institution, line.doctor).for_each(|key| add(key, month, &sums));
                return Some(line);
            }
        }
        Kind::Prescription => {
            let prescription = row::prescription(arena, row);
            if !prescription.cancelled {
                let items = i64::try_from(prescription.lines.len()).unwrap_or(i64::MAX);
                let sums = [(Sum::Prescriptions, 1), (Sum::PrescribedItems, items)];
                let month = month_of(day_of(prescription.time));
                let owners = owners(prescription.institution, prescription.doctor);
                owners.for_each(|key| add(key, month, &sums));
            }
        }
        Kind::Dispensing => {
            let sale = row::dispensing(arena, row);
            if !sale.is_return && sale.cnt > 0 {
                let key = subject_key(ProfileOwner::Institution, sale.institution);
                let sums = [(Sum::Sales, 1), (Sum::SaleCharges, sale_money(&sale))];
                add(key, month_of(day_of(sale.time)), &sums);
            }
        }
        _ => {}
    }
    None
}

fn sums_of_settlement(settlement: &Settlement) -> [(Sum, i64); 3] {
    [(Sum::Settlements, 1), (Sum::Fund, settlement.fund), (Sum::Account, settlement.account)]
}

fn sums_of_line(line: &FeeLine) -> [(Sum, i64); 5] {
    const CHARGES: [Sum; 4] =
        [Sum::DrugCharges, Sum::HerbCharges, Sum::ServiceCharges, Sum::ConsumableCharges];
    [
        (Sum::Lines, 1),
        (Sum::Charges, line.amount),
        (Sum::LineFund, line.fund),
        // The list is closed: its positions are these.
        (CHARGES[line.list_type as usize], line.amount),
        (Sum::DrugLines, i64::from(line.list_type == ListType::Drug)),
    ]
}

/// Saturday or Sunday; 1970-01-01 was a Thursday.
fn is_weekend(day: Day) -> bool {
    (day + 3).rem_euclid(7) >= 5
}

/// From 22:00 to 06:00.
fn is_night(moment: Moment) -> bool {
    let hour = moment.rem_euclid(DAY_SECONDS) / 3_600;
    !(6..22).contains(&hour)
}
