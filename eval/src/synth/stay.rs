//! Stays: admitted, billed once a day for the 24 hours to come, settled at discharge.
//!
//! An open stay is a few words; what it bills on its next day follows from its seed. A stay that is still open when
//! the period ends stays open.

use super::draft::{line, reversal};
use super::life::Life;
use super::person::{Cover, REST};
use super::record::{Bill, Head, Line, Order, Prescription, Presence, Visit, Which};
use super::region::{COMMON_DRUGS, Region};
use super::rng::{Rng, index};
use super::text::{DAY, HOUR, day_of};
use records::Kind;
use std::io::Write;

/// A stay that is not over.
#[derive(Clone)]
pub(crate) struct Stay {
    pub(crate) head: Head,
    pub(crate) visit: Visit,
    /// When it will end; the visit's own end is told at discharge.
    pub(crate) end: i64,
    /// What it takes every day: drugs as the hospital's numbers, daily quantity in hundredths.
    drugs: [(u32, i64); 4],
    drugs_len: usize,
    /// Whether drugs are ordered electronically, so that their lines name a prescription.
    electronic: bool,
    days: i64,
    lines: u64,
    total: i64,
    fund: i64,
    /// The case it is part of.
    pub(crate) case: Option<usize>,
    /// Identity is never checked.
    pub(crate) unseen: bool,
}

const NIGHTS: [i64; 32] =
    [1, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 10, 10, 11, 12, 13, 14, 15, 17, 20];

