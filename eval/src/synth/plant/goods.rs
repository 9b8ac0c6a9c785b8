//! Goods that were never there, are sold twice, or collected to be sold again.

use super::super::case::{serial_id, token_text};
use super::super::draft::Draft;
use super::super::life::Life;
use super::super::person::REST;
use super::super::record::{Codes, Sale};
use super::super::region::COMMON_DRUGS;
use super::super::rng::index;
use super::super::text::{DAY, HOUR, day_of, fen_of, owned};
use super::{Ghost, Planned, SUPPLY, Step, What, line_id};
use records::Kind;
use std::io::Write;

impl<W: Write> Life<'_, W> {
    /// A small or middling hospital begins to bill a consumable beyond what it ever had.
    pub(super) fn open_ghost(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let (region, head) = (self.region, draft.head);
        let large = region.hospitals / 10 + 1;
        let items = &region.catalogue.unstocked;
        let item = items[self.rng.index(items.len())];
        if head.institution < large
            || self.plan.ghosts.contains_key(&head.institution)
            || !self.plan.ghost_pairs.insert((head.institution, item))
        {
            return None;
        }
        self.stock_once(head.institution, item, SUPPLY.0, SUPPLY.1);
        let case = self.plan.open(scheme, None, head.institution);
        let code = &region.catalogue.items[item].code;
        self.plan.cases[case].key = vec![region.institutions[head.institution].code.clone(), code.clone()];
        let count = 100 * self.plan.reach(1, 9);
        self.plan.ghosts.insert(head.institution, Ghost { case, item, count, lines: 6 });
        self.bill_ghost(draft);
        Some(case)
    }

    /// Bills more of it, if this hospital does so.
    pub(super) fn bill_ghost(&mut self, draft: &mut Draft) -> bool {
        let Some(mut ghost) = self.plan.ghosts.remove(&draft.head.institution) else { return false };
        let at = self.during(draft);
        let sn = draft.bill(self.region, ghost.item, ghost.count, at).sn;
        ghost.lines -= 1;
        let planted = &mut self.plan.cases[ghost.case];
        planted.records.push((Kind::FeeLine, line_id(draft.head.visit, sn)));
        if ghost.lines == 0 {
            self.plan.settle_ghost(self.region, &ghost);
        } else {
            self.plan.ghosts.insert(draft.head.institution, ghost);
        }
        true
    }

    /// A person begins to collect a resale-prone drug from one pharmacy after the other.
    pub(super) fn collect(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let (region, head, at) = (self.region, draft.head, draft.visit.begin);
        let shops = region.institutions.len() - region.hospitals;
        let drugs = region.catalogue.resale.len();
        // Not the drug that the person takes regularly.
        let drug = (index((region.person(head.person).hash >> 8) % drugs as u64) + 1) % drugs;
        let (more, packs) = (self.plan.reach(2, 4), self.plan.reach(4, 5).unsigned_abs());
        if day_of(at) + more + 2 >= region.end_day || !self.plan.taken.insert(head.person) {
            return None;
        }
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        self.plan.cases[case].key = vec![
            token_text(region, head.person),
            region.catalogue.items[region.catalogue.resale[drug]].code.clone(),
        ];
        self.carry_out(Step::Collect { case, drug, packs, last: false }, draft);
        for n in 1..=more {
            let later = (day_of(at) + n) * DAY + self.rng.span(9 * HOUR, 17 * HOUR);
            let shop = head.institution - region.hospitals + index(n.unsigned_abs());
            let what = What::Visit(Step::Collect { case, drug, packs, last: n == more });
            let institution = region.hospitals + shop % shops;
            self.plan.put(Planned { at: later, person: head.person, institution, what });
            self.busy_until(head.person, later + REST);
        }
        Some(case)
    }

    /// This sale carries a trace code that a later sale will carry again.
    pub(super) fn sell_once(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let common = &self.region.catalogue.drugs[..COMMON_DRUGS];
        let returned = |sale: &Sale| draft.returns.iter().any(|(other, _)| other.codes == sale.codes);
        let sale = *draft.sales.iter().find(|s| !s.split && !returned(s) && common.contains(&s.item))?;
        let case = self.plan.open(scheme, Some(draft.head.person), draft.head.institution);
        let planted = &mut self.plan.cases[case];
        planted.key = vec![owned(|t| {
            t.trace_code(sale.codes.pair, sale.codes.first);
        })];
        planted.records.push((Kind::Dispensing, serial_id(b'L', sale.id)));
        self.plan.sold.push_back((case, sale, self.visits + 20));
        Some(case)
    }

    /// Lets this visit buy a pack whose trace code was sold before, if one waits.
    pub(super) fn sell_again(&mut self, draft: &mut Draft) -> bool {
        let head = draft.head;
        let institution = &self.region.institutions[head.institution];
        let Some(&(case, sale, from)) = self.plan.sold.front() else { return false };
        if self.visits < from || !institution.pharmacy {
            return false;
        }
        self.plan.sold.pop_front();
        let local = self.region.catalogue.drugs.iter().position(|&drug| drug == sale.item);
        let (item, pair) = institution.drug(&self.region.catalogue, local.expect("a common drug"));
        self.take(head.institution, item, pair, 100);
        draft.bill(self.region, item, 100, draft.visit.begin);
        let again = Sale {
            id: self.serial(),
            at: draft.visit.begin + 25,
            count: 100,
            codes: Codes { len: 1, ..sale.codes },
            prescribed: false,
            ..sale
        };
        draft.sales.push(again);
        let planted = &mut self.plan.cases[case];
        planted.involve(Some(head.person), head.institution);
        planted.records.push((Kind::Dispensing, serial_id(b'L', again.id)));
        planted.amount = fen_of(self.region.catalogue.items[item].price, 100);
        planted.complete = true;
        true
    }
}
