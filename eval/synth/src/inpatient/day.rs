//! One day of a stay: what is billed for the 24 hours to come, and the near misses among it.
//!
//! The day of a stay runs from the hour of admission, not from midnight. Lines may be reversed within the day unless
//! they carry the pattern of the stay, for a planted finding must stand.

use crate::draft::{line, reversal};
use crate::planted::{day_text, line_id, visit_id};
use crate::record::{FeeLine, PrescriptionRef};
use crate::region::Region;
use crate::simulation::Simulation;
use crate::stay::{Stay, StayPattern};
use crate::text::{DAY, HOUR, ONE, day_of, fen_of};
use records::Kind;
use records::splitmix::{SplitMix64, index};
use std::io::Write;

impl<W: Write> Simulation<'_, W> {
    /// Bills 24 hours of a stay; true if it ended within them.
    pub(super) fn bill_day(&mut self, stay: &mut Stay) -> bool {
        let from = stay.visit.begin + stay.days * DAY;
        let to = (from + DAY).min(stay.end);
        let region = self.region;
        let mut rng = SplitMix64::seeded(self.rng.next_bits());
        let mut day = Day {
            from,
            to,
            end: self.end,
            doctor: stay.visit.doctor,
            lines: Vec::with_capacity(14),
            firm: 0,
            sn: stay.lines,
        };
        // What is billed depends on the pattern; near misses only where no finding could be disturbed.
        if let StayPattern::BedOnly(finding) = stay.pattern {
            self.bill_empty_bed(stay, &mut day, finding, &mut rng);
        } else if stay.pattern == StayPattern::Resting && (2..4).contains(&stay.days) {
            self.bill_bed(stay, &mut day);
        } else {
            self.bill_care(stay, &mut day, &mut rng);
            self.bill_pattern(stay, &mut day);
            if stay.parts.is_empty() {
                self.bill_limited_items(stay, &mut day, &mut rng);
            }
            if rng.permille(70) {
                day.reverse(region, &mut rng);
            }
        }
        if stay.parts.is_empty() && stay.days > 0 && rng.permille(400) && from + HOUR < to.min(self.end) {
            let seen = self.identity_check(from + HOUR, "bed_check");
            self.send_presence(stay.head, &seen);
        }
        // The stay keeps the sums for the bill at discharge.
        for line in &day.lines {
            stay.total += line.amount;
            stay.fund += line.fund;
            self.send_fee_line(stay.head, line);
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

    /// Bed, nursing, services, drugs and consumables of a day.
    fn bill_care(&mut self, stay: &Stay, day: &mut Day, rng: &mut SplitMix64) {
        let region = self.region;
        let catalogue = &region.catalogue;
        let institution = &region.institutions[stay.head.institution];
        let grade = index(stay.head.visit % 6);
        // The first drug of the day comes with the bed, so that no civil day has a bed and nothing else.
        let round = rng.span(day.from, day.to - 1);
        if round < day.end {
            day.bill_at(region, catalogue.beds[grade], ONE, round);
        }
        // Nursing every other day, services, more of them on the first day.
        if stay.days % 2 == 0 {
            day.bill(region, catalogue.nursing[grade], ONE, rng);
        }
        for _ in 0..rng.index(3) + usize::from(stay.days == 0) * 2 {
            let item = catalogue.services[region.service_heat.rank(rng.next_bits())];
            day.bill(region, item, [1, 1, 1, 2][rng.index(4)] * ONE, rng);
        }
        // The drugs of the stay, taken from the stock.
        for n in 0..stay.drugs_len {
            let (local, count) = stay.drugs[n];
            let (item, pair) = institution.drug(catalogue, local as usize);
            let at = if n == 0 { round } else { rng.span(day.from, day.to - 1) };
            self.take(stay.head.institution, item, pair, count);
            if at < day.end {
                if n == 0 {
                    day.keep_next();
                }
                day.bill_at(region, item, count, at).order = stay.order();
            }
        }
        // Now and then a consumable.
        if institution.consumables > 0 && rng.permille(400) {
            let local = index(rng.below(institution.consumables as u64) * rng.below(1000) / 1000);
            let (item, pair) = institution.consumable(catalogue, local);
            self.take(stay.head.institution, item, pair, ONE);
            day.bill(region, item, ONE, rng);
        }
    }

    /// Care on the first day; from then on a bed and now and then nursing, for somebody who is not there.
    fn bill_empty_bed(&mut self, stay: &Stay, day: &mut Day, finding: usize, rng: &mut SplitMix64) {
        let region = self.region;
        let catalogue = &region.catalogue;
        if stay.days == 0 && day.from < day.end {
            for n in 0..2 + rng.index(2) {
                let item = catalogue.services[region.service_heat.rank(rng.next_bits())];
                day.bill_at(region, item, ONE, day.from + 600 * n.cast_signed() as i64);
            }
        }
        self.bill_bed(stay, day);
        if stay.days == 0 {
            return;
        }
        let planted = &mut self.plan.findings[finding];
        for line in &day.lines {
            planted.records.push((Kind::FeeLine, line_id(stay.head.visit, line.sn)));
            planted.amount += line.amount;
        }
    }

    /// Bed, and every other day nursing, at the hour of the admission.
    fn bill_bed(&self, stay: &Stay, day: &mut Day) {
        let catalogue = &self.region.catalogue;
        let grade = index(stay.head.visit % 6);
        if day.from < day.end {
            day.bill_at(self.region, catalogue.beds[grade], ONE, day.from);
        }
        if day.from < day.end && stay.days % 2 == 0 {
            day.bill_at(self.region, catalogue.nursing[grade], ONE, day.from);
        }
    }

    /// What the pattern of the stay adds to a day.
    fn bill_pattern(&mut self, stay: &Stay, day: &mut Day) {
        let region = self.region;
        let limits = &region.catalogue.limits;
        let at = day.from + HOUR;
        match stay.pattern {
            StayPattern::Course(n, days, finding) if stay.days < days && at < day.to.min(day.end) => {
                let course = limits.courses[n];
                let shelf = region.institutions[stay.head.institution].shelf(&region.catalogue, course.item);
                let is_drug = region.catalogue.items[course.item].list_type == "101";
                if let Some(pair) = shelf {
                    self.take(stay.head.institution, course.item, pair, ONE);
                }
                day.keep_next();
                let line = day.bill_at(region, course.item, ONE, at);
                line.order = if is_drug { stay.order() } else { PrescriptionRef::None };
                if let Some(finding) = finding {
                    let planted = &mut self.plan.findings[finding];
                    if stay.days == 0 {
                        let item = region.catalogue.items[course.item].code.clone();
                        (planted.key, planted.records) = (vec![visit_id(stay.head.visit), item], Vec::new());
                    }
                    planted.records.push((Kind::FeeLine, line_id(stay.head.visit, line.sn)));
                    planted.amount += if stay.days < course.max { 0 } else { line.amount };
                }
            }
            StayPattern::Hours(excess, finding) if stay.days == 0 => {
                let planted = &mut self.plan.findings[finding];
                let item = limits.hourly[finding % limits.hourly.len()];
                let hours = stay.hours_of(day_of(at));
                day.keep_next();
                let line = day.bill_at(region, item, (hours + excess) * ONE, at);
                let code = region.catalogue.items[item].code.clone();
                planted.key = vec![visit_id(stay.head.visit), code, day_text(day_of(at))];
                planted.records = vec![(Kind::FeeLine, line_id(stay.head.visit, line.sn))];
                planted.amount = fen_of(line.price, excess.max(0) * ONE);
            }
            _ => {}
        }
    }

    /// A test before or after the stay, on its bill.
    pub(super) fn bill_beside(&mut self, stay: &mut Stay, at: i64, finding: Option<usize>) {
        let services = &self.region.catalogue.services;
        let paid = |&item: &usize| self.region.catalogue.items[item].fund_share > 0;
        let start = self.rng.index(20);
        let item = services[start..].iter().copied().find(paid).expect("most services are paid");
        stay.lines += 1;
        let line = line(self.region, stay.lines, item, ONE, at, stay.visit.doctor);
        stay.total += line.amount;
        stay.fund += line.fund;
        self.send_fee_line(stay.head, &line);
        if let Some(finding) = finding {
            let planted = &mut self.plan.findings[finding];
            planted.key = vec![visit_id(stay.head.visit), line.sn.to_string()];
            planted.records.push((Kind::FeeLine, line_id(stay.head.visit, line.sn)));
            planted.amount = line.fund;
        }
    }

    /// Near misses. They stand at the same time of each day, so that each of them has a civil day of its own.
    fn bill_limited_items(&mut self, stay: &Stay, day: &mut Day, rng: &mut SplitMix64) {
        let region = self.region;
        let limits = &region.catalogue.limits;
        let at = day.from + HOUR;
        if at >= day.to.min(day.end) {
            return;
        }
        let limited = limits.quantities[index(stay.head.visit % limits.quantities.len() as u64)];
        if rng.permille(60) && (!limited.per_visit || stay.days == 0) {
            day.bill_at(region, limited.item, limited.max * ONE, at);
        }
        let pair = limits.pairs[index(stay.head.visit % limits.pairs.len() as u64)];
        if rng.permille(80) {
            day.bill_at(region, if stay.days % 2 == 0 { pair.0 } else { pair.1 }, ONE, at);
        }
        if rng.permille(50) {
            let item = limits.hourly[index(stay.head.visit % limits.hourly.len() as u64)];
            day.bill_at(region, item, stay.hours_of(day_of(at)) * ONE, at);
        }
        if stay.days == 1 && rng.permille(300) {
            let hash = region.person(stay.head.person).hash;
            let (item, min_days) = limits.cycles[index(hash % limits.cycles.len() as u64)];
            if self.cycle_again(stay.head.person, day_of(at), min_days) {
                day.bill_at(region, item, ONE, at);
            }
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
    lines: Vec<FeeLine>,
    /// A bit for each line that is not taken back.
    firm: u64,
    sn: u64,
}

impl Day {
    fn bill(&mut self, region: &Region, item: usize, count: i64, rng: &mut SplitMix64) {
        let at = rng.span(self.from, self.to - 1);
        if at < self.end {
            self.bill_at(region, item, count, at);
        }
    }

    fn bill_at(&mut self, region: &Region, item: usize, count: i64, at: i64) -> &mut FeeLine {
        self.sn += 1;
        self.lines.push(line(region, self.sn, item, count, at, self.doctor));
        self.lines.last_mut().expect("just pushed")
    }

    /// The next line will not be taken back.
    fn keep_next(&mut self) {
        self.firm |= 1 << self.lines.len();
    }

    fn reverse(&mut self, region: &Region, rng: &mut SplitMix64) {
        let nth = rng.index(self.lines.len().max(1));
        let Some(original) = self.lines.get(nth).copied() else { return };
        if self.firm >> nth & 1 == 1 {
            return;
        }
        let at = (original.at + rng.span(60, 4 * HOUR)).min(self.to).min(self.end - 1);
        self.sn += 1;
        self.lines.push(reversal(region, &original, self.sn, original.count, at));
    }
}
