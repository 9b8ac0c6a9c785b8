//! A visit to a pharmacy: packs with trace codes over the counter, and their lines on the bill.

use super::draft::Draft;
use super::life::Life;
use super::plant::Step;
use super::record::{Head, Order, Prescription, Return, Sale};
use super::region::{COMMON_DRUGS, Class};
use super::rng::index;
use super::text::DAY;
use records::Kind;
use std::io::Write;

impl<W: Write> Life<'_, W> {
    /// A visit to a pharmacy: sales, and their lines on the bill.
    pub(crate) fn buy_drugs(&mut self, person: usize, pharmacy: usize, at: i64, step: Option<Step>) {
        let mut draft = std::mem::take(&mut self.draft);
        self.begin_draft(&mut draft, person, pharmacy, at, 1);
        draft.visit.med_type = "41";
        draft.visit.end = Some(at);
        draft.visit.diagnoses_len = 0;
        let region = self.region;
        let institution = &region.institutions[pharmacy];
        let prescribed = self.rng.permille(300);
        for _ in 0..1 + self.rng.index(3) {
            let local = region.drug_heat.rank(self.rng.next()) % institution.drugs;
            let (item, pair) = institution.drug(&region.catalogue, local);
            if draft.sales.iter().any(|sale| sale.item == item) {
                continue;
            }
            let packs = 1 + self.rng.below(2);
            self.sell(&mut draft, item, pair, packs, prescribed);
        }
        if step.is_none() && self.rng.permille(90) {
            let own = (region.person(person).hash >> 8) % region.catalogue.resale.len() as u64;
            let (item, pair) = institution.resale_drug(&region.catalogue, index(own));
            let packs = 1 + self.rng.below(2);
            self.sell(&mut draft, item, pair, packs, prescribed);
        }
        if prescribed {
            let hospital = region.place(person, Class::Outpatient, &mut self.rng);
            draft.orders.push(Prescription {
                number: 1,
                at: at - 600,
                institution: hospital,
                doctor: region.institutions[hospital].doctors.start,
                online: true,
                lines: draft.sales.iter().filter(|sale| !sale.split).map(|s| (s.item, s.count)).collect(),
            });
        }
        if self.rng.permille(400) {
            let seen = self.passed(at, "pickup");
            draft.presences.push(seen);
        }
        self.return_something(&mut draft);
        match step {
            Some(step) => self.carry_out(step, &mut draft),
            None => self.plant(&mut draft),
        }
        self.tell_draft(&draft);
        if self.rng.permille(120) {
            self.sell_for_cash(pharmacy, draft.settled);
        }
        self.draft = draft;
    }

    /// Sells whole packs, or one pack in two halves with the same trace code.
    pub(crate) fn sell(&mut self, draft: &mut Draft, item: usize, pair: usize, packs: u64, prescribed: bool) {
        let institution = draft.head.institution;
        let split = !prescribed && packs == 1 && self.rng.permille(60);
        let codes = self.take_packs(institution, item, pair, packs);
        let count = packs.cast_signed() * 100;
        draft.bill(self.region, item, count, draft.visit.begin);
        let at = draft.visit.begin + 20;
        let mut sale = Sale { id: self.serial(), at, item, count, codes, prescribed, split, insured: true };
        if prescribed {
            draft.lines.last_mut().expect("just billed").order = Order::Of(1);
        }
        if split {
            sale.count = 50;
            draft.sales.push(sale);
            sale.id = self.serial();
        }
        draft.sales.push(sale);
    }

    fn return_something(&mut self, draft: &mut Draft) {
        let at = draft.visit.begin + self.rng.span(900, 3 * DAY);
        if !self.rng.permille(25) || at >= self.end {
            return;
        }
        let sale = draft.sales[self.rng.index(draft.sales.len())];
        let count = if sale.count == 200 && self.rng.once_in(2) { 100 } else { sale.count };
        let named = !self.rng.once_in(8);
        draft.returns.push((sale, Return { id: self.serial(), at, count, named }));
    }

    fn sell_for_cash(&mut self, pharmacy: usize, at: i64) {
        let institution = &self.region.institutions[pharmacy];
        let local = self.rng.index(COMMON_DRUGS);
        let (item, pair) = institution.drug(&self.region.catalogue, local);
        let codes = self.take_packs(pharmacy, item, pair, 1);
        let sale = Sale {
            id: self.serial(),
            at,
            item,
            count: 100,
            codes,
            prescribed: false,
            split: false,
            insured: false,
        };
        let head = Head { visit: 0, person: 0, institution: pharmacy };
        self.tell(Kind::Dispensing, at, |region, text, _, rev| {
            text.dispensing(region, head, &sale, None, rev)
        });
    }
}
