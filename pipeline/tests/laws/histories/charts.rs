//! What a visit's chart says: diagnoses and operations, with the main one marked once, twice or not at all.

use crate::histories::calendar::DAY;
use crate::histories::papers::Visit;
use crate::histories::record::{Cell, text};
use crate::histories::region::Region;

/// Codes of diagnoses that the histories use; some share three characters, some have fewer.
pub(crate) const DIAGNOSES: [&str; 12] = [
    "I10.x00",
    "I10",
    "E11.900",
    "E11.901",
    "E1",
    "e11.9",
    "O80.0",
    "O8",
    "C61",
    "Z00.1",
    "高血压1",
    "高血压2",
];

/// Codes of operations that the histories use.
pub(crate) const OPERATIONS: [&str; 6] = ["47.0", "68.4", "68.49", "6", "60.5", "术60"];

impl Region {
    /// Puts `name` into the record of `visit`, which is already written down.
    pub(crate) fn amend(&mut self, visit: &Visit, name: &'static str, cell: Cell) {
        let record = self
            .records
            .iter_mut()
            .find(|record| record.kind == "visit" && record.text("mdtrt_id") == visit.id);
        if let Some(record) = record {
            record.set(name, cell);
        }
    }

    /// A list of diagnoses, of which `main` is the main one: marked, marked among several, or marked only in part.
    pub(crate) fn diagnoses(&mut self, main: &str) -> Cell {
        let other = self.dice.pick(&DIAGNOSES);
        Cell::Records(match self.dice.below(10) {
            0 => vec![diagnosis(other, None, Some(1)), diagnosis(main, Some(true), None)],
            1 => vec![diagnosis(other, Some(true), Some(2)), diagnosis(main, Some(true), Some(1))],
            // An absent number comes last, however great the other is.
            2 => vec![diagnosis(other, Some(true), None), diagnosis(main, Some(true), Some(9))],
            // Of equal numbers the first in the list counts.
            3 => vec![diagnosis(main, Some(true), Some(1)), diagnosis(other, Some(true), Some(1))],
            4 => vec![diagnosis(main, Some(true), None), diagnosis(other, Some(true), None)],
            _ => vec![diagnosis(main, Some(true), Some(1)), diagnosis(other, Some(false), Some(0))],
        })
    }

    /// A chart that says little: no list, an empty one, or one in which nothing is marked.
    pub(crate) fn poor_chart(&mut self, visit: &Visit, code: &str) {
        match self.dice.below(4) {
            0 => self.amend(visit, "diags", Cell::Records(Vec::new())),
            1 => {
                let list = vec![diagnosis(code, None, Some(1)), diagnosis(code, Some(false), None)];
                self.amend(visit, "diags", Cell::Records(list));
            }
            _ => {}
        }
    }

    /// Any diagnoses.
    pub(crate) fn any_diagnoses(&mut self) -> Cell {
        let main = self.dice.pick(&DIAGNOSES);
        match self.dice.below(8) {
            0 => Cell::Records(Vec::new()),
            1 => Cell::Records(vec![diagnosis(main, None, None)]),
            // One code twice is one diagnosis.
            2 => Cell::Records(vec![diagnosis(main, Some(true), Some(1)), diagnosis(main, None, Some(2))]),
            _ => self.diagnoses(main),
        }
    }

    /// Any operations of a visit that began at `begin`.
    pub(crate) fn any_operations(&mut self, begin: i64) -> Cell {
        let code = self.dice.pick(&OPERATIONS);
        operations(&[code], begin)
    }
}

/// One diagnosis.
pub(crate) fn diagnosis(code: &str, main: Option<bool>, number: Option<i64>) -> Vec<(&'static str, Cell)> {
    let mut diagnosis = vec![("diag_code", text(code))];
    if let Some(main) = main {
        diagnosis.push(("maindiag_flag", Cell::Flag(main)));
    }
    if let Some(number) = number {
        diagnosis.push(("diag_srt_no", Cell::Number(number, 0)));
    }
    diagnosis
}

/// Operations of these codes a day after `begin`.
pub(crate) fn operations(codes: &[&str], begin: i64) -> Cell {
    let one = |code: &&str| vec![("oprn_code", text(*code)), ("oprn_date", Cell::Date(begin / DAY + 1))];
    Cell::Records(codes.iter().map(one).collect())
}
