//! The later visits of a case: what each adds to the draft and to the finding.
//!
//! A case that needs several visits puts them on the schedule when it begins; the last one completes the finding. A
//! case that the period cuts off is not complete and not in the truth.

use crate::draft::VisitDraft;
use crate::plan::VisitPurpose;
use crate::planted::{day_text, line_id, serial_id, settlement_id, token_text, visit_id};
use crate::record::Presence;
use crate::simulation::Simulation;
use crate::text::{ONE, day_of, fen_of};
use records::Kind;
use std::io::Write;

impl<W: Write> Simulation<'_, W> {
    /// The rest of a case that began at another visit.
    pub(crate) fn carry_out(&mut self, step: VisitPurpose, draft: &mut VisitDraft) {
        draft.planted = true;
        let (region, head, day) = (self.region, draft.head, day_of(draft.visit.begin));
        match step {
            VisitPurpose::Cycle { finding, item, first } => {
                let at = self.during(draft);
                let line = *draft.bill(region, item, ONE, at);
                let planted = &mut self.plan.findings[finding];
                planted.records.push((Kind::FeeLine, line_id(head.visit, line.sn)));
                planted.involve(None, head.institution);
                planted.key = vec![
                    token_text(region, head.person),
                    region.catalogue.items[item].code.clone(),
                    day_text(first),
                    day_text(day),
                ];
                planted.amount = line.amount;
                planted.complete = true;
            }
            VisitPurpose::Away { finding, seen } => {
                draft.presences.clear();
                let away =
                    Presence { at: draft.visit.begin, ..self.identity_check(draft.visit.begin, "register") };
                draft.presences.push(away);
                let planted = &mut self.plan.findings[finding];
                planted.key = vec![serial_id(b'I', seen), serial_id(b'I', away.id)];
                planted.records = planted.key.iter().map(|id| (Kind::Presence, id.clone())).collect();
                planted.involve(None, head.institution);
                planted.complete = true;
            }
            VisitPurpose::Another { finding, named } => {
                draft.presences.clear();
                let planted = &mut self.plan.findings[finding];
                planted.involve(None, head.institution);
                planted.records.push((Kind::Visit, visit_id(head.visit)));
                if named {
                    planted.key.push(visit_id(head.visit));
                }
                planted.paid(draft.fund());
            }
            VisitPurpose::Unagreed { finding } => {
                let planted = &mut self.plan.findings[finding];
                planted.key = vec![settlement_id(head.visit)];
                planted.records.push((Kind::Settlement, settlement_id(head.visit)));
                planted.paid(draft.fund());
            }
            VisitPurpose::SellFirst(sold) => self.sell_first(sold, draft),
            VisitPurpose::SellAgain(sold) => self.sell_again(sold, draft),
            VisitPurpose::Fill(filled) => self.fill(filled, draft),
            VisitPurpose::Collect { finding, drug, packs, last } => {
                let item = region.catalogue.limits.resale[drug];
                self.sell_limited(draft, item, packs, true);
                let sale = draft.sales.last().expect("just sold").id;
                let planted = &mut self.plan.findings[finding];
                planted.records.push((Kind::Dispensing, serial_id(b'L', sale)));
                planted.involve(None, head.institution);
                planted.amount += fen_of(region.catalogue.items[item].price, packs.cast_signed() * ONE);
                planted.complete = last;
            }
        }
    }
}
