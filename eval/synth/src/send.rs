//! How records reach the bureau: late, wrong at first, taken back, withdrawn.
//!
//! A record that is corrected was wrong *before* its last revision. What stands in the end is therefore what
//! really happened, whatever the order of arrival.

use crate::diagnosis::PLAIN_DIAGNOSES;
use crate::draft::VisitDraft;
use crate::record::{Bill, FeeLine, Label, Prescription, Presence, Sale, SettlementKind, VisitHead};
use crate::region::Region;
use crate::simulation::Simulation;
use crate::status::REST;
use crate::text::{DAY, HOUR, Text, day_of};
use records::Kind;
use std::io::Write;

/// Of a thousand records that may be corrected, how many are.
const CORRECTED_PERMILLE: u64 = 26;

impl<W: Write> Simulation<'_, W> {
    /// Sends a prescription; some are dispensed later, which is a new revision of the same record.
    pub(crate) fn prescribe(&mut self, visit: u64, person: usize, order: &Prescription) {
        self.institution_states[order.institution].prescriptions += 1;
        let head = VisitHead { visit, person, institution: order.institution };
        let later = self.rng.permille(110);
        let state = if later { "issued" } else { ["reviewed", "dispensed", "issued"][self.rng.index(3)] };
        self.send(Kind::Prescription, order.at, |region, text, _, rev| {
            text.prescription(region, head, order, state, rev);
        });
        if later || order.cancelled {
            let at = order.at + self.rng.span(HOUR, 40 * HOUR);
            let state = if order.cancelled { "cancelled" } else { "dispensed" };
            self.outbox.post(Kind::Prescription, at, |text, _| {
                text.prescription(self.region, head, order, state, 2);
            });
        }
    }

    /// Sends a decision about somebody.
    pub(crate) fn label(&mut self, label: &Label) {
        let id = self.serial();
        self.send(Kind::Label, label.at, |_, text, _, _| text.label(id, label));
    }

    /// Sends one record that happened at `at`.
    pub(crate) fn send(&mut self, kind: Kind, at: i64, write: impl Fn(&Region, &mut Text<'_>, i64, u64)) {
        let received = at + self.delay();
        self.outbox.post(kind, received, |text, received| write(self.region, text, received, 1));
    }

    /// Sends a further revision of a record, at about `at`.
    pub(crate) fn send_revision(&mut self, kind: Kind, at: i64, write: impl Fn(&Region, &mut Text<'_>, i64)) {
        let received = at + self.delay();
        self.outbox.post(kind, received, |text, received| write(self.region, text, received));
    }

    /// Sends one record that happened at `at`, sometimes wrong at first. Returns its last revision.
    pub(crate) fn send_corrected(
        &mut self,
        kind: Kind,
        at: i64,
        write: impl Fn(&Region, &mut Text<'_>, i64, u64, bool),
    ) -> u64 {
        let received = at + self.delay();
        self.post_corrected(kind, received, write)
    }

    /// As [`Simulation::tell_mended`], received at once.
    pub(crate) fn post_corrected(
        &mut self,
        kind: Kind,
        at: i64,
        write: impl Fn(&Region, &mut Text<'_>, i64, u64, bool),
    ) -> u64 {
        let wrong = self.rng.permille(CORRECTED_PERMILLE);
        self.outbox.post(kind, at, |text, received| write(self.region, text, received, 1, wrong));
        if !wrong {
            return 1;
        }
        // At least a quarter of an hour after the first try was sent; it may overtake it all the same.
        let at = at.max(self.now) + self.rng.span(900, 60 * HOUR);
        self.outbox.post(kind, at, |text, received| write(self.region, text, received, 2, false));
        2
    }

    /// Seconds from event to receipt: minutes, now and then a day or two, rarely most of a week.
    pub(crate) fn delay(&mut self) -> i64 {
        match self.rng.below(1000) {
            0..962 => self.rng.span(5, 900),
            962..993 => self.rng.span(HOUR, 40 * HOUR),
            _ => self.rng.span(40 * HOUR, 144 * HOUR),
        }
    }

    /// Sends everything about the draft.
    pub(crate) fn send_draft(&mut self, draft: &VisitDraft) {
        let (head, visit) = (draft.head, draft.visit);
        self.register_person(head.person, visit.begin, draft.cover);
        self.busy_until(head.person, draft.settled + REST);
        // Each record is delayed on its own, so they arrive in another order than they are sent in here.
        for order in &draft.orders {
            self.prescribe(head.visit, head.person, order);
        }
        let end = visit.end.unwrap_or(visit.begin);
        self.send_corrected(Kind::Visit, end, |region, text, _, rev, first_try| {
            let mut sent = visit;
            if first_try {
                sent.diagnoses[0] = (sent.diagnoses[0] + 1) % PLAIN_DIAGNOSES;
            }
            text.visit(region, head, &sent, rev);
        });
        for presence in &draft.presences {
            self.send_presence(head, presence);
        }
        for sale in &draft.sales {
            self.send_corrected(Kind::Dispensing, sale.at, |region, text, _, rev, first_try| {
                let sent = Sale { at: sale.at - i64::from(first_try) * 15, ..*sale };
                text.dispensing(region, head, &sent, None, rev);
            });
        }
        for (sale, back) in &draft.returns {
            self.send(Kind::Dispensing, back.at, |region, text, _, rev| {
                text.dispensing(region, head, sale, Some(back), rev);
            });
        }
        // The bill, perhaps refunded and settled anew: then all lines move to the second settlement.
        let bill = self.bill_of(draft);
        self.send_bill(head, &bill, !draft.borrowed_invoice);
        let refunded = if draft.planted { None } else { self.refund(head, &bill) };
        for line in &draft.lines {
            let rev = self.send_fee_line(head, line);
            if let Some(at) = refunded {
                let moved = FeeLine { settlement: 1, ..*line };
                self.send_revision(Kind::FeeLine, at.max(line.at), |region, text, received| {
                    text.fee_line(region, head, &moved, rev + 1, received);
                });
            }
        }
        self.withdraw_something(draft);
        self.leave(draft);
        // Few ordinary visits are inspected, and found in order.
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

    pub(crate) fn bill_of(&mut self, draft: &VisitDraft) -> Bill {
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
            which: SettlementKind::First,
            terminal: 100 + self.rng.below(20),
        }
    }

    /// Sends a settlement and, if it has an invoice of its own, often that.
    pub(crate) fn send_bill(&mut self, head: VisitHead, bill: &Bill, invoiced: bool) {
        self.send_corrected(Kind::Settlement, bill.at, |region, text, _, rev, first_try| {
            let wrong = if first_try { bill.account / 2 } else { 0 };
            text.settlement(region, head, &Bill { account: bill.account - wrong, ..*bill }, rev);
        });
        if invoiced && self.rng.permille(560) {
            self.send(Kind::Invoice, bill.at + 5, |region, text, _, rev| {
                text.invoice(region, head, bill, rev)
            });
        }
    }

    /// Takes the bill back in 6 of 1,000 cases; returns when it was settled again, if it was.
    pub(crate) fn refund(&mut self, head: VisitHead, bill: &Bill) -> Option<i64> {
        let at = bill.at + self.rng.span(HOUR, 5 * DAY);
        if !self.rng.permille(6) || at + HOUR >= self.end {
            return None;
        }
        let back = Bill { at, which: SettlementKind::Refund, ..*bill };
        self.send(Kind::Settlement, at, |region, text, _, rev| text.settlement(region, head, &back, rev));
        let red = Bill { number: self.next_invoice(head.institution), book: head.institution, ..back };
        self.send(Kind::Invoice, at, |region, text, _, rev| text.invoice(region, head, &red, rev));
        if self.rng.once_in(5) {
            return None;
        }
        let again = Bill {
            at: at + self.rng.span(60, 1_800),
            which: SettlementKind::Second,
            number: self.next_invoice(head.institution),
            ..*bill
        };
        self.send_bill(head, &again, true);
        Some(again.at)
    }

    /// Sends a fee line; returns its last revision.
    pub(crate) fn send_fee_line(&mut self, head: VisitHead, line: &FeeLine) -> u64 {
        self.fee_lines += 1;
        let received = line.at + if line.late > 0 { line.late } else { self.delay() };
        self.post_corrected(Kind::FeeLine, received, |region, text, received, rev, first_try| {
            if first_try {
                text.fee_line(region, head, &line.mistyped(region), rev, received);
            } else {
                text.fee_line(region, head, line, rev, received);
            }
        })
    }

    /// Sends an identity check.
    pub(crate) fn send_presence(&mut self, head: VisitHead, presence: &Presence) {
        self.institution_states[head.institution].presences += u64::from(presence.result == "pass");
        self.send_corrected(Kind::Presence, presence.at, |region, text, _, rev, first_try| {
            let sent = Presence { score: presence.score - u64::from(first_try), ..*presence };
            text.presence(region, head, &sent, rev);
        });
    }

    /// Now and then a person goes abroad or into custody after a visit, and comes back before the next one.
    fn leave(&mut self, draft: &VisitDraft) {
        if draft.planted || !self.rng.once_in(400) {
            return;
        }
        let day = day_of(draft.visit.begin);
        let back = day + self.rng.span(1, 20);
        let fact = if self.rng.once_in(3) { "custody" } else { "abroad" };
        self.fact(draft.head.person, fact, day, Some(back), draft.settled + DAY);
        self.busy_until(draft.head.person, back * DAY);
    }

    /// Now and then a line is sent that belongs to nobody, and withdrawn.
    pub(crate) fn withdraw_something(&mut self, draft: &VisitDraft) {
        if draft.planted || !self.rng.permille(3) {
            return;
        }
        let head = draft.head;
        let stray = FeeLine { sn: draft.lines.len() as u64 + 1, reverses: 0, ..draft.lines[0] };
        self.send(Kind::FeeLine, stray.at, |region, text, received, rev| {
            text.fee_line(region, head, &stray, rev, received);
        });
        let at = stray.at + self.rng.span(HOUR, 50 * HOUR);
        self.send_revision(Kind::FeeLine, at, |_, text, _| {
            text.raw(r#"{"kind":"fee_line","op":"del","rev":2,"mdtrt_id":""#).id(b'M', head.visit);
            text.raw(r#"","feedetl_sn":""#).num(stray.sn).raw("\"}");
        });
    }
}
