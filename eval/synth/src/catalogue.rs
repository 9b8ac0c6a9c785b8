//! What can be billed: an item catalogue with codes of national shape.
//!
//! Items that a table limits stand apart from the ordinary ones: ordinary life draws them only where the limit
//! allows it, often exactly at the limit, so that every rule has near misses and none has a hit that was not planted.

use crate::limits::{
    AgeLimit, CourseLimit, Indication, LevelLimit, Limits, NEWBORN_DAYS_MAX, PriceCap, QuantityLimit,
    SexLimit,
};
use crate::text::owned;
use records::splitmix::{SplitMix64, scatter};

/// One item with everything about it that a record repeats, ready to be copied.
pub(crate) struct Item {
    /// National code.
    pub(crate) code: String,
    /// `,"med_list_codg":…,"list_type":…` and the charge type, as they stand in a fee line.
    pub(crate) fragment: String,
    /// `101`, `102`, `201` or `301`.
    pub(crate) list_type: &'static str,
    /// Ten-thousandths of a yuan.
    pub(crate) price: i64,
    /// Per cent of the amount that the fund bears.
    pub(crate) fund_share: i64,
    /// Its place among the limited goods, of which every institution has a shelf.
    pub(crate) shelf: Option<usize>,
}

/// All items; an item is its index.
pub(crate) struct Catalogue {
    pub(crate) items: Vec<Item>,
    /// Chemical and patent drugs, the hottest first.
    pub(crate) drugs: Vec<usize>,
    pub(crate) herbs: Vec<usize>,
    pub(crate) consumables: Vec<usize>,
    pub(crate) registrations: Vec<usize>,
    pub(crate) consultations: Vec<usize>,
    pub(crate) beds: Vec<usize>,
    pub(crate) nursing: Vec<usize>,
    /// Laboratory, imaging, treatment and surgery, the hottest first.
    pub(crate) services: Vec<usize>,
    pub(crate) limits: Limits,
    /// How many goods are limited.
    pub(crate) shelves: usize,
    /// Consumables that no institution stocks; what was never there is billed with them.
    pub(crate) unstocked: Vec<usize>,
}

/// How many of the hottest services cost exactly what a cap allows.
const CAPPED_SERVICES: usize = 12;

impl Catalogue {
    /// The catalogue of the region `seed`.
    pub(crate) fn new(seed: u64) -> Catalogue {
        let mut shop = CatalogueBuilder {
            rng: SplitMix64::seeded(scatter(seed ^ 0xca7a)),
            items: Vec::new(),
            shelves: 0,
        };
        let chemical = shop.ordinary(820, Shape::Chemical, "09", 30, 18_000);
        let patent = shop.ordinary(180, Shape::Patent, "11", 800, 9_000);
        let herbs = shop.ordinary(60, Shape::Herb, "10", 5, 90);
        let consumables = shop.ordinary(400, Shape::Consumable, "08", 50, 60_000);
        let registrations = shop.ordinary(3, Shape::Service, "13", 100, 1_000);
        let consultations = shop.ordinary(6, Shape::Service, "02", 900, 5_000);
        let beds = shop.ordinary(6, Shape::Service, "01", 2_500, 9_000);
        let nursing = shop.ordinary(6, Shape::Service, "07", 800, 4_000);
        let laboratory = shop.ordinary(160, Shape::Service, "04", 400, 15_000);
        let imaging = shop.ordinary(90, Shape::Service, "03", 2_000, 60_000);
        let treatment = shop.ordinary(170, Shape::Service, "05", 500, 20_000);
        let surgery = shop.ordinary(60, Shape::Service, "06", 20_000, 250_000);
        // Every sixth drug is a patent drug, every fourth service a treatment; the rest follow by heat.
        let drugs = weave(&[&chemical, &patent], &[0, 0, 0, 0, 0, 1]);
        let services =
            weave(&[&laboratory, &imaging, &treatment, &surgery], &[0, 2, 0, 1, 0, 2, 0, 2, 1, 0, 2, 3]);
        let mut limits = shop.limits();
        let exact = |&item: &usize| PriceCap { item, cap: shop.items[item].price, high: None };
        limits.caps.extend(services[..CAPPED_SERVICES].iter().map(exact));
        let unstocked = shop.covered(60, Shape::Consumable, "08", 2_000, 30_000);
        Catalogue {
            items: shop.items,
            drugs,
            herbs,
            consumables,
            registrations,
            consultations,
            beds,
            nursing,
            services,
            limits,
            shelves: shop.shelves,
            unstocked,
        }
    }
}

#[derive(Clone, Copy)]
enum Shape {
    Chemical,
    Patent,
    Herb,
    Service,
    Consumable,
}

