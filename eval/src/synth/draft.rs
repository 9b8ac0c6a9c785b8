//! One visit to a clinic or a pharmacy, drafted as a whole, so that a scheme can be built into it, and then told.

use super::catalogue::NEWBORN_DAYS_MAX;
use super::life::{Cover, Life, REST};
use super::plant::Step;
use super::region::{COMMON_DRUGS, Class, Region};
use super::rng::index;
use super::text::{DAY, HOUR, Text, day_of, fen_of};
use super::write::{Bill, Head, Label, Line, Order, Prescription, Presence, Return, Sale, Visit, Which};
use records::Kind;
use std::io::Write;

/// Everything one visit leaves behind.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) head: Head,
    pub(crate) visit: Visit,
    pub(crate) lines: Vec<Line>,
    pub(crate) orders: Vec<Prescription>,
    pub(crate) presences: Vec<Presence>,
    pub(crate) sales: Vec<Sale>,
    pub(crate) returns: Vec<(Sale, Return)>,
    pub(crate) settled: i64,
    /// Whose book of invoices, and the number in it.
    pub(crate) invoice: (usize, u64),
    /// Whether that invoice was issued for another bill.
    pub(crate) borrowed_invoice: bool,
    pub(crate) cover: Cover,
    /// Whether the person was never seen before.
    pub(crate) first: bool,
    /// Whether an item that a table limits is among the lines.
    pub(crate) limited: bool,
    /// Part of a case: no refund, no further case.
    pub(crate) planted: bool,
}

impl Default for Visit {
    fn default() -> Visit {
        Visit {
            med_type: "11",
            begin: 0,
            end: None,
            doctor: 0,
            diagnoses: [0; 3],
            diagnoses_len: 0,
            employee: false,
            discharge: None,
            operation: None,
        }
    }
}

impl Draft {
    /// Bills `count` hundredths of `item`; returns the line.
    pub(crate) fn bill(&mut self, region: &Region, item: usize, count: i64, at: i64) -> &mut Line {
        let sn = self.lines.len() as u64 + 1;
        self.lines.push(line(region, sn, item, count, at, self.visit.doctor));
        self.lines.last_mut().expect("just pushed")
    }

    /// Takes `count` hundredths of the line at `place` back at `at`.
    pub(crate) fn reverse(&mut self, region: &Region, place: usize, count: i64, at: i64) {
        let sn = self.lines.len() as u64 + 1;
        self.lines.push(reversal(region, &self.lines[place], sn, count, at));
    }

    /// The fund's part of the bill.
    pub(crate) fn fund(&self) -> i64 {
        self.sum(|line| line.fund)
    }

    fn sum(&self, of: impl Fn(&Line) -> i64) -> i64 {
        self.lines.iter().filter(|line| line.at <= self.settled).map(of).sum()
    }

    /// Whether nothing takes the line at `place` back, and it takes nothing back.
    pub(crate) fn stands(&self, place: usize) -> bool {
        let line = &self.lines[place];
        line.reverses == 0 && self.lines.iter().all(|other| other.reverses != line.sn)
    }
}

/// A line about `count` hundredths of `item`.
pub(crate) fn line(region: &Region, sn: u64, item: usize, count: i64, at: i64, doctor: usize) -> Line {
    let mut line = Line {
        sn,
        reverses: 0,
        at,
        item,
        count,
        amount: 0,
        fund: 0,
        order: Order::None,
        doctor,
        settlement: 0,
    };
    line.set_count(region, count);
    line
}

/// The line that takes `count` hundredths of `original` back.
pub(crate) fn reversal(region: &Region, original: &Line, sn: u64, count: i64, at: i64) -> Line {
    let mut line = Line { sn, reverses: original.sn, at, ..*original };
    line.set_count(region, -count);
    line
}

impl Line {
    /// Changes the quantity, and with it the money.
    pub(crate) fn set_count(&mut self, region: &Region, count: i64) {
        let item = &region.catalogue.items[self.item];
        self.count = count;
        self.amount = fen_of(item.price, count);
        self.fund = self.amount * item.fund_share / 100;
    }

    /// The line as somebody first typed it, wrong.
    fn mistyped(&self, region: &Region) -> Line {
        let mut wrong = *self;
        match self.sn % 4 {
            0 => wrong.set_count(region, self.count * 2),
            1 => wrong.fund = self.fund * 9 / 10,
            2 => wrong.at -= 120,
            _ => {
                let doctors = &region.institutions[region.doctors[self.doctor].institution].doctors;
                wrong.doctor = doctors.start + (self.doctor + 1 - doctors.start) % doctors.len();
            }
        }
        wrong
    }
}

