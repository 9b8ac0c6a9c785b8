//! A visit to a pharmacy: packs with trace codes over the counter, and their lines on the bill.
//!
//! Every pack that is sold was bought before, with the trace code that the sale carries. Some sales are prescribed by a
//! hospital, some packs are split or returned, and some sales are for cash and on no bill.

use crate::draft::VisitDraft;
use crate::plan::VisitPurpose;
use crate::record::{Prescription, PrescriptionRef, Sale, SaleReturn, TraceCodes, VisitHead};
use crate::region::{COMMON_DRUGS, CareClass};
use crate::simulation::Simulation;
use crate::text::{DAY, ONE, day_of};
use records::Kind;
use records::splitmix::index;
use std::io::Write;

impl<W: Write> Simulation<'_, W> {
    /// A visit to a pharmacy: sales, and their lines on the bill.
    pub(crate) fn buy_drugs(&mut self, person: usize, pharmacy: usize, at: i64, step: Option<VisitPurpose>) {
        let mut draft = std::mem::take(&mut self.draft);
        self.begin_draft(&mut draft, person, pharmacy, at, 1);
        draft.visit.med_type = "41";
        draft.visit.end = Some(at);
        draft.visit.diagnoses_len = 0;
        let region = self.region;
        let institution = &region.institutions[pharmacy];
        // Some packs from the shelf, the ones that sell most most often, each drug once.
        let prescribed = step.is_none() && self.rng.permille(300);
        for _ in 0..1 + self.rng.index(3) {
            let local = region.drug_heat.rank(self.rng.next_bits()) % institution.drugs;
            let (item, pair) = institution.drug(&region.catalogue, local);
            if draft.sales.iter().any(|sale| sale.item == item) {
                continue;
            }
            let packs = 1 + self.rng.below(2);
            self.sell(&mut draft, item, pair, packs, prescribed);
        }
        // Now and then one of those that are good to resell.
        if step.is_none() && self.rng.permille(90) {
            let resale = &region.catalogue.limits.resale;
            let item = resale[index((region.person(person).hash >> 8) % resale.len() as u64)];
            let packs = 1 + self.rng.below(2);
            self.sell_limited(&mut draft, item, packs, prescribed);
        }
        // The slip comes from where the person would go.
        if prescribed {
            let hospital = region.institution_for(person, CareClass::Outpatient, &mut self.rng);
            let doctor = region.institutions[hospital].doctors.start;
            self.prescribe_sales(&mut draft, hospital, doctor);
        }
        if self.rng.permille(400) {
            let seen = self.identity_check(at, "pickup");
            draft.presences.push(seen);
        }
        self.return_something(&mut draft);
        // What was planned for this visit, else what is planted on it.
        match step {
            Some(step) => self.carry_out(step, &mut draft),
            None => self.plant(&mut draft),
        }
        self.send_draft(&draft);
        if self.rng.permille(120) {
            self.sell_for_cash(pharmacy, draft.settled);
        }
        self.draft = draft;
    }

    /// Lets a hospital have prescribed what was sold in whole packs.
    pub(crate) fn prescribe_sales(&mut self, draft: &mut VisitDraft, hospital: usize, doctor: usize) {
        let whole = draft.sales.iter_mut().filter(|sale| !sale.split);
        let lines = whole
            .map(|sale| {
                (sale.order, sale.flagged) = (PrescriptionRef::Of(1), true);
                for line in draft.lines.iter_mut().filter(|line| line.item == sale.item) {
                    line.order = PrescriptionRef::Of(1);
                }
                (sale.item, sale.count)
            })
            .collect();
        draft.orders.push(Prescription {
            number: 1,
            at: draft.visit.begin - 600,
            institution: hospital,
            doctor,
            online: true,
            cancelled: false,
            lines,
        });
    }

    /// Sells a drug that a table limits.
    pub(crate) fn sell_limited(&mut self, draft: &mut VisitDraft, item: usize, packs: u64, whole: bool) {
        let institution = &self.region.institutions[draft.head.institution];
        let pair = institution.shelf(&self.region.catalogue, item).expect("limited goods have a shelf");
        self.sell(draft, item, pair, packs, whole);
    }

    /// Sells whole packs, or one pack in two halves with the same trace code.
    pub(crate) fn sell(&mut self, draft: &mut VisitDraft, item: usize, pair: usize, packs: u64, whole: bool) {
        let institution = draft.head.institution;
        let split = !whole && packs == 1 && self.rng.permille(60);
        let codes = self.take_packs(institution, item, pair, packs);
        let count = packs.cast_signed() * ONE;
        draft.bill(self.region, item, count, draft.visit.begin);
        let mut sale = self.sale(draft.visit.begin + 20, item, count, codes);
        if split {
            (sale.count, sale.split) = (ONE / 2, true);
            draft.sales.push(sale);
            sale.id = self.serial();
        }
        draft.sales.push(sale);
    }

    /// An insured sale without a prescription, of a drug that is good for some time, or just until that day.
    pub(crate) fn sale(&mut self, at: i64, item: usize, count: i64, codes: TraceCodes) -> Sale {
        let good_for = if self.rng.once_in(40) { 0 } else { self.rng.span(20, 700) };
        Sale {
            id: self.serial(),
            at,
            item,
            count,
            codes,
            order: PrescriptionRef::None,
            flagged: false,
            split: false,
            insured: true,
            expires: day_of(at) + good_for,
        }
    }

    fn return_something(&mut self, draft: &mut VisitDraft) {
        let at = draft.visit.begin + self.rng.span(900, 3 * DAY);
        if !self.rng.permille(25) || at >= self.end {
            return;
        }
        let sale = draft.sales[self.rng.index(draft.sales.len())];
        let count = if sale.count == 2 * ONE && self.rng.once_in(2) { ONE } else { sale.count };
        let named = !self.rng.once_in(8);
        draft.returns.push((sale, SaleReturn { id: self.serial(), at, count, named }));
    }

    fn sell_for_cash(&mut self, pharmacy: usize, at: i64) {
        let institution = &self.region.institutions[pharmacy];
        let local = self.rng.index(COMMON_DRUGS);
        let (item, pair) = institution.drug(&self.region.catalogue, local);
        let codes = self.take_packs(pharmacy, item, pair, 1);
        let sale = Sale { insured: false, ..self.sale(at, item, ONE, codes) };
        let head = VisitHead { visit: 0, person: 0, institution: pharmacy };
        self.send(Kind::Dispensing, at, |region, text, _, rev| {
            text.dispensing(region, head, &sale, None, rev)
        });
    }
}
