//! Rows told to people: what is kept of a record, field by field, under the national names.
//!
//! A row keeps what rules read, so a told record is what the rules saw and no copy of what was sent. A fee line
//! or sale is told as it counts, with reversals and returns taken off; [`as_sent`] tells what was sent instead
//! where that differs. Absent fields are left out; `live` is not sent but follows (contract section 4).

use crate::Kind;
use crate::arena::{Arena, Ref};
use crate::codes::{
    AgreementStatus, DispensingMove, EnrolmentStatus, PrescriptionState, PresenceResult, PurchaseMove,
};
use crate::decimal::{format_fen, format_scaled};
use crate::row::{self, Day, Moment};
use crate::time::{format_date, format_time};

/// Fields by their names, in the order of the contract's section 2.
pub type Fields = Vec<(&'static str, String)>;

/// What is kept of the record behind a row, without its key.
pub fn fields(arena: &Arena, place: Ref) -> Fields {
    let mut told = Told { arena, fields: Vec::new() };
    match row::kind(arena, place) {
        Kind::Institution => told.institution(&row::institution(arena, place)),
        Kind::Person => told.person(&row::person(arena, place)),
        Kind::PersonFact => told.person_fact(&row::person_fact(arena, place)),
        Kind::Enrolment => told.enrolment(&row::enrolment(arena, place)),
        Kind::Visit => told.visit(place),
        Kind::Settlement => told.settlement(&row::settlement(arena, place)),
        Kind::FeeLine => told.fee_line(&row::fee_line(arena, place)),
        Kind::Prescription => told.prescription(&row::prescription(arena, place)),
        Kind::Dispensing => told.dispensing(&row::dispensing(arena, place)),
        Kind::Purchase => told.purchase(&row::purchase(arena, place)),
        Kind::StockChange => told.stock_change(&row::stock_change(arena, place)),
        Kind::StockCount => told.stock_count(&row::stock_count(arena, place)),
        Kind::Presence => told.presence(&row::presence(arena, place)),
        Kind::Invoice => told.invoice(&row::invoice(arena, place)),
        Kind::Practitioner => told.practitioner(&row::practitioner(arena, place)),
        Kind::Label => told.label(&row::label(arena, place)),
    }
    told.fields
}

/// Fields that were sent with another value than what counts: those from which reversals and returns were taken.
pub fn as_sent(arena: &Arena, place: Ref) -> Fields {
    let sent = row::as_sent(arena, place);
    if sent == place || row::kind(arena, place) == Kind::Settlement {
        return Vec::new();
    }
    let counts = fields(arena, place);
    fields(arena, sent).into_iter().filter(|field| !counts.contains(field)).collect()
}

/// The parts of a record's key as texts.
pub fn key(arena: &Arena, place: Ref) -> Vec<String> {
    let (first, second) = row::key(arena, place);
    [first, second].into_iter().filter(|part| *part != 0).map(|part| arena.text(part)).collect()
}

struct Told<'a> {
    arena: &'a Arena,
    fields: Fields,
}

