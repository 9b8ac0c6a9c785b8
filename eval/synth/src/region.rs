//! Where it happens: institutions of very unequal size, their doctors, and who the persons are.
//!
//! The propensity to fraud is unequal too, and has nothing to do with size: each institution has a hidden *propensity*,
//! and most schemes choose their institution by it, so that few do most of it. Ordinary visits do not depend on it.
//!
//! A person is a number; sex, birth, scheme and habits are hashes of it, so millions of them take no room.

use crate::catalogue::Catalogue;
use crate::diagnosis::diagnoses;
use crate::recipe::Recipe;
use crate::text::{civil, day_number, owned};
use crate::zipf::Zipf;
use records::splitmix::{SplitMix64, index, scatter};
use std::ops::Range;

/// The first day of every simulated period.
pub(crate) fn first_day() -> i64 {
    day_number(2025, 1, 1)
}

/// A hospital, a clinic or a pharmacy.
pub(crate) struct Institution {
    pub(crate) code: String,
    pub(crate) pharmacy: bool,
    /// `01` (highest) to `11`.
    pub(crate) level: u64,
    pub(crate) district: u64,
    /// Ten-thousandths of a degree.
    pub(crate) lon: i64,
    pub(crate) lat: i64,
    /// None in a clinic or pharmacy.
    pub(crate) beds: u64,
    pub(crate) doctors: Range<usize>,
    /// How many of the catalogue's drugs and consumables lie on its shelves.
    pub(crate) drugs: usize,
    pub(crate) consumables: usize,
    /// Where its selection of the rarer drugs begins.
    pub(crate) rotation: usize,
    /// Its first pair (institution, item) in the stock.
    pub(crate) first_pair: usize,
    pub(crate) agreement: Agreement,
    /// How readily schemes happen here, between 1 and [`PROPENSITY_MAX`].
    pub(crate) propensity: u64,
}

/// The greatest propensity; half of all institutions have less than a ten-thousandth of it.
pub(crate) const PROPENSITY_MAX: u64 = 1_000_000;

/// How the bureau stands to an institution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Agreement {
    Usual,
    /// One ends on this day, the next one begins on the day after.
    Renewed(i64),
    /// It ended before the period.
    Ended,
}

/// The first hospitals are large.
const LARGE: usize = 3;
/// Drugs that every institution has on its shelves.
pub(crate) const COMMON_DRUGS: usize = 40;

/// The region of one recipe.
pub(crate) struct Region {
    pub(crate) seed: u64,
    pub(crate) catalogue: Catalogue,
    /// Hospitals by size, then clinics, then pharmacies by size, then clinics whose agreement has ended.
    pub(crate) institutions: Vec<Institution>,
    /// How many of them have beds; these stand first.
    pub(crate) with_beds: usize,
    /// How many of them are no pharmacy and open.
    pub(crate) hospitals: usize,
    pub(crate) pharmacies: usize,
    pub(crate) doctors: Vec<Doctor>,
    pub(crate) persons: usize,
    /// Pairs (institution, item) in stock.
    pub(crate) pairs: usize,
    pub(crate) end_day: i64,
    pub(crate) diagnoses: Vec<String>,
    /// The propensities of all institutions up to each, summed.
    propensities: Vec<u64>,
    hospital_sizes: Zipf,
    bed_sizes: Zipf,
    pharmacy_sizes: Zipf,
    pub(crate) drug_heat: Zipf,
    pub(crate) service_heat: Zipf,
}

/// A doctor or a pharmacist.
pub(crate) struct Doctor {
    pub(crate) code: String,
    pub(crate) institution: usize,
    pub(crate) dept: u64,
    pub(crate) title: u64,
}

/// What does not change about a person.
#[derive(Clone, Copy)]
pub(crate) struct Person {
    /// Position in `1 2 0 9`.
    pub(crate) gend: &'static str,
    /// Day of birth; of a newborn counted from the first visit.
    pub(crate) born: Born,
    pub(crate) employee: bool,
    pub(crate) district: u64,
    /// Bits for everything else.
    pub(crate) hash: u64,
}

/// When a person was born.
#[derive(Clone, Copy)]
pub(crate) enum Born {
    On(i64),
    /// So many days before the first visit.
    DaysBefore(i64),
}

/// What kind of place a visit needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CareClass {
    Outpatient,
    Stay,
    Pharmacy,
}

