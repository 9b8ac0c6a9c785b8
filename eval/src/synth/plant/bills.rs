//! Fake receipts and wrong prices: lines and invoices that should not be on the bill.

use super::super::case::{day_text, settlement_id, visit_id};
use super::super::catalogue::NEWBORN_DAYS_MAX;
use super::super::draft::Draft;
use super::super::life::Life;
use super::super::record::Order;
use super::super::region::{COMMON_DRUGS, Class};
use super::super::rng::index;
use super::super::text::{DAY, HOUR, day_of, fen_of, owned};
use super::{Planned, Step, What, line_id};
use records::Kind;
use std::io::Write;

impl<W: Write> Life<'_, W> {
    /// This bill carries an invoice that a later bill will carry again.
    pub(super) fn claim_once(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        if draft.fund() <= 0 {
            return None;
        }
        let case = self.plan.open(scheme, Some(draft.head.person), draft.head.institution);
        let (book, number) = draft.invoice;
        let planted = &mut self.plan.cases[case];
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
        self.plan.invoices.push_back((case, draft.invoice, self.visits + 20));
        Some(case)
    }

    /// Lets this bill carry an invoice that was claimed before, if one waits.
    pub(super) fn claim_again(&mut self, draft: &mut Draft) -> bool {
        let Some(&(case, invoice, from)) = self.plan.invoices.front() else { return false };
        if self.visits < from || draft.fund() <= 0 {
            return false;
        }
        self.plan.invoices.pop_front();
        draft.invoice = invoice;
        draft.borrowed_invoice = true;
        let planted = &mut self.plan.cases[case];
        planted.involve(Some(draft.head.person), draft.head.institution);
        planted.records.push((Kind::Settlement, settlement_id(draft.head.visit)));
        planted.paid(draft.fund());
        true
    }

    /// A drug for newborns, prescribed to somebody older.
    pub(super) fn newborn_drug(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let (region, head, day) = (self.region, draft.head, day_of(draft.visit.begin));
        let age = self.age_days(head.person, day);
        if age < self.plan.reach(NEWBORN_DAYS_MAX + 1, 6_600) {
            return None;
        }
        let (item, pair) =
            region.institutions[head.institution].newborn_drug(&region.catalogue, self.rng.index(3));
        if !self.bill_prescribed(draft, item, pair, 200) {
            return None;
        }
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        self.one_line(case, draft);
        Some(case)
    }

    /// The case is the draft's last line and its fund_amt.
    pub(super) fn one_line(&mut self, case: usize, draft: &Draft) {
        let line = draft.lines.last().expect("just billed");
        let planted = &mut self.plan.cases[case];
        planted.key = vec![visit_id(draft.head.visit), line.sn.to_string()];
        planted.records = vec![(Kind::FeeLine, line_id(draft.head.visit, line.sn))];
        planted.amount = line.fund;
        planted.complete = true;
    }

    /// A service and another one that includes it, on one day.
    pub(super) fn conflicting_pair(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        if draft.limited {
            return None;
        }
        let (region, head) = (self.region, draft.head);
        let (paid, denied) = region.catalogue.pairs[self.rng.index(region.catalogue.pairs.len())];
        let at = self.during(draft);
        let count = 100 * self.plan.reach(1, 2).min(self.rng.span(1, 2));
        let first = draft.bill(region, paid, 100, at).sn;
        let second = *draft.bill(region, denied, count, at + 30);
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.cases[case];
        planted.key = vec![
            visit_id(head.visit),
            day_text(day_of(at)),
            region.catalogue.items[paid].code.clone(),
            region.catalogue.items[denied].code.clone(),
        ];
        planted.records = vec![
            (Kind::FeeLine, line_id(head.visit, first)),
            (Kind::FeeLine, line_id(head.visit, second.sn)),
        ];
        planted.amount = second.amount;
        planted.complete = true;
        Some(case)
    }

    /// More of a limited service than a day or a visit allows.
    pub(super) fn over_limit(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        if draft.limited {
            return None;
        }
        let (region, head) = (self.region, draft.head);
        let limited = region.catalogue.limited[self.rng.index(region.catalogue.limited.len())];
        let excess = self.rng.span(1, self.plan.reach(1, 4));
        // Each line alone is within the limit; together they are not.
        let mut left = (limited.max + excess) * 100;
        let mut records = Vec::new();
        let begin = self.during(draft);
        while left > 0 {
            let count = left.min(limited.max * 100);
            let at = begin + 30 * records.len().cast_signed() as i64;
            let sn = draft.bill(region, limited.item, count, at).sn;
            records.push((Kind::FeeLine, line_id(head.visit, sn)));
            left -= count;
        }
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.cases[case];
        planted.key = vec![visit_id(head.visit), region.catalogue.items[limited.item].code.clone()];
        if !limited.per_visit {
            planted.key.push(day_text(day_of(begin)));
        }
        planted.records = records;
        planted.amount = fen_of(region.catalogue.items[limited.item].price, excess * 100);
        planted.complete = true;
        Some(case)
    }

    /// A test that is repeated within days, at another visit, where weeks should lie between.
    pub(super) fn short_cycle(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let (region, head) = (self.region, draft.head);
        if draft.limited || !self.plan.taken.insert(head.person) {
            return None;
        }
        // Not the item that the person uses regularly.
        let cycles = &region.catalogue.cycles;
        let (item, min_days) = cycles[index((region.person(head.person).hash + 1) % cycles.len() as u64)];
        let days = self.rng.span(1, 4).max(min_days - 1 - self.plan.reach(0, min_days));
        let first = day_of(draft.visit.begin);
        let again = (first + days) * DAY + self.rng.span(9 * HOUR, 16 * HOUR);
        if again + DAY >= self.end {
            return None;
        }
        let at = self.during(draft);
        let sn = draft.bill(region, item, 100, at).sn;
        self.busy_until(head.person, again);
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        self.plan.cases[case].records.push((Kind::FeeLine, line_id(head.visit, sn)));
        let institution = region.place(head.person, Class::Outpatient, &mut self.rng);
        let what = What::Visit(Step::Cycle { case, item, first });
        self.plan.put(Planned { at: again, person: head.person, institution, what });
        Some(case)
    }

    /// A drug that no prescription names.
    pub(super) fn never_prescribed(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let (region, head) = (self.region, draft.head);
        let institution = &region.institutions[head.institution];
        if self.places[head.institution].prescriptions == 0 {
            return None;
        }
        let ordered = |item: usize| {
            draft.orders.iter().any(|order| order.lines.iter().any(|&(other, _)| other == item))
        };
        let start = self.rng.index(COMMON_DRUGS);
        let (item, pair) = (0..COMMON_DRUGS)
            .map(|n| institution.drug(&region.catalogue, (start + n) % COMMON_DRUGS))
            .find(|&(item, _)| !ordered(item) && region.catalogue.items[item].fund_share > 0)?;
        let count = 100 * self.rng.span(1, self.plan.reach(1, 6));
        self.take(head.institution, item, pair, count);
        let order = match self.rng.below(3) {
            0 => Order::None,
            1 => Order::Unknown,
            _ if draft.orders.is_empty() => Order::None,
            _ => Order::Of(1),
        };
        let at = self.during(draft);
        draft.bill(region, item, count, at).order = order;
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        self.one_line(case, draft);
        Some(case)
    }

    /// More packs billed than the prescription says.
    pub(super) fn over_prescription(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let (region, head) = (self.region, draft.head);
        let institution = &region.institutions[head.institution];
        let order = draft.orders.first()?;
        let place = (0..draft.lines.len()).find(|&n| {
            draft.lines[n].order == Order::Of(1)
                && draft.stands(n)
                && region.catalogue.items[draft.lines[n].item].list_type == "101"
        })?;
        let item = draft.lines[place].item;
        let prescribed = order.lines.iter().find(|&&(other, _)| other == item)?.1;
        let pair = (0..institution.drugs)
            .map(|n| institution.drug(&region.catalogue, n))
            .find(|&(other, _)| other == item)?
            .1;
        let excess = 100 * self.rng.span(1, self.plan.reach(1, 8));
        self.take(head.institution, item, pair, prescribed + excess - draft.lines[place].count);
        draft.lines[place].set_count(region, prescribed + excess);
        let sn = draft.lines[place].sn;
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.cases[case];
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
        Some(case)
    }
}
