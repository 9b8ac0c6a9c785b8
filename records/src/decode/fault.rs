//! Faults in words: what an operator reads in `rejected.ndjson`.
//!
//! The checks state a [`Problem`] and where it is; only when a line is rejected is it put into a sentence, with the
//! field's name, the value cut to a bearable length, and what the field may hold.

use super::cells;
use super::cells::{Cell, Cells, Tag};
use super::code::Code;
use super::lex::Broken;
use crate::Kind;
use crate::decimal;
use crate::schema::FieldType;
use crate::spelling::TimeFault;

/// Why a line is no change: the first fault in the contract's order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Fault {
    /// The kind of the record, once it is known; a line that is no JSON has none.
    pub kind: Option<Kind>,
    /// The contract's code.
    pub code: Code,
    /// One sentence for an operator: `fee_line.pric: 12.3456789 has more than 6 places`.
    pub text: String,
}

/// What is wrong with a value; the rest of the sentence is in the type of its field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Problem {
    NeitherPutNorDel,
    NotARevision,
    Missing,
    NotText,
    NotOneOf,
    NotSixDigits,
    NotANumber,
    NotTextOrNumber,
    NotWhole,
    Endless,
    TooManyPlaces,
    TooLarge,
    Negative,
    NotPositive,
    NotAFlag,
    NotATime(TimeFault),
    NotADate(TimeFault),
    NotAList,
    NotARecord,
    NullElement,
    EmptyElement,
}

/// A problem and where it is.
pub(super) struct Finding {
    /// The field of the record.
    pub(super) field: &'static str,
    /// What the value should have been.
    pub(super) ty: FieldType,
    /// In a list: the element, from 0, and the field of its record.
    pub(super) inner: Option<(u32, Option<&'static str>)>,
    /// The value.
    pub(super) cell: Cell,
    /// What is wrong with it.
    pub(super) problem: Problem,
}

impl Finding {
    /// The fault of a record of this kind.
    #[cold]
    pub(super) fn fault(self, kind: Kind, cells: &Cells, line: &str) -> Fault {
        let mut place = format!("{}.{}", kind.name(), self.field);
        if let Some((element, field)) = self.inner {
            place.push_str(&format!("[{element}]"));
            if let Some(field) = field {
                place.push('.');
                place.push_str(field);
            }
        }
        let shown = shown(cells, line, self.cell);
        let text = match self.problem {
            Problem::Missing => format!("{place} is missing"),
            Problem::NullElement => format!("{place} is null"),
            Problem::EmptyElement => format!("{place} is empty"),
            Problem::NeitherPutNorDel => format!("{place}: {shown} is neither put nor del"),
            Problem::NotARevision => format!("{place}: {shown} is not an integer from 0 to 2^63-1"),
            Problem::NotText => format!("{place}: {shown} is not a string"),
            Problem::NotOneOf => {
                let list = if let FieldType::Code(list) = self.ty { list } else { &[] };
                format!("{place}: {shown} is none of {}", list.join(", "))
            }
            Problem::NotSixDigits => format!("{place}: {shown} is not six digits"),
            Problem::NotANumber => format!("{place}: {shown} is not a number"),
            Problem::NotTextOrNumber => format!("{place}: {shown} is neither a string nor a number"),
            Problem::NotWhole => format!("{place}: {shown} is not a whole number of 64 bits"),
            Problem::Endless => format!("{place}: {shown} is beyond the numbers of 64 bits"),
            Problem::TooManyPlaces => {
                let places = match self.ty {
                    FieldType::Price => decimal::PRICE_PLACES,
                    FieldType::Quantity(_) => decimal::QUANTITY_PLACES,
                    _ => decimal::MONEY_PLACES,
                };
                format!("{place}: {shown} has more than {places} places")
            }
            Problem::TooLarge => format!("{place}: {shown} is 10^12 or more"),
            Problem::Negative => format!("{place}: {shown} is below 0"),
            Problem::NotPositive => format!("{place}: {shown} is not above 0"),
            Problem::NotAFlag => format!("{place}: {shown} is neither \"0\" nor \"1\" nor a boolean"),
            Problem::NotATime(fault) | Problem::NotADate(fault) => format!("{place}: {shown} {fault}"),
            Problem::NotAList => format!("{place}: {shown} is not a list"),
            Problem::NotARecord => format!("{place}: {shown} is not an object"),
        };
        Fault { kind: Some(kind), code: self.problem.code(), text }
    }
}

impl Fault {
    #[cold]
    pub(super) fn not_utf8(fault: std::str::Utf8Error) -> Fault {
        Fault::not_json(format!("not UTF-8 at byte {}", fault.valid_up_to()))
    }

    #[cold]
    pub(super) fn too_long(length: usize) -> Fault {
        Fault::not_json(format!("a line of {length} bytes; at most {} are read", cells::LINE_BYTES_MAX))
    }

    #[cold]
    pub(super) fn broken(broken: &Broken) -> Fault {
        Fault::not_json(format!("not JSON at byte {}: {}", broken.at, broken.what))
    }

    pub(super) fn not_json(text: String) -> Fault {
        Fault { kind: None, code: Code::NotJson, text }
    }

    #[cold]
    pub(super) fn unknown_kind(cells: &Cells, line: &str, cell: Cell) -> Fault {
        let text = match cell.is_absent() {
            true => "kind is missing".to_owned(),
            false => format!("kind: {} is no kind of record", shown(cells, line, cell)),
        };
        Fault { kind: None, code: Code::UnknownKind, text }
    }
}

/// A value as a sentence shows it: quoted if it is a text, cut if it is long.
fn shown(cells: &Cells, line: &str, cell: Cell) -> String {
    const CHARACTERS_MAX: usize = 40;
    let cut = |text: &str| match text.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    match cell.tag() {
        Tag::Text | Tag::SideText | Tag::Broken => format!("{:?}", cut(cells.text(line, cell))),
        Tag::Number => cut(cells.text(line, cell)),
        Tag::Null => "null".to_owned(),
        Tag::True => "true".to_owned(),
        Tag::False => "false".to_owned(),
        Tag::List => "a list".to_owned(),
        Tag::Object => "an object".to_owned(),
        Tag::Key | Tag::Close => String::new(),
    }
}
