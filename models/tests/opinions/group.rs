//! Made-up hospitals, alike and of very unequal size, by a generator of its own.

use models::{Profile, Sum};

/// A sequence of draws that has nothing to do with the room's own.
pub(crate) struct Draws(pub(crate) u64);

impl Draws {
    /// A number from `from` to `to`, both included.
    pub(crate) fn between(&mut self, from: i64, to: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let span = u64::try_from(to - from + 1).unwrap();
        from + i64::try_from((self.0 >> 33) % span).unwrap()
    }

    /// About so much: give or take so many per cent, the middle more often than the ends.
    pub(crate) fn about(&mut self, much: i64, per_cent: i64) -> i64 {
        let per_mille = self.between(-5 * per_cent, 5 * per_cent) + self.between(-5 * per_cent, 5 * per_cent);
        much + much * per_mille / 1000
    }
}

/// One hospital's month.
pub(crate) fn hospital(draws: &mut Draws) -> Profile {
    let visits = draws.between(20, 60) * draws.between(10, 60);
    let stays = draws.about(visits / 10, 25);
    let stay_days = draws.about(stays * 8, 15);
    let lines = draws.about(visits * 6, 15);
    let charges = draws.about(lines * 4_500, 15);
    let drugs = draws.about(charges * 40 / 100, 20);
    let consumables = draws.about(charges * 8 / 100, 30);
    let fund = draws.about(charges * 60 / 100, 10);
    let mut month = Profile::default();
    for (sum, amount) in [
        (Sum::Visits, visits),
        (Sum::Stays, stays),
        (Sum::StayDays, stay_days),
        (Sum::Settlements, visits + visits / 50),
        (Sum::Fund, fund),
        (Sum::Account, draws.about(charges / 10, 20)),
        (Sum::Lines, lines),
        (Sum::Charges, charges),
        (Sum::LineFund, fund),
        (Sum::StayCharges, draws.about(charges * 55 / 100, 15)),
        (Sum::DrugCharges, drugs),
        (Sum::HerbCharges, draws.about(charges * 5 / 100, 40)),
        (Sum::ServiceCharges, charges - drugs - consumables),
        (Sum::ConsumableCharges, consumables),
        (Sum::DrugLines, draws.about(lines * 45 / 100, 15)),
        (Sum::WeekendVisits, draws.about(visits / 5, 15)),
        (Sum::NightVisits, draws.about(visits / 25, 40)),
        (Sum::Prescriptions, draws.about(visits, 10)),
        (Sum::PrescribedItems, draws.about(visits * 3, 15)),
        (Sum::PricePaid, draws.about(charges, 6)),
        (Sum::PriceOfPeers, charges),
    ] {
        month.add(sum, amount);
    }
    month
}

/// So many hospitals.
pub(crate) fn hospitals(seed: u64, count: usize) -> Vec<Profile> {
    let mut draws = Draws(seed);
    (0..count).map(|_| hospital(&mut draws)).collect()
}

/// The profile with one sum multiplied, in per cent.
pub(crate) fn grown(mut profile: Profile, sum: Sum, per_cent: i64) -> Profile {
    profile.add(sum, profile[sum] * (per_cent - 100) / 100);
    profile
}
