//! The class of a visit: a stay, a pharmacy visit, care, or everything else.
//!
//! Which class a med_type has is a table with dates, so a changed table can make another class of a visit; operators
//! that read classes say so ([`crate::reads::Reads::classes`]).

use records::arena::TextRef;
use records::row::Day;
use rulebank::Bank;

use crate::compile::{ByText, Validity};

/// Class of a visit by its med_type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A stay.
    Inpatient,
    /// Everything that no row says otherwise of.
    Outpatient,
    /// A pharmacy visit.
    Pharmacy,
    /// Long-term care.
    Care,
}

/// The classes of visits, by med_type and the day on which the visit begins.
#[derive(Debug, PartialEq)]
pub struct Classes {
    med_type: ByText<Vec<(Validity, Class)>>,
}

impl Classes {
    /// Compiles the table `med_type`.
    pub fn compile(bank: &Bank, intern: &mut dyn FnMut(&str) -> TextRef) -> Classes {
        let mut med_type: ByText<Vec<(Validity, Class)>> = ByText::default();
        for row in bank.tables.rows("med_type") {
            let class = match row.text("class") {
                "inpatient" => Class::Inpatient,
                "pharmacy" => Class::Pharmacy,
                "care" => Class::Care,
                _ => Class::Outpatient,
            };
            med_type.entry(intern(row.text("code"))).or_default().push((Validity::of(row), class));
        }
        Classes { med_type }
    }

    /// Class of a visit of this med_type that begins on `day`.
    pub fn class(&self, med_type: TextRef, day: Day) -> Class {
        self.med_type
            .get(&med_type)
            .and_then(|rows| rows.iter().find(|(validity, _)| validity.holds(day)))
            .map_or(Class::Outpatient, |(_, class)| *class)
    }
}
