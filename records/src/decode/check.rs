//! The schema pass: untyped cells become typed values, in the order of the contract's section 2.
//!
//! It serves every format alike. The first thing that is wrong ends it, so the order of the fields is the
//! order of the faults. What it takes is also written into the [`Content`] whose hash distinguishes changes.

use super::cells::{Cell, Cells, Tag};
use super::content::Content;
use super::fault::{Fault, Finding, Problem};
use super::names::{INNER_MAX, KIND, OP, Plan, PlanField, RECV_TIME, REV};
use super::{Change, Code, Op, Value};
use crate::Kind;
use crate::decimal::{self, Decimal, DecimalFault};
use crate::schema::{Field, FieldType, Sign};
use crate::time;

/// The kind a JSON object names.
pub(super) fn kind_of(cells: &Cells, line: &str) -> Result<Kind, Fault> {
    let cell = cells.cell(KIND);
    let kind = match cell.tag() {
        Tag::Text | Tag::SideText => Kind::from_name(cells.text(line, cell)),
        _ => None,
    };
    kind.ok_or_else(|| Fault::unknown_kind(cells, line, cell))
}

/// Types and checks the cells of one record of a known kind.
pub(super) fn check<'b, 'a: 'b>(
    cells: &'a Cells,
    line: &'a str,
    plan: &Plan,
    content: &mut Content,
    values: &'b mut Vec<Value<'a>>,
    elements: &'b mut Vec<Value<'a>>,
) -> Result<Change<'b>, Fault> {
    let fault = |field: &'static str, cell: Cell, problem: Problem| {
        Finding { field, ty: FieldType::Text, inner: None, cell, problem }.fault(plan.kind, cells, line)
    };
    // What is common to all kinds comes first in the contract's order.
    let op = op_of(cells, line).map_err(|cell| fault("op", cell, Problem::NeitherPutNorDel))?;
    let rev = rev_of(cells, line).map_err(|cell| fault("rev", cell, Problem::NotARevision))?;
    // A record of a list writes an entry for each of its at most INNER_MAX fields, absent ones too; two entries
    // per token are room for them, as an absent field's is half as long and `{}` has two tokens.
    let entries = plan.fields.len() + 2 * cells.tokens.len();
    content.begin(op, entries, line.len() + cells.side.len());
    values.resize(plan.fields.len(), Value::Absent);
    let mut typing = Typing { cells, line, content, elements };
    // The fields of the kind in their order; the first fault ends it. A del has only its key.
    for (field, value) in plan.fields.iter().zip(values.iter_mut()) {
        if op == Op::Del && !field.key {
            continue;
        }
        let cell = cells.cell(field.name);
        let typed = match field.ty {
            FieldType::Texts | FieldType::Records(_) => typing.list(field, cell, value),
            ty => typing.value(ty, field.required, cell, value).map_err(|problem| (None, cell, problem)),
        };
        if let Err(inside) = typed {
            return Err(finding(field, inside).fault(plan.kind, cells, line));
        }
    }
    // recv_time is no content, and on a del no fault.
    let recv_time = match time_of(cells, line, cells.cell(RECV_TIME)) {
        Ok(recv_time) => recv_time,
        Err(_) if op == Op::Del => None,
        Err(problem) => return Err(fault("recv_time", cells.cell(RECV_TIME), problem)),
    };
    Ok(Change {
        kind: plan.kind,
        op,
        rev,
        recv_time,
        content_hash: content.hash(),
        unknown_fields: cells.unknown_besides(&plan.known),
        values,
        elements,
    })
}

/// Put unless given otherwise.
#[inline]
fn op_of(cells: &Cells, line: &str) -> Result<Op, Cell> {
    let cell = cells.cell(OP);
    match cell.tag() {
        _ if cell.is_absent() => Ok(Op::Put),
        Tag::Text | Tag::SideText => match cells.text(line, cell) {
            "put" => Ok(Op::Put),
            "del" => Ok(Op::Del),
            _ => Err(cell),
        },
        _ => Err(cell),
    }
}

