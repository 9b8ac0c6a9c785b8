//! One function for each kind of record: its fields in the contract's order, as one line of JSON without the line end.
//!
//! Identifiers are a letter for their kind and a number, so that a reader of the file sees what belongs together.
//! Nothing is decided here; what is written comes from `record`, the region and the catalogue.

use crate::record::{
    Bill, EnrolmentTerm, FeeLine, Label, Prescription, PrescriptionRef, Presence, Sale, SaleReturn,
    SettlementKind, StockMovement, TraceCodes, Visit, VisitHead,
};
use crate::region::{Agreement, Institution, Region};
use crate::text::{DAY, ONE, Text, day_of};

impl Text<'_> {
    fn open(&mut self, kind: &str, rev: u64) -> &mut Self {
        self.raw(r#"{"kind":""#).raw(kind).raw(r#"","rev":"#).num(rev)
    }

    fn owner_codes(&mut self, region: &Region, head: VisitHead) -> &mut Self {
        self.raw(r#"","psn_no":""#)
            .bytes(&region.token(head.person))
            .institution_code(region, head.institution)
    }

    fn institution_code(&mut self, region: &Region, institution: usize) -> &mut Self {
        self.raw(r#"","fixmedins_code":""#).raw(&region.institutions[institution].code)
    }

    fn doctor(&mut self, region: &Region, doctor: usize) -> &mut Self {
        self.raw(&region.doctors[doctor].code)
    }

    /// The id of a settlement.
    pub(crate) fn settlement_id(&mut self, visit: u64, which: SettlementKind) -> &mut Self {
        let letter = match which {
            SettlementKind::First => b'S',
            SettlementKind::Refund => b'X',
            SettlementKind::Second => b'W',
        };
        self.id(letter, visit)
    }

    /// The id of a prescription.
    pub(crate) fn prescription_id(&mut self, visit: u64, number: u8) -> &mut Self {
        self.id(b'R', visit).num(u64::from(number))
    }

    fn order(&mut self, head: VisitHead, order: PrescriptionRef) {
        match order {
            PrescriptionRef::None => self,
            PrescriptionRef::Of(number) => self.raw(r#"","rx_id":""#).prescription_id(head.visit, number),
            PrescriptionRef::Other(visit) => self.raw(r#"","rx_id":""#).prescription_id(visit, 1),
            PrescriptionRef::Unknown => self.raw(r#"","rx_id":""#).id(b'Q', head.visit),
        };
    }

    /// The code of an institution's book of invoices.
    pub(crate) fn book(&mut self, institution: usize) -> &mut Self {
        self.raw("06").padded(institution as u64, 6)
    }

    /// The id of one of a person's enrolments.
    pub(crate) fn enrolment_id(&mut self, token: [u8; 14], number: u64) -> &mut Self {
        self.raw("E").bytes(&token[1..]).num(number)
    }

    /// The code of an operation, from its first four digits.
    pub(crate) fn operation(&mut self, code: u64) -> &mut Self {
        self.padded(code / 100, 2).raw(".").padded(code % 100, 2).raw("00")
    }

    /// One trace code: 20 digits.
    pub(crate) fn trace_code(&mut self, pair: usize, number: u64) -> &mut Self {
        self.raw("8134").padded(pair as u64, 8).padded(number, 8)
    }

    fn codes(&mut self, codes: TraceCodes) -> &mut Self {
        if codes.len == 0 {
            return self;
        }
        self.raw(r#","trace_codes":["#);
        for n in 0..codes.len {
            self.raw(if n == 0 { "\"" } else { ",\"" }).trace_code(codes.pair, codes.first + n).raw("\"");
        }
        self.raw("]")
    }

    pub(crate) fn institution(&mut self, institution: &Institution, rev: u64) {
        self.open("institution", rev).raw(r#","fixmedins_code":""#).raw(&institution.code);
        self.raw(r#"","fixmedins_name":""#);
        self.raw(if institution.pharmacy { "药房" } else { "医院" }).raw(&institution.code[7..]);
        self.raw(r#"","fixmedins_type":"#).raw(if institution.pharmacy { r#""2""# } else { r#""1""# });
        if !institution.pharmacy {
            self.raw(r#","hosp_lv":""#).padded(institution.level, 2).raw("\"");
        }
        self.raw(r#","admdvs":""#).num(institution.district);
        self.raw(r#"","lon":"#).degrees(institution.lon).raw(r#","lat":"#).degrees(institution.lat);
        if institution.beds > 0 {
            self.raw(r#","beds":"#).num(institution.beds);
        }
        self.raw(r#","agreements":[{"status":"1","begin":"2018-01-01","end":"2022-12-31"},"#);
        self.raw(r#"{"status":"1","begin":"2023-01-01"#);
        match institution.agreement {
            Agreement::Usual => self.raw(r#""}]}"#),
            Agreement::Renewed(day) => {
                self.raw(r#"","end":""#).date(day).raw(r#""},{"status":"1","begin":""#).date(day + 1);
                self.raw(r#""}]}"#)
            }
            Agreement::Ended => {
                self.raw(r#"","end":"2024-06-30"},{"status":"0","begin":"2024-07-01","end":"2024-12-31"},"#);
                self.raw(r#"{"status":"2","begin":"2025-01-01"}]}"#)
            }
        };
    }

    pub(crate) fn practitioner(&mut self, region: &Region, doctor: usize, rev: u64) {
        let who = &region.doctors[doctor];
        let place = &region.institutions[who.institution];
        let kind = if place.pharmacy { "pharmacist" } else { "doctor" };
        self.open("practitioner", rev).raw(r#","prac_psn_code":""#).raw(&who.code);
        self.raw(r#"","prac_psn_type":""#).raw(kind).raw(r#"","title_lv":""#).num(who.title);
        self.institution_code(region, who.institution).raw(r#"","dept_codg":""#).padded(who.dept, 4);
        self.raw(r#"","valid_begin":"2016-01-01"}"#);
    }

    pub(crate) fn person(&mut self, token: [u8; 14], gend: &str, born: i64, phone: u64, rev: u64) {
        self.open("person", rev).raw(r#","psn_no":""#).bytes(&token).raw(r#"","gend":""#).raw(gend);
        self.raw(r#"","brdy":""#)
            .date(born)
            .raw(r#"","tel_tok":""#)
            .id(b'q', phone % 1_000_000_000)
            .raw("\"}");
    }

    pub(crate) fn fact(
        &mut self,
        id: u64,
        token: [u8; 14],
        fact: &str,
        begin: i64,
        end: Option<i64>,
        rev: u64,
    ) {
        self.open("person_fact", rev)
            .raw(r#","fact_id":""#)
            .id(b'F', id)
            .raw(r#"","psn_no":""#)
            .bytes(&token);
        self.raw(r#"","fact":""#).raw(fact).raw(r#"","begin":""#).date(begin);
        if let Some(end) = end {
            self.raw(r#"","end":""#).date(end);
        }
        self.raw(r#"","source":"civil affairs"}"#);
    }

    pub(crate) fn enrolment(&mut self, token: [u8; 14], term: &EnrolmentTerm, rev: u64) {
        self.open("enrolment", rev).raw(r#","enrl_id":""#).enrolment_id(token, term.number);
        self.raw(r#"","psn_no":""#).bytes(&token).raw(r#"","insutype":""#).raw(insutype(term.employee));
        self.raw(r#"","insu_admdvs":""#).num(term.district).raw(r#"","status":""#).raw(term.status);
        self.raw(r#"","begin":""#).date(term.begin);
        if let Some(end) = term.end {
            self.raw(r#"","end":""#).date(end);
        }
        self.raw(r#"","cont_years":"#).num(term.years).raw("}");
    }

    pub(crate) fn visit(&mut self, region: &Region, head: VisitHead, visit: &Visit, rev: u64) {
        self.open("visit", rev).raw(r#","mdtrt_id":""#).id(b'M', head.visit).owner_codes(region, head);
        self.raw(r#"","med_type":""#).raw(visit.med_type).raw(r#"","begntime":""#).time(visit.begin);
        if let Some(end) = visit.end {
            self.raw(r#"","endtime":""#).time(end);
        }
        self.raw(r#"","insutype":""#).raw(insutype(visit.employee));
        self.raw(r#"","insu_admdvs":""#).num(visit.district);
        let doctor = &region.doctors[visit.doctor];
        self.raw(r#"","dept_codg":""#).padded(doctor.dept, 4).raw(r#"","dr_codg":""#).raw(&doctor.code);
        if let Some(way) = visit.discharge {
            self.raw(r#"","dscg_way":""#).raw(way);
        }
        self.raw("\"");
        for (n, &diagnosis) in visit.diagnoses[..visit.diagnoses_len].iter().enumerate() {
            self.raw(if n == 0 { r#","diags":[{"diag_code":""# } else { r#",{"diag_code":""# });
            self.raw(&region.diagnoses[diagnosis]);
            self.raw(if n == 0 { r#"","maindiag_flag":"1","diag_srt_no":"# } else { r#"","diag_srt_no":"# });
            self.num(n as u64 + 1).raw("}");
        }
        if visit.diagnoses_len > 0 {
            self.raw("]");
        }
        if let Some((code, at)) = visit.operation {
            self.raw(r#","oprns":[{"oprn_code":""#).operation(code);
            self.raw(r#"","oprn_date":""#).date(day_of(at)).raw(r#"","main_flag":"1"}]"#);
        }
        self.raw("}");
    }

    pub(crate) fn settlement(&mut self, region: &Region, head: VisitHead, bill: &Bill, rev: u64) {
        let refund = bill.which == SettlementKind::Refund;
        let sign = if refund { -1 } else { 1 };
        self.open("settlement", rev).raw(r#","setl_id":""#).settlement_id(head.visit, bill.which);
        self.raw(r#"","mdtrt_id":""#).id(b'M', head.visit).owner_codes(region, head);
        self.raw(r#"","med_type":""#)
            .raw(bill.med_type)
            .raw(r#"","insutype":""#)
            .raw(insutype(bill.employee));
        self.raw(r#"","setl_time":""#).time(bill.at);
        self.raw(r#"","medfee_sumamt":""#).fen(sign * bill.total);
        self.raw(r#"","fund_pay_sumamt":""#).fen(sign * bill.fund);
        self.raw(r#"","acct_pay":""#).fen(sign * bill.account);
        self.raw(r#"","psn_cash_pay":""#).fen(sign * (bill.total - bill.fund - bill.account));
        self.raw(r#"","terminal_id":""#).num(bill.terminal);
        self.raw(r#"","bill_code":""#).book(bill.book).raw(r#"","bill_no":""#).padded(bill.number, 10);
        if refund {
            self.raw(r#"","refd_setl_flag":"1","orig_setl_id":""#)
                .settlement_id(head.visit, SettlementKind::First);
        }
        self.raw("\"}");
    }

    pub(crate) fn fee_line(
        &mut self,
        region: &Region,
        head: VisitHead,
        line: &FeeLine,
        rev: u64,
        received: i64,
    ) {
        let item = &region.catalogue.items[line.item];
        self.open("fee_line", rev).raw(r#","mdtrt_id":""#).id(b'M', head.visit);
        self.raw(r#"","feedetl_sn":""#).num(line.sn);
        if line.reverses > 0 {
            self.raw(r#"","init_feedetl_sn":""#).num(line.reverses);
        }
        let settlement = if line.settlement == 0 { SettlementKind::First } else { SettlementKind::Second };
        self.raw(r#"","setl_id":""#).settlement_id(head.visit, settlement).owner_codes(region, head);
        self.raw(r#"","fee_ocur_time":""#).time(line.at).raw(&item.fragment).count(line.count);
        self.raw(r#","pric":""#).price(line.price).raw(r#"","det_item_fee_sumamt":""#).fen(line.amount);
        self.raw(r#"","fund_amt":""#).fen(line.fund);
        self.order(head, line.order);
        if line.sn % 2 == 1 {
            self.raw(r#"","bilg_dr_codg":""#).doctor(region, line.doctor);
        }
        // The bureau's receipt, a day later at most; what comes still later in the file was received and held back.
        let late = if line.late > 0 { line.late } else { (received - line.at).min(DAY) };
        self.raw(r#"","recv_time":""#).time(line.at + late).raw("\"}");
    }

    pub(crate) fn prescription(
        &mut self,
        region: &Region,
        head: VisitHead,
        order: &Prescription,
        state: &str,
        rev: u64,
    ) {
        self.open("prescription", rev).raw(r#","rx_id":""#).prescription_id(head.visit, order.number);
        self.raw(r#"","mdtrt_id":""#).id(b'M', head.visit);
        self.owner_codes(region, VisitHead { institution: order.institution, ..head });
        self.raw(r#"","prsc_time":""#).time(order.at).raw(r#"","dr_codg":""#).doctor(region, order.doctor);
        if order.online {
            self.raw(r#"","online_flag":"1"#);
        }
        self.raw(r#"","state":""#).raw(state).raw(r#"","lines":["#);
        for (n, &(item, count)) in order.lines.iter().enumerate() {
            let item = &region.catalogue.items[item];
            self.raw(if n == 0 { r#"{"line_no":"# } else { r#",{"line_no":"# }).num(n as u64 + 1);
            self.raw(r#","med_list_codg":""#).raw(&item.code).raw(r#"","list_type":""#).raw(item.list_type);
            self.raw(r#"","cnt":"#).count(count).raw("}");
        }
        self.raw("]}");
    }

    /// A sale, or with `of` a return of `count` of it.
    pub(crate) fn dispensing(
        &mut self,
        region: &Region,
        head: VisitHead,
        sale: &Sale,
        back: Option<&SaleReturn>,
        rev: u64,
    ) {
        let item = &region.catalogue.items[sale.item];
        let (id, at, count) =
            back.map_or((sale.id, sale.at, sale.count), |back| (back.id, back.at, back.count));
        self.open("dispensing", rev).raw(r#","sel_id":""#).id(b'L', id);
        self.raw(r#"","move":""#).raw(if back.is_some() { "return" } else { "sale" });
        if back.is_some_and(|back| back.named) {
            self.raw(r#"","return_of":""#).id(b'L', sale.id);
        }
        self.institution_code(region, head.institution).raw(r#"","med_list_codg":""#).raw(&item.code);
        self.raw(r#"","cnt":"#).count(count).raw(r#","sel_time":""#).time(at);
        self.raw(r#"","finl_trns_pric":""#).price(item.price);
        if sale.insured {
            self.raw(r#"","setl_id":""#).settlement_id(head.visit, SettlementKind::First);
            self.raw(r#"","mdtrt_id":""#).id(b'M', head.visit);
            self.raw(r#"","psn_no":""#).bytes(&region.token(head.person));
        }
        self.order(head, sale.order);
        if sale.flagged {
            self.raw(r#"","rx_flag":"1"#);
        }
        self.raw(r#"","mdtrt_setl_type":""#).raw(if sale.insured { "1" } else { "2" });
        self.raw(r#"","trdn_flag":""#).raw(if sale.split { "1" } else { "0" });
        self.raw(r#"","expy_end":""#).date(sale.expires).raw("\"");
        let codes = match back {
            Some(back) => {
                TraceCodes { len: sale.codes.len.min((back.count / ONE).unsigned_abs().max(1)), ..sale.codes }
            }
            None => sale.codes,
        };
        self.codes(codes).raw("}");
    }

    pub(crate) fn purchase(&mut self, region: &Region, purchase: &StockMovement, rev: u64) {
        let item = &region.catalogue.items[purchase.item];
        self.open("purchase", rev).raw(r#","purc_id":""#).id(b'U', purchase.id);
        self.raw(r#"","move":""#).raw(if purchase.back { "return" } else { "purchase" });
        self.institution_code(region, purchase.institution).raw(r#"","med_list_codg":""#).raw(&item.code);
        self.raw(r#"","cnt":"#).count(purchase.count).raw(r#","stoin_time":""#).time(purchase.at);
        self.raw(r#"","spler_code":"SP"#).padded(purchase.item as u64 % 40, 3);
        self.raw(r#"","purc_invo_no":""#).padded(purchase.invoice, 8);
        self.raw(r#"","finl_trns_pric":""#).price(item.price * 4 / 5);
        self.raw(r#"","expy_end":""#)
            .date(day_of(purchase.at) + 800)
            .raw("\"")
            .codes(purchase.codes)
            .raw("}");
    }

    pub(crate) fn stock_change(&mut self, region: &Region, change: &StockMovement, kind: &str, rev: u64) {
        self.open("stock_change", rev).raw(r#","chg_id":""#).id(b'K', change.id);
        self.institution_code(region, change.institution);
        self.raw(r#"","med_list_codg":""#).raw(&region.catalogue.items[change.item].code);
        self.raw(r#"","inv_chg_type":""#).raw(kind).raw(r#"","cnt":"#).count(change.count);
        self.raw(r#","inv_chg_time":""#).time(change.at).raw("\"}");
    }

    pub(crate) fn stock_count(&mut self, region: &Region, count: &StockMovement, rev: u64) {
        self.open("stock_count", rev).raw(r#","cnt_id":""#).id(b'C', count.id);
        self.institution_code(region, count.institution);
        self.raw(r#"","med_list_codg":""#).raw(&region.catalogue.items[count.item].code);
        self.raw(r#"","inv_cnt":"#).count(count.count);
        self.raw(r#","invdate":""#).date(day_of(count.at)).raw("\"}");
    }

    pub(crate) fn presence(&mut self, region: &Region, head: VisitHead, presence: &Presence, rev: u64) {
        self.open("presence", rev).raw(r#","idv_id":""#).id(b'I', presence.id).owner_codes(region, head);
        self.raw(r#"","idv_time":""#).time(presence.at).raw(r#"","scene":""#).raw(presence.scene);
        self.raw(r#"","method":"face","result":""#).raw(presence.result);
        self.raw(r#"","score":0."#).padded(presence.score % 100, 2).raw("}");
    }

    pub(crate) fn invoice(&mut self, region: &Region, head: VisitHead, bill: &Bill, rev: u64) {
        self.open("invoice", rev).raw(r#","bill_code":""#).book(bill.book);
        self.raw(r#"","bill_no":""#).padded(bill.number, 10);
        self.raw(r#"","setl_id":""#)
            .settlement_id(head.visit, bill.which)
            .institution_code(region, head.institution);
        self.raw(r#"","amount":""#).fen(bill.total).raw(r#"","issue_time":""#).time(bill.at);
        self.raw(r#"","state":""#)
            .raw(if bill.which == SettlementKind::Refund { "red" } else { "normal" })
            .raw("\"}");
    }

    pub(crate) fn label(&mut self, id: u64, label: &Label) {
        self.open("label", 1).raw(r#","case_id":""#).id(b'B', id);
        self.raw(r#"","subject_type":""#)
            .raw(label.subject_type)
            .raw(r#"","subject_id":""#)
            .raw(&label.subject_id);
        if let Some(scheme) = label.scheme {
            self.raw(r#"","scheme":""#).raw(scheme);
        }
        self.raw(r#"","decision":""#).raw(label.decision).raw(r#"","decided_at":""#).time(label.at);
        self.raw(r#"","source":"review"}"#);
    }
}

/// The code of a scheme of insurance.
pub(crate) fn insutype(employee: bool) -> &'static str {
    if employee { "310" } else { "390" }
}