impl Told<'_> {
    fn put(&mut self, name: &'static str, value: impl Into<String>) {
        self.fields.push((name, value.into()));
    }
    fn text(&mut self, name: &'static str, place: Ref) {
        if place != 0 {
            self.put(name, self.arena.text(place));
        }
    }
    fn day(&mut self, name: &'static str, day: Option<Day>) {
        if let Some(day) = day {
            self.put(name, format_date(day));
        }
    }
    fn moment(&mut self, name: &'static str, moment: Option<Moment>) {
        if let Some(moment) = moment {
            self.put(name, format_time(moment));
        }
    }
    fn flag(&mut self, name: &'static str, on: bool) {
        self.put(name, if on { "1" } else { "0" });
    }
    fn quantity(&mut self, name: &'static str, quantity: i64) {
        self.put(name, format_scaled(quantity, 4));
    }
    /// A code of which the row keeps only whether it is that one.
    fn one_of(&mut self, name: &'static str, is: bool, code: &str, others: impl FnOnce() -> String) {
        self.put(name, if is { code.to_owned() } else { others() });
    }
    fn list(&mut self, name: &'static str, entries: impl Iterator<Item = String>) {
        let entries: Vec<String> = entries.collect();
        if !entries.is_empty() {
            self.put(name, entries.join("; "));
        }
    }
    fn codes(&mut self, name: &'static str, codes: &[Ref]) {
        let arena = self.arena;
        self.list(name, codes.iter().map(|code| arena.text(*code)));
    }

    fn institution(&mut self, institution: &row::Institution) {
        self.text("fixmedins_name", institution.name);
        self.put("fixmedins_type", institution.institution_type.code());
        if let Some(level) = institution.level {
            self.put("hosp_lv", level.code());
        }
        self.text("admdvs", institution.admdvs);
        for (name, degrees) in [("lon", institution.lon), ("lat", institution.lat)] {
            if let Some(degrees) = degrees {
                self.put(name, degrees.to_string());
            }
        }
        if let Some(beds) = institution.beds {
            self.put("beds", beds.to_string());
        }
        self.list(
            "agreements",
            institution.agreements.iter().map(|agreement| {
                let active = AgreementStatus::Active;
                let status = if agreement.active { active.code().to_owned() } else { active.other_codes() };
                let end = agreement.end.map_or_else(|| "..".to_owned(), format_date);
                format!("{status} {}/{end}", format_date(agreement.begin))
            }),
        );
    }

    fn practitioner(&mut self, practitioner: &row::Practitioner) {
        self.put("prac_psn_type", practitioner.practitioner_type.code());
        self.text("title_lv", practitioner.title);
        self.text("fixmedins_code", practitioner.institution);
        self.text("dept_codg", practitioner.dept);
    }

    fn label(&mut self, label: &row::Label) {
        self.put("subject_type", label.subject_type.code());
        self.text("subject_id", label.subject);
        self.day("period_begin", label.begin);
        self.day("period_end", label.end);
        self.text("scheme", label.scheme);
        self.put("decision", label.decision.code());
        if let Some(amount) = label.amount {
            self.put("amount", format_fen(amount));
        }
        self.moment("decided_at", Some(label.decided));
        self.text("source", label.source);
    }

    fn person(&mut self, person: &row::Person) {
        self.put("gend", person.gend.code_or_unknown());
        self.day("brdy", Some(person.brdy));
    }

    fn person_fact(&mut self, fact: &row::PersonFact) {
        self.text("psn_no", fact.psn_no);
        self.put("fact", fact.fact.code());
        self.day("begin", Some(fact.begin));
        self.day("end", fact.end);
    }

    fn enrolment(&mut self, enrolment: &row::Enrolment) {
        self.text("psn_no", enrolment.psn_no);
        self.text("insutype", enrolment.insutype);
        self.text("insu_admdvs", enrolment.admdvs);
        let normal = EnrolmentStatus::Normal;
        self.one_of("status", enrolment.normal, normal.code(), || normal.other_codes());
        self.day("begin", Some(enrolment.begin));
        self.day("end", enrolment.end);
    }

    fn visit(&mut self, place: Ref) {
        let arena = self.arena;
        let visit = row::visit(arena, place);
        self.text("psn_no", visit.psn_no);
        self.text("fixmedins_code", visit.institution);
        self.text("med_type", visit.med_type);
        self.moment("begntime", Some(visit.begin));
        self.moment("endtime", visit.end);
        self.text("dr_codg", visit.doctor);
        self.list(
            "diags",
            row::diagnoses(arena, place).iter().map(|diagnosis| {
                let main = if diagnosis.main { " *" } else { "" };
                let rank = diagnosis.rank.map(|rank| format!(" ({rank})")).unwrap_or_default();
                format!("{}{main}{rank}", arena.text(diagnosis.code))
            }),
        );
        self.codes("oprns", &row::operations(arena, place));
    }

    fn settlement(&mut self, settlement: &row::Settlement) {
        self.text("mdtrt_id", settlement.visit);
        self.text("psn_no", settlement.psn_no);
        self.text("fixmedins_code", settlement.institution);
        self.text("insutype", settlement.insutype);
        self.moment("setl_time", Some(settlement.time));
        self.put("fund_pay_sumamt", format_fen(settlement.fund));
        self.put("acct_pay", format_fen(settlement.account));
        self.text("bill_code", settlement.bill_code);
        self.text("bill_no", settlement.bill_no);
        self.text("orig_setl_id", settlement.original);
        self.flag("live", settlement.live);
    }

    fn fee_line(&mut self, line: &row::FeeLine) {
        self.text("init_feedetl_sn", line.reverses);
        self.text("setl_id", line.settlement);
        self.text("psn_no", line.psn_no);
        self.text("fixmedins_code", line.institution);
        self.moment("fee_ocur_time", Some(line.time));
        self.text("med_list_codg", line.item);
        self.put("list_type", line.list_type.code());
        if let Some(charge) = line.charge {
            self.put("med_chrgitm_type", charge.code());
        }
        self.quantity("cnt", line.cnt);
        self.put("pric", format_scaled(line.price, 6));
        self.put("det_item_fee_sumamt", format_fen(line.amount));
        self.put("fund_amt", format_fen(line.fund));
        self.text("rx_id", line.rx);
        self.text("bilg_dr_codg", line.doctor);
        self.moment("recv_time", line.delay.map(|delay| line.time.saturating_add(delay)));
    }

    fn prescription(&mut self, prescription: &row::Prescription) {
        let arena = self.arena;
        self.text("psn_no", prescription.psn_no);
        self.text("fixmedins_code", prescription.institution);
        self.moment("prsc_time", Some(prescription.time));
        self.text("dr_codg", prescription.doctor);
        let cancelled = PrescriptionState::Cancelled;
        self.one_of("state", prescription.cancelled, cancelled.code(), || cancelled.other_codes());
        self.list(
            "lines",
            prescription.lines.iter().map(|line| {
                let sort = line.list_type.map(|sort| format!(" [{}]", sort.code())).unwrap_or_default();
                format!("{} × {}{sort}", arena.text(line.item), format_scaled(line.cnt, 4))
            }),
        );
    }

    fn dispensing(&mut self, sale: &row::Dispensing) {
        let moved = if sale.is_return { DispensingMove::Return } else { DispensingMove::Sale };
        self.put("move", moved.code());
        self.text("return_of", sale.return_of);
        self.text("fixmedins_code", sale.institution);
        self.text("med_list_codg", sale.item);
        self.quantity("cnt", sale.cnt);
        self.moment("sel_time", Some(sale.time));
        if let Some(price) = sale.price {
            self.put("finl_trns_pric", format_scaled(price, 6));
        }
        self.text("mdtrt_id", sale.visit);
        self.text("psn_no", sale.psn_no);
        self.text("rx_id", sale.rx);
        self.flag("rx_flag", sale.needs_rx);
        self.put("mdtrt_setl_type", if sale.insured { "1" } else { "-" });
        self.flag("trdn_flag", sale.split);
        self.day("expy_end", sale.expires);
        self.codes("trace_codes", &sale.codes);
    }

    fn purchase(&mut self, purchase: &row::Purchase) {
        let moved = if purchase.is_return { PurchaseMove::Return } else { PurchaseMove::Purchase };
        self.put("move", moved.code());
        self.text("fixmedins_code", purchase.institution);
        self.text("med_list_codg", purchase.item);
        self.quantity("cnt", purchase.cnt);
        self.moment("stoin_time", Some(purchase.time));
        self.codes("trace_codes", &purchase.codes);
    }

    fn stock_change(&mut self, change: &row::StockChange) {
        self.text("fixmedins_code", change.institution);
        self.text("med_list_codg", change.item);
        // The row keeps the direction alone: what came in stands above 0, what went out below.
        self.quantity("cnt", change.cnt);
        self.moment("inv_chg_time", Some(change.time));
    }

    fn stock_count(&mut self, count: &row::StockCount) {
        self.text("fixmedins_code", count.institution);
        self.text("med_list_codg", count.item);
        self.quantity("inv_cnt", count.cnt);
        self.day("invdate", Some(count.day));
    }

    fn presence(&mut self, presence: &row::Presence) {
        self.text("psn_no", presence.psn_no);
        self.text("fixmedins_code", presence.institution);
        self.moment("idv_time", Some(presence.time));
        let pass = PresenceResult::Pass;
        self.one_of("result", presence.pass, pass.code(), || pass.other_codes());
    }

    fn invoice(&mut self, invoice: &row::Invoice) {
        self.text("fixmedins_code", invoice.institution);
        self.moment("issue_time", Some(invoice.time));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Decoder;
    use crate::ledger::Ledger;

    /// What is told of the last fact that came to stand after these lines.
    fn told(lines: &[&str]) -> (Fields, Fields, Vec<String>) {
        let mut ledger = Ledger::default();
        let mut decoder = Decoder::new();
        for line in lines {
            decoder.decode(line.as_bytes(), |change| ledger.apply(change)).unwrap().unwrap();
        }
        let fact = ledger.take_facts().into_iter().rfind(|fact| fact.diff == 1).unwrap();
        let arena = ledger.arena();
        (fields(arena, fact.row), as_sent(arena, fact.row), key(arena, fact.row))
    }

    #[test]
    fn a_netted_line_is_told_as_it_counts_and_as_it_was_sent() {
        let line = |sn: &str, rest: &str| {
            format!(
                r#"{{"kind":"fee_line","mdtrt_id":"V","feedetl_sn":"{sn}","psn_no":"P","fixmedins_code":"H","fee_ocur_time":"2025-03-01 10:00:00","med_list_codg":"I","list_type":"101","pric":"2.5",{rest}}}"#
            )
        };
        let original = line("1", r#""cnt":3,"det_item_fee_sumamt":"7.50","fund_amt":"5""#);
        let reversal =
            line("2", r#""cnt":-1,"det_item_fee_sumamt":"-2.50","fund_amt":"-2","init_feedetl_sn":"1""#);
        let (counts, sent, key) = told(&[&reversal, &original]);
        let of = |name: &str| counts.iter().find(|(known, _)| *known == name).unwrap().1.as_str();
        assert_eq!((of("cnt"), of("det_item_fee_sumamt"), of("fund_amt")), ("2", "5.00", "3.00"));
        assert_eq!((of("pric"), of("fee_ocur_time")), ("2.5", "2025-03-01 10:00:00"));
        let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(sent, [("cnt", "3"), ("det_item_fee_sumamt", "7.50"), ("fund_amt", "5.00")]);
        assert_eq!(key, ["V", "1"]);
    }

    #[test]
    fn lists_are_told_in_order_and_absent_fields_are_left_out() {
        let (fields, sent, _) = told(&[
            r#"{"kind":"visit","mdtrt_id":"V","psn_no":"P","fixmedins_code":"H","med_type":"21","begntime":"2025-03-01 10:00:00","diags":[{"diag_code":"I10","maindiag_flag":"1"},{"diag_code":"E11","diag_srt_no":2}]}"#,
        ]);
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["psn_no", "fixmedins_code", "med_type", "begntime", "diags"]);
        assert_eq!(fields[4].1, "I10 *; E11 (2)");
        assert!(sent.is_empty());
    }
}