impl Region {
    /// The region of `recipe`; its months are at least 1.
    pub(crate) fn new(recipe: &Recipe) -> Region {
        let seed = scatter(recipe.seed);
        let catalogue = Catalogue::new(seed);
        let (months, visits) = (u64::from(recipe.months), recipe.visits);
        let yearly = visits.saturating_mul(12) / months;
        let hospitals = index((yearly / 3_000).max(12));
        let with_beds = hospitals - hospitals / 5;
        let pharmacies = index((yearly / 8_000).max(6));
        let mut rng = SplitMix64::seeded(scatter(seed ^ 0x4e61));
        let mut region = Region {
            seed,
            institutions: Vec::new(),
            with_beds,
            hospitals,
            pharmacies,
            doctors: Vec::new(),
            persons: index((yearly * 2 / 5).max(400)),
            pairs: 0,
            end_day: end_day(i64::from(recipe.months)),
            diagnoses: diagnoses(&mut rng),
            propensities: Vec::new(),
            hospital_sizes: Zipf::new(hospitals),
            bed_sizes: Zipf::new(with_beds),
            pharmacy_sizes: Zipf::new(pharmacies),
            drug_heat: Zipf::new(catalogue.drugs.len()),
            service_heat: Zipf::new(catalogue.services.len()),
            catalogue,
        };
        for rank in 0..hospitals {
            region.add_hospital(rank, yearly, &mut rng);
        }
        for rank in 0..pharmacies {
            region.add_institution(rank, true, 2 + pharmacies / (rank + 1) / 20, 0, &mut rng);
        }
        // Nobody goes there any more, but for those who are planted.
        for _ in 0..2 + hospitals / 200 {
            region.add_institution(hospitals, false, 2, 0, &mut rng);
            region.institutions.last_mut().expect("just added").agreement = Agreement::Ended;
        }
        region
    }

    fn add_hospital(&mut self, rank: usize, yearly: u64, rng: &mut SplitMix64) {
        // The sum of 1/k is below 1 + log2(n); a bed is occupied 8 days a stay, 8 stays in 100 visits.
        let share = yearly / (rank as u64 + 1) / 4;
        let doctors = index(3 + share / 900).min(900);
        let least = if rank < LARGE { 20 } else { 6 };
        let beds = if rank < self.with_beds { least + share * 8 * 8 / 100 * 5 / 2 / 365 } else { 0 };
        self.add_institution(rank, false, doctors, beds, rng);
    }

    fn add_institution(
        &mut self,
        rank: usize,
        pharmacy: bool,
        doctors: usize,
        beds: u64,
        rng: &mut SplitMix64,
    ) {
        let number = self.institutions.len() as u64;
        let district = 990_101 + rng.below(8);
        let kind = if pharmacy { "P" } else { "H" };
        let code = owned(|t| {
            t.raw(kind).num(district).padded(number + 1, 5);
        });
        // The region is 1.6 degrees wide and 1.5 high. The first hospitals stand in its corners, so that every
        // place has another one far away.
        let (lon, lat) = match (pharmacy, rank) {
            (false, 0) => (1_120_100, 309_500),
            (false, 1) => (1_135_800, 294_500),
            (false, 2) => (1_120_200, 294_400),
            (false, 3) => (1_135_700, 309_600),
            _ => (1_120_000 + rng.span(0, 16_000), 295_000 + rng.span(0, 14_000)),
        };
        // Clinics without beds are of the lowest levels, the largest hospitals of the highest.
        let level = match (beds, rank) {
            (0, _) => 10 + rng.below(2),
            (_, 0..LARGE) => 1 + rng.below(3),
            _ => 3 + rng.below(7),
        };
        let drugs = (900 / (rank + 1) + 60 + rng.index(60)).min(if pharmacy { 320 } else { 950 });
        let consumables = if pharmacy { 0 } else { (380 / (rank + 1) + 15 + rng.index(30)).min(400) };
        // Its staff, numbered on through the region.
        let first_doctor = self.doctors.len();
        for _ in 0..doctors {
            let letter = if pharmacy { "Y" } else { "D" };
            let serial = self.doctors.len() as u64 + 1;
            self.doctors.push(Doctor {
                code: owned(|t| {
                    t.raw(letter).num(district).padded(serial, 6);
                }),
                institution: self.institutions.len(),
                dept: 1 + rng.below(24),
                title: 1 + rng.below(5),
            });
        }
        let institution = Institution {
            code,
            pharmacy,
            level,
            district,
            lon,
            lat,
            beds,
            doctors: first_doctor..self.doctors.len(),
            drugs,
            consumables,
            rotation: rng.index(900),
            first_pair: self.pairs,
            agreement: match rng.below(3) {
                0 => Agreement::Renewed(rng.span(first_day() - 1, self.end_day - 1)),
                _ => Agreement::Usual,
            },
            propensity: propensity(scatter(self.seed ^ scatter(number ^ 0x1ea4))),
        };
        self.propensities.push(self.propensities.last().copied().unwrap_or(0) + institution.propensity);
        self.pairs += institution.pairs(&self.catalogue);
        self.institutions.push(institution);
    }

    /// Who person number `person` is.
    pub(crate) fn person(&self, person: usize) -> Person {
        let hash = scatter(self.seed ^ scatter(person as u64));
        let gend = match hash % 500 {
            0 => ["0", "9"][index(hash >> 9 & 1)],
            n if n < 257 => "1",
            _ => "2",
        };
        let roll = hash >> 20 & 0xffff;
        let age = if self.is_chronic(person) {
            14_600 + roll * 18_000 / 0x1_0000
        } else {
            1_200 + roll * (12_000 + (hash >> 40 & 0x3fff)) / 0x1_0000
        };
        let born = if !self.is_chronic(person) && (hash >> 36).is_multiple_of(40) {
            Born::DaysBefore((hash >> 50 & 0xff).cast_signed() % 20)
        } else {
            Born::On(first_day() - age.cast_signed())
        };
        let grown = matches!(born, Born::On(day) if first_day() - day > 8_000);
        let employee = grown && !(hash >> 44).is_multiple_of(3);
        Person { gend, born, employee, district: 990_101 + (hash >> 52 & 7), hash: scatter(hash) }
    }

