//! Goods: billed but never there, sold twice by one trace code, without a prescription, too late, or collected for
//! resale.
//!
//! Phantom billing takes the next visits of its institution until it is through; its amount is known only then. Trace
//! codes of packs that were never bought come from a range that no purchase uses.

use crate::draft::VisitDraft;
use crate::plan::{PhantomBilling, Planned, PlannedEvent, ResoldCode, SUPPLY, VisitPurpose};
use crate::planted::{line_id, prescription_id, serial_id, token_text};
use crate::record::{PrescriptionRef, Sale, TraceCodes};
use crate::region::{COMMON_DRUGS, CareClass};
use crate::scheme::SCHEMES;
use crate::simulation::Simulation;
use crate::status::REST;
use crate::text::{DAY, HOUR, ONE, day_of, fen_of, owned};
use records::Kind;
use records::splitmix::index;
use std::io::Write;

/// Pairs whose numbers are on the packs that nobody bought.
const NOWHERE: usize = 90_000_000;

impl<W: Write> Simulation<'_, W> {
    /// A small or middling hospital begins to bill a consumable beyond what it ever had, or that it never had.
    pub(super) fn begin_phantom(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let (region, head) = (self.region, draft.head);
        let large = region.hospitals / 10 + 1;
        let paid = |&item: &usize| region.catalogue.items[item].fund_share > 0;
        let items = &region.catalogue.unstocked;
        let item = Some(items[self.rng.index(items.len())]).filter(paid)?;
        let never_bought = SCHEMES[scheme].rule == "G03";
        if head.institution < large
            || self.plan.phantoms.contains_key(&head.institution)
            || never_bought && !self.institution_states[head.institution].buys
            || !self.plan.phantom_pairs.insert((head.institution, item))
        {
            return None;
        }
        // The weaker the scheme, the more of it was there.
        if !never_bought {
            self.stock_once(head.institution, item, SUPPLY.0, SUPPLY.1);
        } else if self.plan.strength < 300 {
            self.stock_once(head.institution, item, 3 * ONE, 6 * ONE);
        }
        let finding = self.plan.open(scheme, None, head.institution);
        let (place, code) = (&region.institutions[head.institution].code, &region.catalogue.items[item].code);
        self.plan.findings[finding].key = vec![place.clone(), code.clone()];
        let (count, lines) = if never_bought { (2 * ONE, 3) } else { (ONE * self.plan.by_strength(1, 9), 6) };
        self.plan.phantoms.insert(head.institution, PhantomBilling { finding, item, count, lines });
        self.bill_phantom(draft);
        Some(finding)
    }

    /// Bills more of it, if this hospital does so.
    pub(super) fn bill_phantom(&mut self, draft: &mut VisitDraft) -> bool {
        let Some(mut phantom) = self.plan.phantoms.remove(&draft.head.institution) else { return false };
        let at = self.during(draft);
        let line = *draft.bill(self.region, phantom.item, phantom.count, at);
        phantom.lines -= 1;
        let planted = &mut self.plan.findings[phantom.finding];
        planted.records.push((Kind::FeeLine, line_id(draft.head.visit, line.sn)));
        if planted.rule == "G03" {
            planted.amount += line.fund;
        }
        if phantom.lines == 0 {
            self.plan.close_phantom(self.region, &phantom);
        } else {
            self.plan.phantoms.insert(draft.head.institution, phantom);
        }
        true
    }

    /// A sale with something wrong about it.
    pub(super) fn bad_sale(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        match SCHEMES[scheme].rule {
            "P08" => return self.collect(scheme, draft),
            "P06" => return self.sell_beyond(scheme, draft),
            "T01" => return self.sell_twice(scheme, draft),
            _ => {}
        }
        let returned = |sale: &Sale| draft.returns.iter().any(|(other, _)| other.id == sale.id);
        let whole = |sale: &Sale| !sale.split && !returned(sale);
        let n = draft.sales.iter().position(whole)?;
        let sale = &mut draft.sales[n];
        let mut code = None;
        match SCHEMES[scheme].rule {
            "P04" => {
                sale.flagged = true;
                // A prescription of only this sale may be cancelled; else none is named, or one that nobody issued.
                match draft.orders.first_mut() {
                    Some(order) if order.lines.len() == 1 => order.cancelled = true,
                    _ => {
                        sale.order =
                            if self.rng.once_in(2) { PrescriptionRef::None } else { PrescriptionRef::Unknown }
                    }
                }
            }
            // The weaker the scheme, the fewer codes are lost.
            "T04" => {
                let lost = self.plan.by_strength(0, sale.codes.len.cast_signed()).unsigned_abs();
                sale.codes.len -= lost;
            }
            "T05" => {
                if sale.codes.len != 1 {
                    return None;
                }
                if self.plan.strength >= 300 {
                    sale.codes = TraceCodes { pair: NOWHERE + self.plan.findings.len(), first: 1, len: 1 };
                }
                code = Some(sale.codes);
            }
            // On the last day it may be sold.
            "T06" => {
                sale.expires = day_of(sale.at) - self.plan.by_strength(0, 300).min(self.rng.span(1, 300))
            }
            _ => return None,
        }
        let sale = *sale;
        let head = draft.head;
        let finding = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.findings[finding];
        planted.records = vec![(Kind::Dispensing, serial_id(b'L', sale.id))];
        planted.key = match code {
            Some(code) => vec![self.region.institutions[head.institution].code.clone(), code_text(code)],
            None => vec![serial_id(b'L', sale.id)],
        };
        if SCHEMES[scheme].rule != "T04" {
            planted.amount = fen_of(self.region.catalogue.items[sale.item].price, sale.count);
        }
        planted.complete = true;
        Some(finding)
    }

    /// More packs on a prescription than were prescribed; on the bill they have none.
    fn sell_beyond(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let (region, head) = (self.region, draft.head);
        let returned = |item: usize| draft.returns.iter().any(|(other, _)| other.item == item);
        let sale = *draft.sales.iter().find(|sale| !sale.split && !returned(sale.item))?;
        if draft.orders.is_empty() {
            let hospital = region.institution_for(head.person, CareClass::Outpatient, &mut self.rng);
            self.prescribe_sales(draft, hospital, region.institutions[hospital].doctors.start);
        }
        let pair = sale.codes.pair;
        let packs = self.rng.span(1, self.plan.by_strength(1, 6));
        self.sell(draft, sale.item, pair, packs.unsigned_abs(), true);
        let again = draft.sales.last_mut().expect("just sold");
        again.flagged = true;
        // At no strength only what was prescribed.
        let over = self.plan.strength > 0;
        again.order = if over { PrescriptionRef::Of(1) } else { PrescriptionRef::None };
        let sales = [sale.id, again.id];
        let finding = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.findings[finding];
        let rx = prescription_id(head.visit);
        planted.key = vec![rx.clone(), region.catalogue.items[sale.item].code.clone()];
        planted.records = sales.map(|id| (Kind::Dispensing, serial_id(b'L', id))).to_vec();
        planted.records.push((Kind::Prescription, rx));
        planted.amount = fen_of(region.catalogue.items[sale.item].price, packs * ONE);
        planted.complete = true;
        Some(finding)
    }

    /// A person begins to collect a resale-prone drug from one pharmacy after the other.
    fn collect(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let (region, head, at) = (self.region, draft.head, draft.visit.begin);
        let resale = &region.catalogue.limits.resale;
        // Not the drug that the person takes regularly.
        let drug = (index((region.person(head.person).hash >> 8) % resale.len() as u64) + 1) % resale.len();
        let (more, packs) = (self.plan.by_strength(2, 4), self.plan.by_strength(4, 5).unsigned_abs());
        if day_of(at) + more + 2 >= region.end_day || !self.plan.taken.insert(head.person) {
            return None;
        }
        let finding = self.plan.open(scheme, Some(head.person), head.institution);
        self.plan.findings[finding].key =
            vec![token_text(region, head.person), region.catalogue.items[resale[drug]].code.clone()];
        self.carry_out(VisitPurpose::Collect { finding, drug, packs, last: false }, draft);
        for n in 1..=more {
            let later = (day_of(at) + n) * DAY + self.rng.span(9 * HOUR, 17 * HOUR);
            let shop = head.institution - region.hospitals + index(n.unsigned_abs());
            let what = PlannedEvent::Visit(VisitPurpose::Collect { finding, drug, packs, last: n == more });
            let institution = region.hospitals + shop % region.pharmacies;
            self.plan.put(Planned { at: later, person: head.person, institution, what });
            self.busy_until(head.person, later + REST);
        }
        Some(finding)
    }

    /// This sale carries a trace code that the same pharmacy will sell once more.
    fn sell_twice(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let common = &self.region.catalogue.drugs[..COMMON_DRUGS];
        let returned = |sale: &Sale| draft.returns.iter().any(|(other, _)| other.id == sale.id);
        let sale = *draft.sales.iter().find(|s| !s.split && !returned(s) && common.contains(&s.item))?;
        let drug = common.iter().position(|&drug| drug == sale.item)?;
        let shop = draft.head.institution;
        let at = self.soon(1)?;
        let person = self.customer(at)?;
        let twice = self.plan.open(scheme, Some(draft.head.person), shop);
        let planted = &mut self.plan.findings[twice];
        planted.key = vec![code_text(sale.codes)];
        planted.records.push((Kind::Dispensing, serial_id(b'L', sale.id)));
        let sold = ResoldCode { twice, unbought: None, drug, shop, first: Some((sale.id, sale.codes)) };
        self.plan.put(Planned {
            at,
            person,
            institution: shop,
            what: PlannedEvent::Visit(VisitPurpose::SellAgain(sold)),
        });
        Some(twice)
    }

    /// A pharmacy sells packs by codes that others sold and that its own purchases do not carry: every code is
    /// sold twice (T01), and the second time by somebody who never bought it (T05).
    pub(super) fn resell_codes(&mut self, scheme: usize, draft: &VisitDraft) -> Option<usize> {
        let region = self.region;
        let shops = region.pharmacies;
        let codes = self.plan.by_strength(1, 5);
        let shop =
            region.institution_by_propensity(region.hospitals..region.hospitals + shops, &mut self.rng);
        let first = region.hospitals + (shop - region.hospitals + 1 + self.rng.index(shops - 1)) % shops;
        self.soon(4)?;
        let case_number = self.plan.next_case_number();
        let first_case = self.plan.findings.len();
        for n in 0..codes {
            let at = self.soon(1 + n % 2)?;
            let person = self.customer(at).unwrap_or(draft.head.person);
            let twice = self.plan.open_in(case_number, scheme, "T01", Some(person), first);
            let unbought = Some(self.plan.open_in(case_number, scheme, "T05", None, shop));
            let drug = self.rng.index(COMMON_DRUGS);
            let sold = ResoldCode { twice, unbought, drug, shop, first: None };
            self.plan.put(Planned {
                at,
                person,
                institution: first,
                what: PlannedEvent::Visit(VisitPurpose::SellFirst(sold)),
            });
        }
        Some(first_case)
    }

    /// A pack is sold as it should be; in two days another pharmacy sells it again.
    pub(super) fn sell_first(&mut self, sold: ResoldCode, draft: &mut VisitDraft) {
        let region = self.region;
        let institution = &region.institutions[draft.head.institution];
        let (item, pair) = institution.drug(&region.catalogue, sold.drug);
        self.sell(draft, item, pair, 1, true);
        let sale = *draft.sales.last().expect("just sold");
        let planted = &mut self.plan.findings[sold.twice];
        planted.key = vec![code_text(sale.codes)];
        planted.records.push((Kind::Dispensing, serial_id(b'L', sale.id)));
        let Some((at, person)) = self.soon(2).and_then(|at| Some((at, self.customer(at)?))) else { return };
        let sold = ResoldCode { first: Some((sale.id, sale.codes)), ..sold };
        self.plan.put(Planned {
            at,
            person,
            institution: sold.shop,
            what: PlannedEvent::Visit(VisitPurpose::SellAgain(sold)),
        });
    }

    /// A pack by a code that was sold before.
    pub(super) fn sell_again(&mut self, sold: ResoldCode, draft: &mut VisitDraft) {
        let (region, head) = (self.region, draft.head);
        let Some((_, codes)) = sold.first else { return };
        let institution = &region.institutions[head.institution];
        let (item, pair) = institution.drug(&region.catalogue, sold.drug);
        self.sell(draft, item, pair, 1, true);
        let again = draft.sales.last_mut().expect("just sold");
        // At no strength it has a code of its own.
        if self.plan.strength > 0 {
            again.codes = TraceCodes { len: 1, ..codes };
        }
        let again = *again;
        for finding in [Some(sold.twice), sold.unbought].into_iter().flatten() {
            let planted = &mut self.plan.findings[finding];
            planted.involve(Some(head.person), head.institution);
            planted.records.push((Kind::Dispensing, serial_id(b'L', again.id)));
            planted.amount = fen_of(region.catalogue.items[item].price, ONE);
            planted.complete = true;
        }
        if let Some(finding) = sold.unbought {
            self.plan.findings[finding].key = vec![institution.code.clone(), code_text(codes)];
        }
    }

    /// A moment of the day in so many days, if the period lasts that long.
    fn soon(&mut self, days: i64) -> Option<i64> {
        let at = (day_of(self.now) + days) * DAY + self.rng.span(9 * HOUR, 17 * HOUR);
        (at + DAY < self.end).then_some(at)
    }

    /// Somebody who goes to a pharmacy at `at`, and nowhere before.
    fn customer(&mut self, at: i64) -> Option<usize> {
        let person = self.free_person(self.now)?;
        self.busy_until(person, at + REST);
        Some(person)
    }
}

/// The first of the codes as text.
fn code_text(codes: TraceCodes) -> String {
    owned(|t| {
        t.trace_code(codes.pair, codes.first);
    })
}
