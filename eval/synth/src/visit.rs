//! How a visit begins: its header with doctor and diagnoses, and an empty draft.
//!
//! All visits, stays too, get doctor and diagnoses here, from the institution's own doctors and the plain diagnoses.

use crate::diagnosis::PLAIN_DIAGNOSES;
use crate::draft::VisitDraft;
use crate::record::{Visit, VisitHead};
use crate::simulation::Simulation;
use crate::status::Cover;
use std::io::Write;

impl<W: Write> Simulation<'_, W> {
    /// Empties the draft for a visit of so many minutes that begins at `at`.
    pub(crate) fn begin_draft(
        &mut self,
        draft: &mut VisitDraft,
        person: usize,
        institution: usize,
        at: i64,
        minutes: i64,
    ) {
        self.visits += 1;
        draft.head = VisitHead { visit: self.visits, person, institution };
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
        let diagnoses = [
            self.rng.index(PLAIN_DIAGNOSES),
            self.rng.index(PLAIN_DIAGNOSES),
            self.rng.index(PLAIN_DIAGNOSES),
        ];
        let who = self.region.person(person);
        Visit {
            begin,
            doctor: doctors.start + self.rng.index(doctors.len()),
            diagnoses,
            diagnoses_len: [1, 1, 1, 2, 2, 3][self.rng.index(6)],
            employee: who.employee,
            district: who.district,
            ..Visit::default()
        }
    }

    /// A moment between begin and end of the draft.
    pub(crate) fn during(&mut self, draft: &VisitDraft) -> i64 {
        let end = draft.visit.end.expect("drafts have ended");
        self.rng.span(draft.visit.begin, end - 1)
    }
}