/// Items so far.
struct CatalogueBuilder {
    rng: SplitMix64,
    items: Vec<Item>,
    /// Limited goods so far.
    shelves: usize,
}

/// Per cent that the fund bears of an item; the last is for the patient to pay.
const SHARES: [i64; 5] = [85, 80, 70, 65, 0];

impl CatalogueBuilder {
    /// `count` items with prices between `low` and `high` fen; one in forty is for the patient to pay.
    fn ordinary(&mut self, count: usize, shape: Shape, charge: &str, low: i64, high: i64) -> Vec<usize> {
        (0..count)
            .map(|_| {
                let share = SHARES[self.rng.index(41) / 10];
                self.add(shape, charge, low, high, share)
            })
            .collect()
    }

    /// As [`CatalogueBuilder::ordinary`], all borne by the fund in part.
    fn covered(&mut self, count: usize, shape: Shape, charge: &str, low: i64, high: i64) -> Vec<usize> {
        (0..count).map(|_| self.add(shape, charge, low, high, SHARES[2])).collect()
    }

    /// As [`CatalogueBuilder::covered`], and if it is goods, every institution has a shelf for it.
    fn limited(&mut self, count: usize, shape: Shape, charge: &str, low: i64, high: i64) -> Vec<usize> {
        let items = self.covered(count, shape, charge, low, high);
        for &item in items.iter().filter(|_| !matches!(shape, Shape::Service)) {
            self.items[item].shelf = Some(self.shelves);
            self.shelves += 1;
        }
        items
    }

    /// The items that the tables limit.
    fn limits(&mut self) -> Limits {
        let mut limits = Limits { ages: self.aged(), ..Limits::default() };
        for (rule, shape, charge, gend) in [
            ("H04", Shape::Chemical, "09", "2"),
            ("H04", Shape::Patent, "11", "1"),
            ("H18", Shape::Service, "05", "2"),
            ("H18", Shape::Service, "03", "1"),
            ("H24", Shape::Consumable, "08", "2"),
        ] {
            let items = self.limited(1, shape, charge, 2_000, 12_000);
            limits.sexes.extend(items.into_iter().map(|item| SexLimit { rule, item, gend }));
        }
        let indicated: [(_, _, _, &'static [&'static str]); 5] = [
            ("D08", Shape::Chemical, "09", &["E85", "G12"]),
            ("D08", Shape::Chemical, "09", &["C50"]),
            ("S07", Shape::Service, "05", &["M05"]),
            ("S07", Shape::Service, "04", &["G12", "M05"]),
            ("H25", Shape::Consumable, "08", &["I48", "D66"]),
        ];
        for (rule, shape, charge, prefixes) in indicated {
            let items = self.limited(1, shape, charge, 3_000, 40_000);
            limits.indications.extend(items.into_iter().map(|item| Indication { rule, item, prefixes }));
        }
        for (rule, shape, charge, max) in [
            ("D10", Shape::Chemical, "09", 3),
            ("D10", Shape::Chemical, "09", 5),
            ("S10", Shape::Service, "05", 2),
            ("S10", Shape::Service, "05", 4),
        ] {
            let items = self.limited(1, shape, charge, 1_500, 9_000);
            limits.courses.extend(items.into_iter().map(|item| CourseLimit { rule, item, max }));
        }
        for (rule, shape, charge, lowest) in [
            ("D12", Shape::Chemical, "09", 6),
            ("D12", Shape::Patent, "11", 3),
            ("S11", Shape::Service, "03", 6),
            ("S11", Shape::Service, "06", 9),
        ] {
            let items = self.limited(1, shape, charge, 3_000, 30_000);
            limits.levels.extend(items.into_iter().map(|item| LevelLimit { rule, item, lowest }));
        }
        for (n, item) in self.limited(6, Shape::Service, "03", 4_000, 40_000).into_iter().enumerate() {
            let price = self.items[item].price;
            // To the fen, so that what is billed beyond it is whole fen as well.
            let high = (n % 2 == 0).then_some(price * 6 / 5 / 100 * 100);
            limits.caps.push(PriceCap { item, cap: price, high });
        }
        limits.hourly = self.limited(3, Shape::Service, "05", 200, 1_500);
        let conflicting = self.limited(12, Shape::Service, "03", 4_000, 40_000);
        limits.pairs = conflicting.chunks(2).map(|pair| (pair[0], pair[1])).collect();
        let quantities = self.limited(12, Shape::Service, "05", 800, 9_000).into_iter().enumerate();
        limits.quantities = quantities
            .map(|(n, item)| QuantityLimit { item, per_visit: n % 3 == 2, max: [1, 2, 3, 1, 4, 2][n % 6] })
            .collect();
        let cycles = self.limited(6, Shape::Service, "04", 1_500, 12_000);
        limits.cycles = cycles.into_iter().zip([14, 21, 30, 60, 14, 90]).collect();
        limits.refill = (self.limited(1, Shape::Chemical, "09", 4_000, 15_000)[0], 30);
        limits.resale = self.limited(6, Shape::Chemical, "09", 4_000, 22_000);
        limits
    }

    fn aged(&mut self) -> Vec<AgeLimit> {
        let mut ages = Vec::new();
        for (rule, count, shape, charge, in_days, max) in [
            ("D06", 3, Shape::Chemical, "09", true, NEWBORN_DAYS_MAX),
            ("S05", 2, Shape::Service, "05", true, NEWBORN_DAYS_MAX),
            ("C01", 1, Shape::Consumable, "08", true, NEWBORN_DAYS_MAX),
            ("D07", 2, Shape::Chemical, "09", false, 14),
            ("S06", 2, Shape::Service, "05", false, 7),
            ("C02", 1, Shape::Consumable, "08", false, 18),
            ("H02", 2, Shape::Patent, "11", false, 12),
            ("H17", 2, Shape::Service, "03", false, 6),
        ] {
            let items = self.limited(count, shape, charge, 2_000, 9_000);
            ages.extend(items.into_iter().map(|item| AgeLimit { rule, item, in_days, max }));
        }
        ages
    }

    fn add(&mut self, shape: Shape, charge: &str, low: i64, high: i64, fund_share: i64) -> usize {
        self.items.push(item(&mut self.rng, self.items.len(), shape, charge, (low, high), fund_share));
        self.items.len() - 1
    }
}