/// The revision: digits only, as a number or a text, below 2^63.
#[inline]
fn rev_of(cells: &Cells, line: &str) -> Result<Option<u64>, Cell> {
    /// Digits of 2^63 − 1.
    const DIGITS_MAX: usize = 19;
    let cell = cells.cell(REV);
    match cell.tag() {
        _ if cell.is_absent() => return Ok(None),
        Tag::Text | Tag::SideText | Tag::Number => {}
        _ => return Err(cell),
    }
    let text = cells.text(line, cell).as_bytes();
    if text.len() > DIGITS_MAX || (text.len() > 1 && text[0] == b'0') || !text.iter().all(u8::is_ascii_digit)
    {
        return Err(cell);
    }
    let rev = text.iter().fold(0_u64, |rev, digit| rev * 10 + u64::from(digit - b'0'));
    if rev > i64::MAX.cast_unsigned() { Err(cell) } else { Ok(Some(rev)) }
}

/// A moment, or none.
fn time_of(cells: &Cells, line: &str, cell: Cell) -> Result<Option<i64>, Problem> {
    match cell.tag() {
        _ if cell.is_absent() => Ok(None),
        Tag::Text | Tag::SideText => match time::parse_time(cells.text(line, cell)) {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(Problem::NotATime),
        },
        _ => Err(Problem::NotATime),
    }
}