impl<W: Write> Life<'_, W> {
    fn begin_draft(&mut self, draft: &mut Draft, person: usize, institution: usize, at: i64, minutes: i64) {
        self.visits += 1;
        draft.head = Head { visit: self.visits, person, institution };
        draft.visit = self.header(person, institution, at);
        draft.visit.end = Some(at + minutes * 60);
        draft.settled = at + minutes * 60 + self.rng.span(30, 600);
        draft.invoice = (institution, self.next_invoice(institution));
        draft.cover = Cover::Usual;
        draft.first = self.idle(person, at).is_none();
        draft.borrowed_invoice = false;
        draft.limited = false;
        draft.planted = false;
        draft.lines.clear();
        draft.orders.clear();
        draft.presences.clear();
        draft.sales.clear();
        draft.returns.clear();
    }

    /// The header of a visit that begins at `begin`.
    pub(crate) fn header(&mut self, person: usize, institution: usize, begin: i64) -> Visit {
        let doctors = self.region.institutions[institution].doctors.clone();
        let all = self.region.diagnoses.len();
        let diagnoses = [self.rng.index(all), self.rng.index(all), self.rng.index(all)];
        Visit {
            begin,
            doctor: doctors.start + self.rng.index(doctors.len()),
            diagnoses,
            diagnoses_len: [1, 1, 1, 2, 2, 3][self.rng.index(6)],
            employee: self.region.person(person).employee,
            ..Visit::default()
        }
    }

    /// A visit to a hospital or clinic that ends on the same day.
    pub(crate) fn consult(&mut self, person: usize, institution: usize, at: i64, step: Option<Step>) {
        let mut draft = std::mem::take(&mut self.draft);
        let minutes = self.rng.span(30, 120);
        self.begin_draft(&mut draft, person, institution, at, minutes);
        draft.visit.med_type = match self.rng.below(100) {
            _ if self.region.is_chronic(person) && self.rng.once_in(2) => "14",
            0..78 => "11",
            78..90 => "13",
            90..95 => "16",
            _ => "12",
        };
        self.bill_services(&mut draft);
        self.bill_drugs(&mut draft);
        if step.is_none() {
            self.bill_limited(&mut draft);
        }
        self.reverse_something(&mut draft);
        if self.rng.permille(560) {
            let later = self.rng.span(0, 300);
            let seen = self.passed(at + later, "register");
            draft.presences.push(seen);
        }
        if self.rng.permille(480) {
            let seen = self.passed(draft.settled, "settle");
            draft.presences.push(seen);
        }
        match step {
            Some(step) => self.carry_out(step, &mut draft),
            None => self.plant(&mut draft),
        }
        self.tell_draft(&draft);
        self.draft = draft;
    }

    /// A moment between begin and end of the draft.
    pub(crate) fn during(&mut self, draft: &Draft) -> i64 {
        let end = draft.visit.end.expect("drafts have ended");
        self.rng.span(draft.visit.begin, end - 1)
    }

    fn bill_services(&mut self, draft: &mut Draft) {
        let catalogue = &self.region.catalogue;
        let at = draft.visit.begin + self.rng.span(0, 300);
        if self.rng.permille(720) {
            draft.bill(self.region, catalogue.registrations[self.rng.index(3)], 100, at);
        }
        if self.rng.permille(620) || draft.lines.is_empty() {
            draft.bill(self.region, catalogue.consultations[self.rng.index(6)], 100, at + 60);
        }
        for _ in 0..self.rng.index(4) {
            let item = catalogue.services[self.region.service_heat.rank(self.rng.next())];
            let count = [100, 100, 100, 200, 300][self.rng.index(5)];
            let at = self.during(draft);
            draft.bill(self.region, item, count, at);
        }
    }

    fn bill_drugs(&mut self, draft: &mut Draft) {
        let kinds = match draft.visit.med_type {
            "16" => 6,
            "12" => 0,
            _ if self.rng.permille(740) => 1 + self.rng.index(4),
            _ => return,
        };
        let institution = &self.region.institutions[draft.head.institution];
        let catalogue = &self.region.catalogue;
        for n in 0..kinds {
            let chance = self.rng.next();
            let (item, pair) = if draft.visit.med_type == "16" {
                institution.herb(catalogue, (draft.visit.diagnoses[0] + n * 7) % catalogue.herbs.len())
            } else {
                institution.drug(catalogue, self.region.drug_heat.rank(chance) % institution.drugs)
            };
            let count = if draft.visit.med_type == "16" {
                [6_000, 9_000, 10_550][n % 3]
            } else {
                [100, 100, 200, 200, 300, 400][self.rng.index(6)]
            };
            self.bill_prescribed(draft, item, pair, count);
        }
    }

    /// Bills a drug and adds it to the visit's prescription; nothing if it is there already.
    pub(crate) fn bill_prescribed(
        &mut self,
        draft: &mut Draft,
        item: usize,
        pair: usize,
        count: i64,
    ) -> bool {
        if draft.orders.is_empty() {
            draft.orders.push(Prescription {
                number: 1,
                at: draft.visit.begin + 120,
                institution: draft.head.institution,
                doctor: draft.visit.doctor,
                online: false,
                lines: Vec::with_capacity(6),
            });
        }
        if draft.orders[0].lines.iter().any(|&(other, _)| other == item) {
            return false;
        }
        // Some leave a pack of what was prescribed.
        let spare = if self.rng.once_in(30) { 100 } else { 0 };
        draft.orders[0].lines.push((item, count + spare));
        self.take(draft.head.institution, item, pair, count);
        let at = self.during(draft).max(draft.orders[0].at);
        draft.bill(self.region, item, count, at).order = Order::Of(1);
        true
    }

    /// Near misses: items that a table limits, within their limits, often exactly at them.
    fn bill_limited(&mut self, draft: &mut Draft) {
        let (region, day) = (self.region, day_of(draft.visit.begin));
        let person = draft.head.person;
        if self.rng.permille(60) {
            let limited = region.catalogue.limited[self.rng.index(region.catalogue.limited.len())];
            let too_many = self.rng.once_in(10);
            let at = self.during(draft);
            draft.bill(region, limited.item, (limited.max + i64::from(too_many)) * 100, at);
            if too_many {
                draft.reverse(region, draft.lines.len() - 1, 100, at + 600);
            }
            draft.limited = true;
        }
        if self.rng.permille(40) {
            let (paid, denied) = region.catalogue.pairs[self.rng.index(region.catalogue.pairs.len())];
            let both = self.rng.once_in(20);
            let one = if self.rng.once_in(2) { paid } else { denied };
            let at = self.during(draft);
            draft.bill(region, if both { paid } else { one }, 100, at);
            if both {
                draft.bill(region, denied, 100, at + 60);
                draft.reverse(region, draft.lines.len() - 1, 100, at + 900);
            }
            draft.limited = true;
        }
        let cycle =
            region.catalogue.cycles[index(region.person(person).hash % region.catalogue.cycles.len() as u64)];
        if self.rng.permille(120) && self.cycle_again(person, day, cycle.1) {
            let at = self.during(draft);
            draft.bill(region, cycle.0, 100, at);
            draft.limited = true;
        }
        if self.age_days(person, day) <= NEWBORN_DAYS_MAX && self.rng.permille(700) {
            let institution = &region.institutions[draft.head.institution];
            let (item, pair) = institution.newborn_drug(&region.catalogue, self.rng.index(3));
            self.bill_prescribed(draft, item, pair, 100);
            draft.limited = true;
        }
    }

    fn reverse_something(&mut self, draft: &mut Draft) {
        if !self.rng.permille(60) {
            return;
        }
        let place = self.rng.index(draft.lines.len());
        let whole = draft.lines[place].count;
        let later = if self.rng.once_in(4) { self.rng.span(DAY, 6 * DAY) } else { self.rng.span(60, 1_200) };
        let at = draft.lines[place].at + later;
        if draft.stands(place) && at < self.end {
            let count = if whole % 200 == 0 && self.rng.once_in(2) { whole / 2 } else { whole };
            draft.reverse(self.region, place, count, at);
        }
    }

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

    /// Tells everything about the draft.
    fn tell_draft(&mut self, draft: &Draft) {
        let (head, visit) = (draft.head, draft.visit);
        self.meet(head.person, visit.begin, draft.cover);
        self.busy_until(head.person, draft.settled + REST);
        for order in &draft.orders {
            self.prescribe(head.visit, head.person, order);
        }
        let end = visit.end.unwrap_or(visit.begin);
        self.tell_mended(Kind::Visit, end, |region, text, _, rev, first_try| {
            let mut told = visit;
            if first_try {
                told.diagnoses[0] = (told.diagnoses[0] + 1) % region.diagnoses.len();
            }
            text.visit(region, head, &told, rev);
        });
        for presence in &draft.presences {
            self.tell_presence(head, presence);
        }
        for sale in &draft.sales {
            self.tell_mended(Kind::Dispensing, sale.at, |region, text, _, rev, first_try| {
                let told = Sale { at: sale.at - i64::from(first_try) * 15, ..*sale };
                text.dispensing(region, head, &told, None, rev);
            });
        }
        for (sale, back) in &draft.returns {
            self.tell(Kind::Dispensing, back.at, |region, text, _, rev| {
                text.dispensing(region, head, sale, Some(back), rev);
            });
        }
        let bill = self.bill_of(draft);
        self.tell_bill(head, &bill, !draft.borrowed_invoice);
        let refunded = if draft.planted { None } else { self.refund(head, &bill) };
        for line in &draft.lines {
            let rev = self.tell_line(head, line);
            if let Some(at) = refunded {
                let moved = Line { settlement: 1, ..*line };
                self.tell_again(Kind::FeeLine, at.max(line.at), |region, text, received| {
                    text.fee_line(region, head, &moved, rev + 1, received);
                });
            }
        }
        self.withdraw_something(draft);
        if self.rng.once_in(4_000) {
            let at = (draft.settled + 9 * DAY).min(self.end - HOUR);
            let mut subject_id = Vec::new();
            Text(&mut subject_id).id(b'M', head.visit);
            self.label(&Label {
                subject_type: "visit",
                subject_id: String::from_utf8(subject_id).expect("ASCII"),
                scheme: None,
                decision: "denied",
                at,
            });
        }
    }

    fn bill_of(&mut self, draft: &Draft) -> Bill {
        let (total, fund) = (draft.sum(|line| line.amount), draft.fund());
        let account = if draft.visit.employee { (total - fund) * self.rng.span(0, 4) / 4 } else { 0 };
        Bill {
            at: draft.settled,
            med_type: draft.visit.med_type,
            employee: draft.visit.employee,
            total,
            fund,
            account,
            book: draft.invoice.0,
            number: draft.invoice.1,
            which: Which::First,
            terminal: 100 + self.rng.below(20),
        }
    }

    /// Tells a settlement and, if it has an invoice of its own, often that.
    pub(crate) fn tell_bill(&mut self, head: Head, bill: &Bill, invoiced: bool) {
        self.tell_mended(Kind::Settlement, bill.at, |region, text, _, rev, first_try| {
            let wrong = if first_try { bill.account / 2 } else { 0 };
            text.settlement(region, head, &Bill { account: bill.account - wrong, ..*bill }, rev);
        });
        if invoiced && self.rng.permille(560) {
            self.tell(Kind::Invoice, bill.at + 5, |region, text, _, rev| {
                text.invoice(region, head, bill, rev)
            });
        }
    }

    /// Takes the bill back in 6 of 1,000 cases; returns when it was settled again, if it was.
    fn refund(&mut self, head: Head, bill: &Bill) -> Option<i64> {
        let at = bill.at + self.rng.span(HOUR, 5 * DAY);
        if !self.rng.permille(6) || at + HOUR >= self.end {
            return None;
        }
        let back = Bill { at, which: Which::Refund, ..*bill };
        self.tell(Kind::Settlement, at, |region, text, _, rev| text.settlement(region, head, &back, rev));
        let red = Bill { number: self.next_invoice(head.institution), book: head.institution, ..back };
        self.tell(Kind::Invoice, at, |region, text, _, rev| text.invoice(region, head, &red, rev));
        if self.rng.once_in(5) {
            return None;
        }
        let again = Bill {
            at: at + self.rng.span(60, 1_800),
            which: Which::Second,
            number: self.next_invoice(head.institution),
            ..*bill
        };
        self.tell_bill(head, &again, true);
        Some(again.at)
    }

    /// Tells a fee line; returns its last revision.
    pub(crate) fn tell_line(&mut self, head: Head, line: &Line) -> u64 {
        self.fee_lines += 1;
        self.tell_mended(Kind::FeeLine, line.at, |region, text, received, rev, first_try| {
            if first_try {
                text.fee_line(region, head, &line.mistyped(region), rev, received);
            } else {
                text.fee_line(region, head, line, rev, received);
            }
        })
    }

    /// Tells an identity check.
    pub(crate) fn tell_presence(&mut self, head: Head, presence: &Presence) {
        self.places[head.institution].presences += u64::from(presence.result == "pass");
        self.tell_mended(Kind::Presence, presence.at, |region, text, _, rev, first_try| {
            let told = Presence { score: presence.score - u64::from(first_try), ..*presence };
            text.presence(region, head, &told, rev);
        });
    }

    /// Now and then a line is sent that belongs to nobody, and withdrawn.
    fn withdraw_something(&mut self, draft: &Draft) {
        if draft.planted || !self.rng.permille(3) {
            return;
        }
        let head = draft.head;
        let stray = Line { sn: draft.lines.len() as u64 + 1, reverses: 0, ..draft.lines[0] };
        self.tell(Kind::FeeLine, stray.at, |region, text, received, rev| {
            text.fee_line(region, head, &stray, rev, received);
        });
        let at = stray.at + self.rng.span(HOUR, 50 * HOUR);
        self.tell_again(Kind::FeeLine, at, |_, text, _| {
            text.raw(r#"{"kind":"fee_line","op":"del","rev":2,"mdtrt_id":""#).id(b'M', head.visit);
            text.raw(r#"","feedetl_sn":""#).num(stray.sn).raw("\"}");
        });
    }
}
