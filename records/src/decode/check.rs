//! The schema pass: untyped cells become typed values, in the order of the contract's section 2.
//!
//! It serves every format alike. The first thing that is wrong ends it, so the order of the fields is the
//! order of the faults. What it takes is also written into the [`Content`] whose hash distinguishes changes.

use super::cells::{Cell, Cells, Tag};
use super::content::Content;
use super::fault::{Fault, Finding, Problem};
use super::names::{INNER_MAX, KIND, NameId, Names, OP, Plan, PlanField, RECV_TIME, REV};
use super::{Change, Code, Op, Value};
use crate::Kind;
use crate::decimal::{self, Decimal, DecimalFault};
use crate::schema::{Field, FieldType, Sign, TRACE_CODE};
use crate::spelling::{TimeFault, read_date, read_time};

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
    names: &Names,
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
    // A text of many codes becomes many texts: a short one takes no more than its separator did, a long one 8 bytes.
    let text_bytes = line.len() + cells.side.len();
    content.begin(op, entries, text_bytes + text_bytes / 16);
    values.resize(plan.fields.len(), Value::Absent);
    let mut typing = Typing { cells, line, trace_code: names.trace_code(), content, elements };
    // The fields of the kind in their order; the first fault ends it. A del has only its key.
    for (field, value) in plan.fields.iter().zip(values.iter_mut()) {
        if op == Op::Del && !field.key {
            continue;
        }
        let mut cell = cells.cell(field.name);
        let mut name = field.text;
        if let Some((national, national_name)) = field.national
            && cell.is_absent()
            && !cells.cell(national).is_absent()
        {
            (cell, name) = (cells.cell(national), national_name);
        }
        let typed = match field.ty {
            FieldType::Texts | FieldType::Records(_) => typing.list(field, cell, value),
            ty => typing.value(ty, field.required, cell, value).map_err(|problem| (None, cell, problem)),
        };
        if let Err(inside) = typed {
            return Err(finding(field, name, inside).fault(plan.kind, cells, line));
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
        Tag::Text | Tag::SideText => read_time(cells.text(line, cell)).map(Some).map_err(Problem::NotATime),
        _ => Err(Problem::NotATime(TimeFault::Spelling)),
    }
}

/// What is wrong: perhaps in an element of a list and perhaps in a field of its record; the value; the problem.
type Inside = (Option<(u32, Option<&'static Field>)>, Cell, Problem);

/// What is wrong with an element: perhaps in a field of its record; the value; the problem.
type InElement = (Option<&'static Field>, Cell, Problem);

#[cold]
fn finding(plan: &PlanField, field: &'static str, (inner, cell, problem): Inside) -> Finding {
    let innermost = inner.and_then(|(_, field)| field).map(|field| field.ty);
    Finding {
        field,
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
    /// The name of the code in a record of a list of codes.
    trace_code: NameId,
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
        let is_text_of_codes = cell.is_text() && matches!(plan.ty, FieldType::Texts);
        if cell.tag() != Tag::List && !is_text_of_codes {
            return itself(Problem::NotAList);
        }
        // The count of elements is known at the end and then written before them.
        let begin = self.elements.len();
        let start = self.content.begin_list();
        let mut count = if is_text_of_codes { self.codes(cell) } else { 0 };
        let mut at = cell.start() + 1;
        for index in 0_u32.. {
            if is_text_of_codes {
                break;
            }
            let element = self.cells.tokens[at];
            if element.tag() == Tag::Close {
                break;
            }
            let taken = match plan.ty {
                FieldType::Records(fields) => self.record(plan, fields, at).map(|()| 1),
                _ => self.trace_code(at),
            };
            match taken {
                Ok(taken) => count += taken,
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

    /// Takes what an element of a list of codes states, which begins at token `at`: a text, or a record with a code.
    fn trace_code(&mut self, at: usize) -> Result<u64, InElement> {
        let element = self.cells.tokens[at];
        let problem = match element.tag() {
            Tag::Text | Tag::SideText => return Ok(self.codes(element)),
            Tag::Null => Problem::NullElement,
            Tag::Object => {
                let code = self.field(element, at, self.trace_code);
                let problem = match code.tag() {
                    _ if code.is_absent() => Problem::Missing,
                    Tag::Text | Tag::SideText => return Ok(self.codes(code)),
                    _ => Problem::NotText,
                };
                return Err((Some(&TRACE_CODE), code, problem));
            }
            _ => Problem::NotText,
        };
        Err((None, element, problem))
    }

    /// The cell of a name in the object at token `at`.
    fn field(&self, object: Cell, at: usize, name: NameId) -> Cell {
        let mut key = at + 1;
        while key < object.end() {
            if self.cells.tokens[key].name() == name {
                return self.cells.tokens[key + 1];
            }
            key = self.after(key + 1);
        }
        Cell::ABSENT
    }

    /// Takes the codes of a text and says how many there are: none in an empty one.
    fn codes(&mut self, cell: Cell) -> u64 {
        let text = self.cells.text(self.line, cell);
        if !text.is_empty() && text.bytes().all(|byte| IS_OF_ONE_CODE[usize::from(byte)]) {
            let value = self.keep(cell);
            self.elements.push(value);
            return 1;
        }
        self.separate_codes(cell)
    }

    #[cold]
    fn separate_codes(&mut self, cell: Cell) -> u64 {
        let text = self.cells.text(self.line, cell);
        let before = self.elements.len();
        for code in text.split(|character: char| {
            matches!(character, ',' | ';' | '|' | '，' | '；' | '、') || character.is_whitespace()
        }) {
            if !code.is_empty() {
                self.content.text(code.as_bytes(), code.len());
                self.elements.push(Value::Text(code));
            }
        }
        (self.elements.len() - before) as u64
    }

    /// Takes one record of a list of records: the object at token `at`.
    fn record(&mut self, plan: &PlanField, fields: &'static [Field], at: usize) -> Result<(), InElement> {
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
        Ok(())
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
                let text = self.text(cell).ok_or(Problem::NotATime(TimeFault::Spelling))?;
                read_time(text).map_err(Problem::NotATime)?
            }
            FieldType::Date => {
                let text = self.text(cell).ok_or(Problem::NotADate(TimeFault::Spelling))?;
                i64::from(read_date(text).map_err(Problem::NotADate)?)
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

/// Bytes of a code that no separator of codes has; of other characters it is looked for one by one.
const IS_OF_ONE_CODE: [bool; 256] = {
    let mut is_of_one = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        is_of_one[byte as usize] = !matches!(byte, b',' | b';' | b'|');
        byte += 1;
    }
    is_of_one
};

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