/// What is wrong: perhaps in an element of a list and perhaps in a field of its record; the value; the problem.
type Inside = (Option<(u32, Option<&'static Field>)>, Cell, Problem);

/// What is wrong with an element: perhaps in a field of its record; the value; the problem.
type InElement = (Option<&'static Field>, Cell, Problem);

#[cold]
fn finding(plan: &PlanField, (inner, cell, problem): Inside) -> Finding {
    let innermost = inner.and_then(|(_, field)| field).map(|field| field.ty);
    Finding {
        field: plan.text,
        ty: innermost.unwrap_or(plan.ty),
        inner: inner.map(|(element, field)| (element, field.map(|field| field.name))),
        cell,
        problem,
    }
}

/// What the pass reads from and writes to.
struct Typing<'b, 'a> {
    cells: &'a Cells,
    line: &'a str,
    content: &'b mut Content,
    elements: &'b mut Vec<Value<'a>>,
}

impl<'a> Typing<'_, 'a> {
    /// A list, or its absence.
    fn list(&mut self, plan: &PlanField, cell: Cell, value: &mut Value<'a>) -> Result<(), Inside> {
        let itself = |problem| Err((None, cell, problem));
        if cell.is_absent() {
            if plan.required {
                return itself(Problem::Missing);
            }
            self.content.absent();
            return Ok(());
        }
        if cell.tag() != Tag::List {
            return itself(Problem::NotAList);
        }
        // The count of elements is known at the end and then written before them.
        let begin = self.elements.len();
        let start = self.content.begin_list();
        let mut count = 0;
        let mut at = cell.start() + 1;
        for index in 0_u32.. {
            let element = self.cells.tokens[at];
            if element.tag() == Tag::Close {
                break;
            }
            let taken = match plan.ty {
                FieldType::Records(fields) => self.record(plan, fields, at),
                _ => self.trace_code(element).map_err(|problem| (None, element, problem)),
            };
            match taken {
                Ok(taken) => count += u64::from(taken),
                Err((field, cell, problem)) => return Err((Some((index, field)), cell, problem)),
            }
            at = self.after(at);
        }
        self.content.end_list(start, count);
        let (Ok(begin), Ok(end)) = (u32::try_from(begin), u32::try_from(self.elements.len())) else {
            return itself(Problem::NotAList);
        };
        *value = Value::List { begin, end };
        Ok(())
    }

    /// The token after the value at `at`.
    fn after(&self, at: usize) -> usize {
        let token = self.cells.tokens[at];
        match token.tag() {
            Tag::List | Tag::Object => token.end() + 1,
            _ => at + 1,
        }
    }

    /// Takes one code of a list of codes; an empty one is none and not taken.
    fn trace_code(&mut self, cell: Cell) -> Result<bool, Problem> {
        match cell.tag() {
            Tag::Null => Err(Problem::NullElement),
            _ if !cell.is_text() => Err(Problem::NotText),
            _ if cell.is_absent() => Ok(false),
            _ => {
                let value = self.keep(cell);
                self.elements.push(value);
                Ok(true)
            }
        }
    }

    /// Takes one record of a list of records: the object at token `at`.
    fn record(&mut self, plan: &PlanField, fields: &'static [Field], at: usize) -> Result<bool, InElement> {
        let object = self.cells.tokens[at];
        let problem = match object.tag() {
            Tag::Object => None,
            Tag::Null => Some(Problem::NullElement),
            _ if object.is_absent() => Some(Problem::EmptyElement),
            _ => Some(Problem::NotARecord),
        };
        if let Some(problem) = problem {
            return Err((None, object, problem));
        }
        // The fields stand in any order: first each is found, then they are taken in the order of the schema.
        let mut cells = [Cell::ABSENT; INNER_MAX];
        let mut key = at + 1;
        while key < object.end() {
            let name = self.cells.tokens[key].name();
            if let Some(position) = plan.inner.iter().position(|inner| *inner == name) {
                cells[position] = self.cells.tokens[key + 1];
            }
            key = self.after(key + 1);
        }
        for (field, cell) in fields.iter().zip(cells) {
            let mut value = Value::Absent;
            if let Err(problem) = self.value(field.ty, field.required, cell, &mut value) {
                return Err((Some(field), cell, problem));
            }
            self.elements.push(value);
        }
        Ok(true)
    }

    /// The value of a field that is no list; `value` is absent before.
    #[inline(always)]
    fn value(
        &mut self,
        ty: FieldType,
        required: bool,
        cell: Cell,
        value: &mut Value<'a>,
    ) -> Result<(), Problem> {
        if cell.is_absent() {
            if required {
                return Err(Problem::Missing);
            }
            if matches!(ty, FieldType::Flag) {
                self.content.whole(0);
                *value = Value::Int(0);
            } else {
                self.content.absent();
            }
            return Ok(());
        }
        // What is kept as it is returns from here; all else ends as a whole number.
        let whole = match ty {
            FieldType::Text => {
                if !cell.is_text() {
                    return Err(Problem::NotText);
                }
                *value = self.keep(cell);
                return Ok(());
            }
            FieldType::TextOrNumber => {
                *value = self.text_or_number(cell)?;
                return Ok(());
            }
            FieldType::Number => {
                *value = self.number(cell)?;
                return Ok(());
            }
            FieldType::SixDigits => {
                let text = self.text(cell).ok_or(Problem::NotText)?;
                if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(Problem::NotSixDigits);
                }
                *value = self.keep(cell);
                return Ok(());
            }
            FieldType::Code(list) => {
                let text = self.text(cell).ok_or(Problem::NotText)?;
                let position = list.iter().position(|code| *code == text).ok_or(Problem::NotOneOf)?;
                i64::try_from(position).expect("lists are short")
            }
            FieldType::Money => self.scaled(cell, decimal::MONEY_PLACES, Sign::Any)?,
            FieldType::Price => self.scaled(cell, decimal::PRICE_PLACES, Sign::NotNegative)?,
            FieldType::Quantity(sign) => self.scaled(cell, decimal::QUANTITY_PLACES, sign)?,
            FieldType::Int(sign) => {
                let text = self.digits(cell).ok_or(Problem::NotANumber)?;
                signed(decimal::parse_whole(text).ok_or(Problem::NotWhole)?, sign)?
            }
            FieldType::Flag => match cell.tag() {
                Tag::True => 1,
                Tag::False => 0,
                Tag::Text | Tag::SideText => match self.cells.text(self.line, cell) {
                    "0" => 0,
                    "1" => 1,
                    _ => return Err(Problem::NotAFlag),
                },
                _ => return Err(Problem::NotAFlag),
            },
            FieldType::Time => {
                let text = self.text(cell).ok_or(Problem::NotATime)?;
                time::parse_time(text).ok_or(Problem::NotATime)?
            }
            FieldType::Date => {
                let text = self.text(cell).ok_or(Problem::NotADate)?;
                i64::from(time::parse_date(text).ok_or(Problem::NotADate)?)
            }
            FieldType::Texts | FieldType::Records(_) => return Err(Problem::NotAList),
        };
        self.content.whole(whole);
        *value = Value::Int(whole);
        Ok(())
    }

    /// Keeps the text of a cell that has one as it is.
    #[inline(always)]
    fn keep(&mut self, cell: Cell) -> Value<'a> {
        let base = self.cells.base(self.line, cell);
        let (start, end) = (cell.start(), cell.end());
        self.content.text(&base.as_bytes()[start..], end - start);
        Value::Text(&base[start..end])
    }

    /// The text of a cell that is a text.
    #[inline]
    fn text(&self, cell: Cell) -> Option<&'a str> {
        cell.is_text().then(|| self.cells.text(self.line, cell))
    }

    /// The text of a cell that is a number, or a text that may be that of one.
    #[inline]
    fn digits(&self, cell: Cell) -> Option<&'a str> {
        matches!(cell.tag(), Tag::Text | Tag::SideText | Tag::Number)
            .then(|| self.cells.text(self.line, cell))
    }

    #[inline]
    fn scaled(&self, cell: Cell, places: u32, sign: Sign) -> Result<i64, Problem> {
        let text = self.digits(cell).ok_or(Problem::NotANumber)?;
        match decimal::parse_scaled(text, places) {
            Ok(value) => signed(value, sign),
            Err(DecimalFault::Malformed) => Err(Problem::NotANumber),
            Err(DecimalFault::TooManyPlaces) => Err(Problem::TooManyPlaces),
            Err(DecimalFault::TooLarge) => Err(Problem::TooLarge),
        }
    }

    /// A text, of which that of a number is compared by value.
    fn text_or_number(&mut self, cell: Cell) -> Result<Value<'a>, Problem> {
        let text = self.digits(cell).ok_or(Problem::NotTextOrNumber)?;
        match Decimal::parse(text) {
            Some(decimal) => self.content.decimal(&decimal),
            None => return Ok(self.keep(cell)),
        }
        Ok(Value::Text(text))
    }

    /// A number, compared exactly, kept as the nearest that 64 bits hold.
    fn number(&mut self, cell: Cell) -> Result<Value<'a>, Problem> {
        let text = self.digits(cell).ok_or(Problem::NotANumber)?;
        let decimal = Decimal::parse(text).ok_or(Problem::NotANumber)?;
        let number: f64 = text.parse().map_err(|_| Problem::NotANumber)?;
        if !number.is_finite() {
            return Err(Problem::Endless);
        }
        self.content.decimal(&decimal);
        // A negative zero is 0.
        Ok(Value::Number(number + 0.0))
    }
}

#[inline]
fn signed(value: i64, sign: Sign) -> Result<i64, Problem> {
    match sign {
        Sign::NotNegative if value < 0 => Err(Problem::Negative),
        Sign::Positive if value <= 0 => Err(Problem::NotPositive),
        _ => Ok(value),
    }
}

impl Problem {
    /// The code a change with this problem is rejected with.
    pub(super) fn code(self) -> Code {
        match self {
            Problem::NeitherPutNorDel => Code::BadOp,
            Problem::Missing => Code::MissingField,
            Problem::TooManyPlaces | Problem::TooLarge => Code::BadAmount,
            _ => Code::BadValue,
        }
    }
}
