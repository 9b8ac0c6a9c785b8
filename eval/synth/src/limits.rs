//! The limits that the knowledge tables set for some items: for whom, for what, how long, where and at which price.
//!
//! The catalogue makes them, `tables` writes them down as the tables of the region's bank, ordinary visits stay within
//! them, often exactly at the limit, and schemes go beyond.

/// An age up to which an item is paid or used.
#[derive(Clone, Copy)]
pub(crate) struct AgeLimit {
    pub(crate) rule: &'static str,
    pub(crate) item: usize,
    /// In days of life, the last of them included; else in completed years, the last of them excluded.
    pub(crate) in_days: bool,
    pub(crate) max: i64,
}

/// The sex for which an item is made.
#[derive(Clone, Copy)]
pub(crate) struct SexLimit {
    pub(crate) rule: &'static str,
    pub(crate) item: usize,
    pub(crate) gend: &'static str,
}

/// The diagnoses for which an item is paid.
#[derive(Clone, Copy)]
pub(crate) struct Indication {
    pub(crate) rule: &'static str,
    pub(crate) item: usize,
    pub(crate) prefixes: &'static [&'static str],
}

/// The days of one visit on which an item is paid.
#[derive(Clone, Copy)]
pub(crate) struct CourseLimit {
    pub(crate) rule: &'static str,
    pub(crate) item: usize,
    pub(crate) max: i64,
}

/// The lowest level of hospital in which an item is paid; 1 is the highest.
#[derive(Clone, Copy)]
pub(crate) struct LevelLimit {
    pub(crate) rule: &'static str,
    pub(crate) item: usize,
    pub(crate) lowest: u64,
}

/// The highest price of an item, in ten-thousandths of a yuan.
#[derive(Clone, Copy)]
pub(crate) struct PriceCap {
    pub(crate) item: usize,
    pub(crate) cap: i64,
    /// That of hospitals of level 01 to 03, if they have one of their own.
    pub(crate) high: Option<i64>,
}

/// A service limited to `max` per day or per visit.
#[derive(Clone, Copy)]
pub(crate) struct QuantityLimit {
    pub(crate) item: usize,
    pub(crate) per_visit: bool,
    pub(crate) max: i64,
}

/// All of them; an item is its index in the catalogue.
#[derive(Default)]
pub(crate) struct Limits {
    pub(crate) ages: Vec<AgeLimit>,
    pub(crate) sexes: Vec<SexLimit>,
    pub(crate) indications: Vec<Indication>,
    pub(crate) courses: Vec<CourseLimit>,
    pub(crate) levels: Vec<LevelLimit>,
    pub(crate) caps: Vec<PriceCap>,
    pub(crate) quantities: Vec<QuantityLimit>,
    /// Items billed by the hour.
    pub(crate) hourly: Vec<usize>,
    /// (paid, denied): the first includes the second.
    pub(crate) pairs: Vec<(usize, usize)>,
    /// Services and the fewest days between two of them.
    pub(crate) cycles: Vec<(usize, i64)>,
    /// A drug that lasts for so many days, sold by pharmacies.
    pub(crate) refill: (usize, i64),
    /// Drugs that are sold on.
    pub(crate) resale: Vec<usize>,
}

/// The greatest age in days at which what is for newborns is paid.
pub(crate) const NEWBORN_DAYS_MAX: i64 = 28;
/// Packs of a resale-prone drug that a person may get from several pharmacies within 180 days.
pub(crate) const RESALE_LIMIT: i64 = 12;
/// The lowest of the levels with a price cap of their own.
pub(crate) const HIGH_LEVEL: u64 = 3;

impl AgeLimit {
    /// Whether a person of this age may have the item.
    pub(crate) fn allows(&self, days: i64, years: i64) -> bool {
        if self.in_days { days <= self.max } else { years < self.max }
    }
}

impl PriceCap {
    /// The cap of a hospital of `level`.
    pub(crate) fn at(&self, level: u64) -> i64 {
        self.high.filter(|_| level <= HIGH_LEVEL).unwrap_or(self.cap)
    }
}
