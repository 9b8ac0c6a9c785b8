//! Where the conditions find records: in plain vectors, or in the arrangements of a running dataflow.
//!
//! A [`Lookup`] answers by key what arrangements hold by key. What none holds so is looked for among all records
//! of a kind ([`Lookup::all`]): one pass, over vectors and over arrangements alike. That is dear in a large region, and
//! nothing for a hot path. It is made by the detectors `absence`, `bed_count`, `companions`, `cycle_gap`, `enrolment`
//! (whether anybody is enrolled), `invoice_twice`, `no_prescription` (whether the institution prescribes), `outlier`,
//! `resale`, `stock_balance`, `supply_gap`, `trace_code_twice` and `trace_code_unbought`.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row;

/// Finds the records that stand; answers are in order of arrival.
pub trait Lookup {
    /// The records of a kind whose key begins with `first`: one but for fee lines, of which `first` is the visit,
    /// and for invoices.
    fn starting_with(&self, kind: Kind, first: TextRef) -> Vec<RowRef>;
    /// Visits of a person.
    fn visits_of(&self, person: TextRef) -> Vec<RowRef>;
    /// Enrolments of a person.
    fn enrolments_of(&self, person: TextRef) -> Vec<RowRef>;
    /// Passed identity checks of a person.
    fn passes_of(&self, person: TextRef) -> Vec<RowRef>;
    /// The prescription of this id, and the net fee lines and net sales that name it.
    fn of_prescription(&self, rx: TextRef) -> Vec<RowRef>;
    /// All records of a kind: one pass.
    fn all(&self, kind: Kind) -> Vec<RowRef>;
}

/// Records in vectors, without an index: each question is one pass over the rows of a kind.
pub struct Standing<'a> {
    arena: &'a Arena,
    /// By kind, in order of arrival.
    rows: Vec<Vec<RowRef>>,
}

impl<'a> Standing<'a> {
    /// These records: what the ledger gained and did not lose again.
    pub fn new(arena: &'a Arena, facts: impl IntoIterator<Item = RowRef>) -> Standing<'a> {
        let mut rows: Vec<Vec<RowRef>> = vec![Vec::new(); Kind::ALL.len()];
        for row in facts {
            rows[row::kind(arena, row) as usize].push(row);
        }
        Standing { arena, rows }
    }

    fn those(&self, kind: Kind, wanted: impl Fn(RowRef) -> bool) -> Vec<RowRef> {
        self.rows[kind as usize].iter().copied().filter(|row| wanted(*row)).collect()
    }
}

impl Lookup for Standing<'_> {
    fn starting_with(&self, kind: Kind, first: TextRef) -> Vec<RowRef> {
        self.those(kind, |row| row::key(self.arena, row).0 == first)
    }
    fn visits_of(&self, person: TextRef) -> Vec<RowRef> {
        self.those(Kind::Visit, |row| row::visit(self.arena, row).psn_no == person)
    }
    fn enrolments_of(&self, person: TextRef) -> Vec<RowRef> {
        self.those(Kind::Enrolment, |row| row::enrolment(self.arena, row).psn_no == person)
    }
    fn passes_of(&self, person: TextRef) -> Vec<RowRef> {
        self.those(Kind::Presence, |row| {
            let check = row::presence(self.arena, row);
            check.pass && check.psn_no == person
        })
    }
    fn of_prescription(&self, rx: TextRef) -> Vec<RowRef> {
        let mut rows = self.starting_with(Kind::Prescription, rx);
        rows.extend(self.those(Kind::FeeLine, |row| {
            let line = row::fee_line(self.arena, row);
            line.is_net() && line.rx == rx
        }));
        rows.extend(self.those(Kind::Dispensing, |row| {
            let sale = row::dispensing(self.arena, row);
            !sale.is_return && sale.cnt > 0 && sale.rx == rx
        }));
        rows
    }
    fn all(&self, kind: Kind) -> Vec<RowRef> {
        self.rows[kind as usize].clone()
    }
}
