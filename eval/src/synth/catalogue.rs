//! What can be billed: an item catalogue with codes of national shape, and the knowledge tables about some of it.
//!
//! Items that a table limits stand apart from the ordinary ones: ordinary life draws them only where the limit
//! allows it, often exactly at the limit, so that every rule has near misses and none has a hit that was not planted.

use super::rng::{Rng, mix};
use super::text::owned;

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
}

/// A service limited to `max` per day or per visit.
#[derive(Clone, Copy)]
pub(crate) struct Limited {
    pub(crate) item: usize,
    pub(crate) per_visit: bool,
    pub(crate) max: i64,
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
    /// D06: drugs for newborns, age in days at most [`NEWBORN_DAYS_MAX`].
    pub(crate) newborn_drugs: Vec<usize>,
    /// S12: (paid, denied).
    pub(crate) pairs: Vec<(usize, usize)>,
    /// S14.
    pub(crate) limited: Vec<Limited>,
    /// S18: item and fewest days apart.
    pub(crate) cycles: Vec<(usize, i64)>,
    /// P08.
    pub(crate) resale: Vec<usize>,
    /// Consumables that no institution stocks; G02 is planted with them.
    pub(crate) unstocked: Vec<usize>,
}

/// The greatest age at which the drugs for newborns are paid.
pub(crate) const NEWBORN_DAYS_MAX: i64 = 28;
/// Packs of a resale-prone drug that a person may get from several pharmacies within 180 days.
pub(crate) const RESALE_LIMIT: i64 = 12;

impl Catalogue {
    /// The catalogue of the region `seed`.
    pub(crate) fn new(seed: u64) -> Catalogue {
        let mut shop = Shop { rng: Rng::new(mix(seed ^ 0xca7a)), items: Vec::new() };
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
        let newborn_drugs = shop.covered(3, Shape::Chemical, "09", 2_000, 9_000);
        let conflicting = shop.covered(12, Shape::Service, "03", 4_000, 40_000);
        let limited = shop.covered(12, Shape::Service, "05", 800, 9_000);
        let cycles = shop.covered(6, Shape::Service, "04", 1_500, 12_000);
        let resale = shop.covered(6, Shape::Chemical, "09", 4_000, 22_000);
        let unstocked = shop.covered(60, Shape::Consumable, "08", 2_000, 30_000);
        // Every sixth drug is a patent drug, every fourth service a treatment; the rest follow by heat.
        let drugs = weave(&[&chemical, &patent], &[0, 0, 0, 0, 0, 1]);
        let services =
            weave(&[&laboratory, &imaging, &treatment, &surgery], &[0, 2, 0, 1, 0, 2, 0, 2, 1, 0, 2, 3]);
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
            newborn_drugs,
            pairs: conflicting.chunks(2).map(|pair| (pair[0], pair[1])).collect(),
            limited: limited
                .iter()
                .enumerate()
                .map(|(n, &item)| Limited { item, per_visit: n % 3 == 2, max: [1, 2, 3, 1, 4, 2][n % 6] })
                .collect(),
            cycles: cycles.into_iter().zip([14, 21, 30, 60, 14, 90]).collect(),
            resale,
            unstocked,
        }
    }

    /// The knowledge tables: file stem and content.
    ///
    /// Beside the rows in force there are rows out of force about hot ordinary items, so that a reader who
    /// forgets the dates drowns in alerts.
    pub(crate) fn tables(&self) -> Vec<(&'static str, String)> {
        let code = |item: usize| &self.items[item].code;
        let dated = "2020-01-01,,invented\n";
        let expired = "2012-01-01,2019-12-31,invented\n";
        let mut age = String::from("rule,item,unit,max,valid_from,valid_to,source\n");
        for &drug in &self.newborn_drugs {
            age += &format!("D06,{},days,{NEWBORN_DAYS_MAX},{dated}", code(drug));
        }
        age += &format!("D06,{},days,28,{expired}", code(self.drugs[0]));
        let mut conflict = String::from("rule,item_paid,item_denied,valid_from,valid_to,source\n");
        for &(paid, denied) in &self.pairs {
            conflict += &format!("S12,{},{},{dated}", code(paid), code(denied));
        }
        conflict += &format!("S12,{},{},{expired}", code(self.services[0]), code(self.services[1]));
        let mut quantity = String::from("rule,item,unit,max,valid_from,valid_to,source\n");
        for limit in &self.limited {
            let unit = if limit.per_visit { "visit" } else { "day" };
            quantity += &format!("S14,{},{unit},{},{dated}", code(limit.item), limit.max);
        }
        quantity += &format!("S14,{},day,0,{expired}", code(self.services[0]));
        let mut cycle = String::from("rule,item,min_days,valid_from,valid_to,source\n");
        for &(item, days) in &self.cycles {
            cycle += &format!("S18,{},{days},{dated}", code(item));
        }
        let mut resale = String::from("rule,item,limit,valid_from,valid_to,source\n");
        for &drug in &self.resale {
            resale += &format!("P08,{},{RESALE_LIMIT},{dated}", code(drug));
        }
        vec![
            ("age_limit", age),
            ("pair_conflict", conflict),
            ("quantity_limit", quantity),
            ("cycle_gap", cycle),
            ("resale_prone", resale),
        ]
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
struct Shop {
    rng: Rng,
    items: Vec<Item>,
}

/// Per cent that the fund bears of an item; the last is for the patient to pay.
const SHARES: [i64; 5] = [85, 80, 70, 65, 0];

impl Shop {
    /// `count` items with prices between `low` and `high` fen; one in forty is for the patient to pay.
    fn ordinary(&mut self, count: usize, shape: Shape, charge: &str, low: i64, high: i64) -> Vec<usize> {
        (0..count)
            .map(|_| {
                let share = SHARES[self.rng.index(41) / 10];
                self.add(shape, charge, low, high, share)
            })
            .collect()
    }

    /// As [`Shop::ordinary`], all borne by the fund in part.
    fn covered(&mut self, count: usize, shape: Shape, charge: &str, low: i64, high: i64) -> Vec<usize> {
        (0..count).map(|_| self.add(shape, charge, low, high, SHARES[2])).collect()
    }

    fn add(&mut self, shape: Shape, charge: &str, low: i64, high: i64, fund_share: i64) -> usize {
        self.items.push(item(&mut self.rng, self.items.len(), shape, charge, (low, high), fund_share));
        self.items.len() - 1
    }
}

/// One item; cheap ones are more frequent.
fn item(
    rng: &mut Rng,
    serial: usize,
    shape: Shape,
    charge: &str,
    (low, high): (i64, i64),
    fund_share: i64,
) -> Item {
    let serial = serial as u64;
    let letter = |rng: &mut Rng| char::from(b"ABCDEFGHJKLMNPRSTV"[rng.index(18)]);
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
    Item { code, fragment, list_type, price, fund_share }
}

/// One list out of several, taking from them in turn as `pattern` says, until all are used up.
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
