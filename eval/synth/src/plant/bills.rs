//! False bills: invoices claimed twice, drugs that were not prescribed, lines that do not add up or come too late.
//!
//! Each function changes a draft that suits its scheme and opens the finding with its key, records and amount, or
//! returns none and leaves the draft as it is.

use crate::draft::VisitDraft;
use crate::planted::{line_id, prescription_id, settlement_id};
use crate::record::PrescriptionRef;
use crate::region::COMMON_DRUGS;
use crate::simulation::Simulation;
use crate::text::{DAY, ONE, fen_of, owned};
use records::Kind;
use std::io::Write;

impl<W: Write> Simulation<'_, W> {
    /// This bill carries an invoice that a later bill will carry again.
    pub(super) fn claim_once(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        if draft.fund() <= 0 {
            return None;
        }
        let finding = self.plan.open(scheme, Some(draft.head.person), draft.head.institution);
        let (book, number) = draft.invoice;
        let planted = &mut self.plan.findings[finding];
        planted.key = vec![
            owned(|t| {
                t.book(book);
            }),
            owned(|t| {
                t.padded(number, 10);
            }),
        ];
        planted.records.push((Kind::Settlement, settlement_id(draft.head.visit)));
        planted.funds_needed = 2;
        planted.paid(draft.fund());
        self.plan.invoices.push_back((finding, draft.invoice, self.visits + 20));
        Some(finding)
    }

    /// Lets this bill carry an invoice that was claimed before, if one waits.
    pub(super) fn claim_again(&mut self, draft: &mut VisitDraft) -> bool {
        let Some(&(finding, invoice, from)) = self.plan.invoices.front() else { return false };
        if self.visits < from || draft.fund() <= 0 {
            return false;
        }
        self.plan.invoices.pop_front();
        draft.invoice = invoice;
        draft.borrowed_invoice = true;
        let planted = &mut self.plan.findings[finding];
        planted.involve(Some(draft.head.person), draft.head.institution);
        planted.records.push((Kind::Settlement, settlement_id(draft.head.visit)));
        planted.paid(draft.fund());
        true
    }

    /// A drug that no prescription names.
    pub(super) fn never_prescribed(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let (region, head) = (self.region, draft.head);
        let institution = &region.institutions[head.institution];
        if self.institution_states[head.institution].prescriptions == 0 {
            return None;
        }
        let ordered = |item: usize| {
            draft.orders.iter().any(|order| order.lines.iter().any(|&(other, _)| other == item))
        };
        let start = self.rng.index(COMMON_DRUGS);
        let (item, pair) = (0..COMMON_DRUGS)
            .map(|n| institution.drug(&region.catalogue, (start + n) % COMMON_DRUGS))
            .find(|&(item, _)| !ordered(item) && region.catalogue.items[item].fund_share > 0)?;
        let count = ONE * self.rng.span(1, self.plan.by_strength(1, 6));
        self.take(head.institution, item, pair, count);
        let order = match self.rng.below(3) {
            0 => PrescriptionRef::None,
            1 => PrescriptionRef::Unknown,
            _ if draft.orders.is_empty() => PrescriptionRef::None,
            _ => PrescriptionRef::Of(1),
        };
        let at = self.during(draft);
        draft.bill(region, item, count, at).order = order;
        let finding = self.plan.open(scheme, Some(head.person), head.institution);
        self.one_line(finding, draft, Vec::new());
        Some(finding)
    }

    /// More packs billed than were prescribed.
    pub(super) fn over_prescription(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let (region, head) = (self.region, draft.head);
        let institution = &region.institutions[head.institution];
        let order = draft.orders.first()?;
        // A drug line that stands and names the visit's first order, and what was ordered of it.
        let nth = (0..draft.lines.len()).find(|&n| {
            draft.lines[n].order == PrescriptionRef::Of(1)
                && draft.stands(n)
                && region.catalogue.items[draft.lines[n].item].list_type == "101"
        })?;
        let item = draft.lines[nth].item;
        let prescribed = order.lines.iter().find(|&&(other, _)| other == item)?.1;
        let pair = (0..institution.drugs)
            .map(|n| institution.drug(&region.catalogue, n))
            .find(|&(other, _)| other == item)?
            .1;
        // Bill more, and take it from the stock.
        let excess = ONE * self.rng.span(1, self.plan.by_strength(1, 8));
        self.take(head.institution, item, pair, prescribed + excess - draft.lines[nth].count);
        draft.lines[nth].set_count(region, prescribed + excess);
        let sn = draft.lines[nth].sn;
        let finding = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.findings[finding];
        planted.key = vec![
            owned(|t| {
                t.prescription_id(head.visit, 1);
            }),
            region.catalogue.items[item].code.clone(),
        ];
        planted.records =
            vec![(Kind::FeeLine, line_id(head.visit, sn)), (Kind::Prescription, planted.key[0].clone())];
        planted.amount = fen_of(region.catalogue.items[item].price, excess);
        planted.complete = true;
        Some(finding)
    }

    /// A line whose amount is not its price times its quantity, or that takes back a line nobody ever sent.
    pub(super) fn wrong_sum(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let region = self.region;
        let services = &region.catalogue.services;
        let item = services[self.rng.index(services.len())];
        let at = self.during(draft);
        let stray = self.rng.once_in(3) && draft.fund() > region.catalogue.items[item].price / 100;
        // A difference of one fen is within rounding.
        let excess = self.rng.span(1, self.plan.by_strength(1, 9_000)).max(self.plan.by_strength(0, 5));
        let line = draft.bill(region, item, ONE, at);
        if stray {
            line.reverses = 900;
            line.set_count(region, -ONE);
        } else {
            line.amount += excess;
            line.fund = line.amount * region.catalogue.items[item].fund_share / 100;
        }
        let finding = self.plan.open(scheme, Some(draft.head.person), draft.head.institution);
        self.one_line(finding, draft, Vec::new());
        self.plan.findings[finding].amount = 0;
        Some(finding)
    }

    /// A line that is sent days after the service.
    pub(super) fn late_upload(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let standing = |&n: &usize| draft.stands(n);
        let nth = (0..draft.lines.len()).find(standing)?;
        let line = &mut draft.lines[nth];
        line.late = DAY
            + self.rng.span(self.plan.by_strength(0, 3_600), self.plan.by_strength(0, 9 * DAY).max(3_600));
        let sn = line.sn;
        let finding = self.plan.open(scheme, Some(draft.head.person), draft.head.institution);
        let planted = &mut self.plan.findings[finding];
        planted.key = vec![crate::planted::visit_id(draft.head.visit), sn.to_string()];
        planted.records = vec![(Kind::FeeLine, line_id(draft.head.visit, sn))];
        planted.complete = true;
        Some(finding)
    }

    /// A prescription with more drugs than one should have.
    pub(super) fn many_drugs(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let region = self.region;
        let institution = &region.institutions[draft.head.institution];
        let is_drug = |item: usize| region.catalogue.items[item].list_type == "101";
        // Five are nothing yet.
        let wanted = self.rng.span(self.plan.by_strength(5, 6), self.plan.by_strength(5, 9));
        let start = self.rng.index(COMMON_DRUGS);
        for n in 0..COMMON_DRUGS {
            let lines = draft.orders.first().map_or(&[][..], |order| &order.lines);
            if lines.iter().filter(|&&(item, _)| is_drug(item)).count() as i64 >= wanted {
                break;
            }
            let (item, pair) = institution.drug(&region.catalogue, (start + n) % COMMON_DRUGS);
            self.bill_prescribed_beyond(draft, item, pair, ONE, wanted);
        }
        let finding = self.plan.open(scheme, Some(draft.head.person), draft.head.institution);
        let planted = &mut self.plan.findings[finding];
        planted.key = vec![prescription_id(draft.head.visit)];
        planted.records = vec![(Kind::Prescription, planted.key[0].clone())];
        planted.complete = true;
        Some(finding)
    }
}
