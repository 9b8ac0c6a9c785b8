//! Which items anybody looks at: most lines match no table, and one look-up has to say so.

use crate::compile::Validity;

/// Who looks at the lines and sales of an item, and on which days.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watch {
    /// Rows that ask for the person.
    pub person: Vec<Validity>,
    /// Rows that ask for the institution.
    pub institution: Vec<Validity>,
    /// Rows that ask for the other lines of the visit.
    pub visit: Vec<Validity>,
    /// Any row that asks for the diagnoses of the visit.
    pub indication: bool,
    /// Any row of `cycle_gap`: the day before counts for the day after.
    pub cycle: bool,
    /// Any row of `resale_prone`: an earlier sale counts for a later window.
    pub resale: bool,
}