    /// Whether the person comes again and again: the first fifth of them.
    pub(crate) fn is_chronic(&self, person: usize) -> bool {
        person < self.persons / 5
    }

    /// The person's opaque token: 64 scattered bits as 13 characters, so it is never given twice.
    pub(crate) fn token(&self, person: usize) -> [u8; 14] {
        let mut text = [b'T'; 14];
        let mut bits = scatter(self.seed.rotate_left(17) ^ person as u64);
        for letter in text[1..].iter_mut().rev() {
            *letter = b"0123456789abcdefghjkmnpqrstvwxyz"[index(bits & 31)];
            bits >>= 5;
        }
        text
    }

    /// Where a person goes for a visit of `class`: three times in four to one of two usual places, else anywhere
    /// in proportion to size. To pharmacies a person is loyal, there are never more than two.
    pub(crate) fn institution_for(&self, person: usize, class: CareClass, rng: &mut SplitMix64) -> usize {
        let usual = scatter(self.seed ^ scatter(person as u64 ^ 0x9_1ace) ^ rng.below(2));
        let chance = if class != CareClass::Pharmacy && rng.once_in(4) { rng.next_bits() } else { usual };
        match class {
            CareClass::Outpatient => self.hospital_sizes.rank(chance),
            CareClass::Stay => self.bed_sizes.rank(chance),
            CareClass::Pharmacy => self.hospitals + self.pharmacy_sizes.rank(chance),
        }
    }

    /// One of these institutions, in proportion to its propensity.
    pub(crate) fn institution_by_propensity(&self, among: Range<usize>, rng: &mut SplitMix64) -> usize {
        let before = |nth: usize| nth.checked_sub(1).map_or(0, |last| self.propensities[last]);
        let (low, high) = (before(among.start), before(among.end));
        let chance = low + rng.below(high - low);
        self.propensities.partition_point(|&sum| sum <= chance)
    }

    /// A hospital or clinic at least 0.7 degrees of latitude, 77 km, away.
    pub(crate) fn far_from(&self, institution: usize, rng: &mut SplitMix64) -> usize {
        let lat = self.institutions[institution].lat;
        let far = |other: usize| (self.institutions[other].lat - lat).abs() >= 7_000;
        (0..8)
            .map(|_| rng.index(self.hospitals))
            .chain(0..self.hospitals)
            .find(|&other| far(other))
            .expect("hospitals stand at the upper and the lower edge")
    }
}

impl Institution {
    /// Pairs it has in stock: drugs, consumables, herbs and the goods that a table limits.
    pub(crate) fn pairs(&self, catalogue: &Catalogue) -> usize {
        self.drugs + self.consumables + catalogue.herbs.len() + catalogue.shelves
    }

    /// Its drug number `local`; the first ones are the same everywhere. With it its pair.
    pub(crate) fn drug(&self, catalogue: &Catalogue, local: usize) -> (usize, usize) {
        let rare = catalogue.drugs.len() - COMMON_DRUGS;
        let item = if local < COMMON_DRUGS {
            catalogue.drugs[local]
        } else {
            catalogue.drugs[COMMON_DRUGS + (local - COMMON_DRUGS + self.rotation) % rare]
        };
        (item, self.first_pair + local)
    }

    /// Its consumable number `local` and the pair.
    pub(crate) fn consumable(&self, catalogue: &Catalogue, local: usize) -> (usize, usize) {
        let item = catalogue.consumables[(local + self.rotation % 7) % catalogue.consumables.len()];
        (item, self.first_pair + self.drugs + local)
    }

    fn others(&self) -> usize {
        self.first_pair + self.drugs + self.consumables
    }

    /// Herb number `n` and its pair.
    pub(crate) fn herb(&self, catalogue: &Catalogue, n: usize) -> (usize, usize) {
        (catalogue.herbs[n], self.others() + n)
    }

    /// The pair of an item that a table limits; none for a service.
    pub(crate) fn shelf(&self, catalogue: &Catalogue, item: usize) -> Option<usize> {
        let shelf = catalogue.items[item].shelf?;
        Some(self.others() + catalogue.herbs.len() + shelf)
    }
}

/// A propensity, heavy-tailed and independent of everything else: the chance of a greater one falls with its power 2/3.
fn propensity(hash: u64) -> u64 {
    let rank = 1 + hash % 1_000;
    PROPENSITY_MAX / (rank * rank.isqrt())
}

/// The day after the last day of `months` months.
fn end_day(months: i64) -> i64 {
    let (year, month, _) = civil(first_day());
    let months = year * 12 + month - 1 + months;
    day_number(months.div_euclid(12), months.rem_euclid(12) + 1, 1)
}