/// One item; cheap ones are more frequent.
fn item(
    rng: &mut SplitMix64,
    serial: usize,
    shape: Shape,
    charge: &str,
    (low, high): (i64, i64),
    fund_share: i64,
) -> Item {
    let serial = serial as u64;
    let letter = |rng: &mut SplitMix64| char::from(b"ABCDEFGHJKLMNPRSTV"[rng.index(18)]);
    let code = match shape {
        Shape::Chemical => {
            let class = [letter(rng), letter(rng), letter(rng), letter(rng), letter(rng)];
            let [main, sub, group, name, form] = class;
            owned(|t| {
                t.raw(&format!("X{main}")).padded(1 + rng.below(16), 2).raw(&format!("{sub}{group}{name}"));
                t.padded(serial % 1000, 3).raw(&form.to_string()).padded(1 + rng.below(9), 3);
                t.padded(1 + rng.below(4), 2).padded(1 + rng.below(6), 2).padded(serial, 5);
            })
        }
        Shape::Patent => {
            let (main, sub, group) = (letter(rng), letter(rng), letter(rng));
            owned(|t| {
                t.raw(&format!("Z{main}")).padded(1 + rng.below(12), 2).raw(&format!("{sub}{group}{main}"));
                t.padded(rng.below(1000), 4).padded(1 + rng.below(9), 2).padded(1 + rng.below(9), 2);
                t.padded(serial, 5);
            })
        }
        Shape::Herb => owned(|t| {
            t.raw("T").padded(serial, 9);
        }),
        Shape::Service => owned(|t| {
            t.raw("00").padded(110_000_000 + rng.below(230_000) * 1_000, 9).padded(serial, 4);
        }),
        Shape::Consumable => owned(|t| {
            t.raw("C").padded(10_000 + rng.below(180_000), 6).padded(rng.below(1000), 3);
            t.padded(1 + rng.below(9), 5).padded(serial, 5);
        }),
    };
    let list_type = match shape {
        Shape::Chemical | Shape::Patent => "101",
        Shape::Herb => "102",
        Shape::Service => "201",
        Shape::Consumable => "301",
    };
    let spread = high - low;
    let fen = low + spread * rng.span(0, 1000) * rng.span(0, 1000) * rng.span(100, 1000) / 1_000_000_000;
    // Tablets have prices below the fen.
    let price = fen * 100 + if fen < 500 && list_type == "101" { rng.span(0, 99) } else { 0 };
    let fragment = format!(
        r#"","med_list_codg":"{code}","list_type":"{list_type}","med_chrgitm_type":"{charge}","cnt":"#
    );
    Item { code, fragment, list_type, price, fund_share, shelf: None }
}

/// One list out of several, taking from them in turn by `pattern`, until all are used up.
fn weave(lists: &[&[usize]], pattern: &[usize]) -> Vec<usize> {
    let mut left: Vec<_> = lists.iter().map(|list| list.iter().copied()).collect();
    let total = lists.iter().map(|list| list.len()).sum();
    let mut woven = Vec::with_capacity(total);
    for &which in pattern.iter().cycle() {
        if woven.len() == total {
            break;
        }
        woven.extend(left[which].next());
    }
    woven
}
