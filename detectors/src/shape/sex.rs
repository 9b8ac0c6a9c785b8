//! What is for one sex: conditions that lines of an item and codes of a visit share.

use records::codes::Sex;
use rulebank::{Comparison, Row};

use super::coded_visit::{Code, CodedVisit, OfCode};
use crate::condition::{Condition, Values};
use crate::coverage::Missing;
use crate::policy::Policy;

/// The sex that a row of a table means.
pub(crate) fn sex_of(row: &Row) -> Sex {
    if row.text("gend") == Sex::Male.code() { Sex::Male } else { Sex::Female }
}

/// A condition: the sex of the person is known.
pub(crate) const IS_KNOWN: [&str; 2] = ["性别已知", "the person's sex is known"];
/// A condition: a row is for the other sex.
pub(crate) const IS_ANOTHER: [&str; 2] =
    ["性别与知识表要求不符", "a row means another sex than the person's"];

/// The sex of a person and those of the rows.
pub(crate) fn sexes(gend: Sex, rows: &[&Row]) -> Values {
    let of_rows = rows.iter().map(|row| ("sex", row.text("gend").to_owned()));
    std::iter::once(("gend", gend.code_or_unknown())).chain(of_rows).collect()
}

const OTHER_SEX: Comparison = Comparison::new(0, "the person's gend differs from the row's");

/// The sex of the person.
pub(crate) fn gend<D: CodedVisit>(code: &Code<'_, D>) -> Sex {
    code.person.map_or(Sex::Unknown, |(_, person)| person.gend)
}

/// The conditions of codes of one sex, whatever the codes are.
pub(crate) const fn conditions<D: CodedVisit>() -> [Condition<OfCode<D>>; 3] {
    [
        OfCode::stands(),
        Condition::known(
            IS_KNOWN,
            |code| vec![("gend", gend(code).code_or_unknown())],
            Missing::Gend,
            |code| gend(code).is_known(),
        ),
        Condition::holds(
            IS_ANOTHER,
            |code| sexes(gend(code), code.table_rows),
            &[OTHER_SEX],
            |bank, code| code.is_violated(bank),
        ),
    ]
}

/// Whether a row means another sex than the person's.
pub(crate) fn violates<D: CodedVisit>(bank: &Policy, code: &Code<'_, D>, sex: Sex) -> bool {
    bank.differ(OTHER_SEX, sex, gend(code))
}