impl<W: Write> Life<'_, W> {
    /// Admits a person, if that meets nobody twice; false: the person is sent home.
    pub(crate) fn admit(&mut self, person: usize, hospital: usize, at: i64) -> bool {
        let status = self.persons[person];
        if status.no_stays {
            return false;
        }
        let mut end = 0;
        let fits = (0..4).any(|_| {
            let nights = NIGHTS[self.rng.index(NIGHTS.len())];
            end = (day_of(at) + nights) * DAY + self.rng.span(9 * HOUR, 15 * HOUR);
            status.stays == 0 || self.repeat_fits(hospital, day_of(at), day_of(end))
        });
        if !fits {
            return false;
        }
        let mut stay = self.begin_stay(person, hospital, at, end);
        self.plant_stay(&mut stay);
        self.start(stay);
        true
    }

    /// A stay from `at` to `end`, not yet told.
    pub(crate) fn begin_stay(&mut self, person: usize, hospital: usize, at: i64, end: i64) -> Stay {
        self.visits += 1;
        let mut visit = self.header(person, hospital, at);
        visit.med_type = if self.rng.once_in(30) { "52" } else { "21" };
        let drugs = self.daily_drugs(hospital);
        let drugs_len = 1 + self.rng.index(4);
        Stay {
            head: Head { visit: self.visits, person, institution: hospital },
            visit,
            end,
            drugs,
            drugs_len,
            electronic: self.rng.permille(650),
            days: 0,
            lines: 0,
            total: 0,
            fund: 0,
            case: None,
            unseen: false,
        }
    }

    /// Four different drugs: two that everybody takes, two from deeper in the shelf.
    fn daily_drugs(&mut self, hospital: usize) -> [(u32, i64); 4] {
        let rare = self.region.institutions[hospital].drugs - COMMON_DRUGS;
        let (hot, cold) = (self.rng.index(COMMON_DRUGS), self.rng.index(rare));
        let locals =
            [hot, COMMON_DRUGS + cold, (hot + 11) % COMMON_DRUGS, COMMON_DRUGS + (cold + rare / 2) % rare];
        locals.map(|local| {
            (u32::try_from(local).expect("a shelf is short"), [100, 100, 200, 300][self.rng.index(4)])
        })
    }

    /// Tells of the admission and bills the first day.
    pub(crate) fn start(&mut self, mut stay: Stay) {
        let (head, begin) = (stay.head, stay.visit.begin);
        self.meet(head.person, begin, Cover::Usual);
        self.busy_until(head.person, stay.end + 2 * HOUR + REST);
        let status = &mut self.persons[head.person];
        status.stays = status.stays.saturating_add(1);
        let visit = stay.visit;
        self.tell(Kind::Visit, begin, |region, text, _, rev| text.visit(region, head, &visit, rev));
        if !stay.unseen {
            let at = begin + self.rng.span(60, 2_400);
            let seen = self.passed(at, "admit");
            if self.rng.once_in(25) {
                let failed = Presence { result: "fail", at: at - 40, score: 31, ..seen };
                let failed = Presence { id: self.serial(), ..failed };
                self.tell_presence(head, &failed);
            }
            self.tell_presence(head, &seen);
        }
        if stay.electronic {
            self.order_drugs(&stay);
        }
        if !self.bill_day(&mut stay) {
            let hour = index((begin.rem_euclid(DAY) / HOUR).unsigned_abs());
            self.open[hour].push(stay);
        }
    }

    fn order_drugs(&mut self, stay: &Stay) {
        let institution = &self.region.institutions[stay.head.institution];
        let days = (stay.end - stay.visit.begin) / DAY + 1;
        let order = Prescription {
            number: 1,
            at: stay.visit.begin + 1_200,
            institution: stay.head.institution,
            doctor: stay.visit.doctor,
            online: false,
            lines: stay.drugs[..stay.drugs_len]
                .iter()
                .map(|&(local, count)| {
                    (institution.drug(&self.region.catalogue, local as usize).0, count * days)
                })
                .collect(),
        };
        self.prescribe(stay.head.visit, stay.head.person, &order);
    }

    /// Bills the next day of the stays that began in this hour of the day.
    pub(crate) fn open_stays(&mut self, hour: usize) {
        let mut stays = std::mem::take(&mut self.open[hour]);
        stays.retain_mut(|stay| !self.bill_day(stay));
        stays.append(&mut self.open[hour]);
        self.open[hour] = stays;
    }

    /// Bills 24 hours of a stay; true if it ended within them.
    fn bill_day(&mut self, stay: &mut Stay) -> bool {
        let from = stay.visit.begin + stay.days * DAY;
        let to = (from + DAY).min(stay.end);
        let region = self.region;
        let catalogue = &region.catalogue;
        let institution = &region.institutions[stay.head.institution];
        let doctor = stay.visit.doctor;
        let grade = index(stay.head.visit % 6);
        let mut day = Day { from, to, end: self.end, doctor, lines: Vec::with_capacity(12), sn: stay.lines };
        let mut rng = Rng::new(self.rng.next());
        day.bill(region, catalogue.beds[grade], 100, Order::None, &mut rng);
        if stay.days % 2 == 0 {
            day.bill(region, catalogue.nursing[grade], 100, Order::None, &mut rng);
        }
        for _ in 0..rng.index(3) + usize::from(stay.days == 0) * 2 {
            let item = catalogue.services[region.service_heat.rank(rng.next())];
            day.bill(region, item, [100, 100, 100, 200][rng.index(4)], Order::None, &mut rng);
        }
        for n in 0..stay.drugs_len {
            let (local, count) = stay.drugs[n];
            let (item, pair) = institution.drug(catalogue, local as usize);
            let order = if stay.electronic { Order::Of(1) } else { Order::None };
            self.take(stay.head.institution, item, pair, count);
            day.bill(region, item, count, order, &mut rng);
        }
        if institution.consumables > 0 && rng.permille(400) {
            let local = index(rng.below(institution.consumables as u64) * rng.below(1000) / 1000);
            let (item, pair) = institution.consumable(catalogue, local);
            self.take(stay.head.institution, item, pair, 100);
            day.bill(region, item, 100, Order::None, &mut rng);
        }
        self.bill_limited_items(stay, &mut day, &mut rng);
        if rng.permille(70) {
            day.reverse(region, &mut rng);
        }
        if !stay.unseen
            && stay.case.is_none()
            && stay.days > 0
            && rng.permille(400)
            && from + HOUR < to.min(self.end)
        {
            let seen = self.passed(from + HOUR, "bed_check");
            self.tell_presence(stay.head, &seen);
        }
        for line in &day.lines {
            stay.total += line.amount;
            stay.fund += line.fund;
            self.tell_line(stay.head, line);
        }
        stay.lines = day.sn;
        stay.days += 1;
        if to < stay.end {
            return false;
        }
        if stay.end < self.end {
            self.discharge(stay);
        }
        true
    }

    /// Near misses. They stand at the same time of each day, so that each of them has a civil day of its own.
    fn bill_limited_items(&mut self, stay: &Stay, day: &mut Day, rng: &mut Rng) {
        let region = self.region;
        let catalogue = &region.catalogue;
        let at = day.from + HOUR;
        if at >= day.to.min(day.end) {
            return;
        }
        let limited = catalogue.limited[index(stay.head.visit % catalogue.limited.len() as u64)];
        if rng.permille(60) && (!limited.per_visit || stay.days == 0) {
            day.bill_at(region, limited.item, limited.max * 100, at);
        }
        let pair = catalogue.pairs[index(stay.head.visit % catalogue.pairs.len() as u64)];
        if rng.permille(80) {
            day.bill_at(region, if stay.days % 2 == 0 { pair.0 } else { pair.1 }, 100, at);
        }
        if stay.days == 1 && rng.permille(300) {
            let hash = region.person(stay.head.person).hash;
            let (item, min_days) = catalogue.cycles[index(hash % catalogue.cycles.len() as u64)];
            if self.cycle_again(stay.head.person, day_of(at), min_days) {
                day.bill_at(region, item, 100, at);
            }
        }
    }

    fn discharge(&mut self, stay: &Stay) {
        let head = stay.head;
        let died = self.region.is_chronic(head.person) && stay.case.is_none() && self.rng.permille(12);
        let way = if died { "5" } else { ["1", "1", "1", "1", "2", "4"][self.rng.index(6)] };
        let operated = self.rng.permille(300);
        let operation = operated.then(|| {
            (1_000 + self.rng.below(8_900), stay.visit.begin + self.rng.span(0, stay.end - stay.visit.begin))
        });
        let visit = Visit { end: Some(stay.end), discharge: Some(way), operation, ..stay.visit };
        self.tell_again(Kind::Visit, stay.end, |region, text, _| text.visit(region, head, &visit, 2));
        if died {
            self.fact(head.person, "death", day_of(stay.end), None, stay.end + 20 * HOUR);
            self.persons[head.person].gone = true;
        }
        let at = stay.end + self.rng.span(600, 2 * HOUR);
        if !stay.unseen && stay.case.is_none() && self.rng.permille(500) {
            let seen = self.passed(stay.end - 300, "settle");
            self.tell_presence(head, &seen);
        }
        let bill = Bill {
            at,
            med_type: visit.med_type,
            employee: visit.employee,
            total: stay.total,
            fund: stay.fund,
            account: if visit.employee { (stay.total - stay.fund) / 3 } else { 0 },
            book: head.institution,
            number: self.next_invoice(head.institution),
            which: Which::First,
            terminal: 100,
        };
        self.tell_bill(head, &bill, true);
        if let Some(case) = stay.case {
            self.plan.paid(case, bill.fund);
        }
    }
}

/// The lines of one day of a stay.
struct Day {
    from: i64,
    to: i64,
    /// End of the period: what would be billed later is not billed.
    end: i64,
    doctor: usize,
    lines: Vec<Line>,
    sn: u64,
}

impl Day {
    fn bill(&mut self, region: &Region, item: usize, count: i64, order: Order, rng: &mut Rng) {
        let at = rng.span(self.from, self.to - 1);
        if at < self.end {
            self.bill_at(region, item, count, at);
            self.lines.last_mut().expect("just pushed").order = order;
        }
    }

    fn bill_at(&mut self, region: &Region, item: usize, count: i64, at: i64) {
        self.sn += 1;
        self.lines.push(line(region, self.sn, item, count, at, self.doctor));
    }

    fn reverse(&mut self, region: &Region, rng: &mut Rng) {
        let Some(original) = self.lines.get(rng.index(self.lines.len().max(1))).copied() else { return };
        let at = (original.at + rng.span(60, 4 * HOUR)).min(self.to).min(self.end - 1);
        self.sn += 1;
        self.lines.push(reversal(region, &original, self.sn, original.count, at));
    }
}
