//! The values of a change as a row is written from them.
//!
//! A kind asks for its fields by their positions in the [`schema`](crate::schema), which [`field!`] finds while compiling; a name
//! that the schema does not know does not compile. Absent values are zeros and empty texts.

use super::layout::{Bits, RowBuilder, low};
use crate::arena::TextRef;
use crate::decode::{Change, Value};
use crate::time::Moment;

/// What a change refers to, interned.
pub trait Intern {
    /// What can go wrong.
    type Error;
    /// Where a text stands; [`TextRef::NONE`] for the empty one.
    ///
    /// # Errors
    /// When there is no room for it.
    fn intern(&mut self, text: &str) -> Result<TextRef, Self::Error>;
}

/// The position of a field of a kind.
macro_rules! field {
    ($kind:ident . $name:literal) => {{
        const AT: usize = $crate::schema::position($crate::schema::fields($crate::Kind::$kind), $name);
        AT
    }};
}
pub(super) use field;

/// Values of a change by field position.
#[derive(Clone, Copy)]
pub(super) struct Given<'a, 'c> {
    /// The change.
    pub(super) change: &'a Change<'c>,
}

impl<'c> Given<'_, 'c> {
    /// A text, `""` if absent.
    #[inline]
    pub(super) fn text(&self, field: usize) -> &'c str {
        match self.change.values[field] {
            Value::Text(text) => text,
            _ => "",
        }
    }
    /// A whole number of the field's unit, 0 if absent.
    #[inline]
    pub(super) fn int(&self, field: usize) -> i64 {
        self.maybe(field).unwrap_or(0)
    }
    /// A whole number of the field's unit.
    #[inline]
    pub(super) fn maybe(&self, field: usize) -> Option<i64> {
        match self.change.values[field] {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }
    /// The position of a code in its list, 0 if absent.
    #[inline]
    pub(super) fn position(&self, field: usize) -> u32 {
        low(self.int(field).cast_unsigned())
    }
    /// A number that is not whole.
    #[inline]
    pub(super) fn number(&self, field: usize) -> Option<f64> {
        match self.change.values[field] {
            Value::Number(value) => Some(value),
            _ => None,
        }
    }
    /// Elements of a list field; a record takes one element per field.
    #[inline]
    pub(super) fn list(&self, field: usize) -> &'c [Value<'c>] {
        match self.change.values[field] {
            Value::List { begin, end } => &self.change.elements[begin as usize..end as usize],
            _ => &[],
        }
    }
}

/// Writes the fields of a change into a row.
pub(super) struct RowWriter<'a, 'c, I> {
    /// The row.
    pub(super) row: &'a mut RowBuilder,
    /// The values.
    pub(super) given: Given<'a, 'c>,
    /// Interns texts.
    pub(super) texts: &'a mut I,
}

impl<I: Intern> RowWriter<'_, '_, I> {
    /// A text that is always there: one word.
    #[inline]
    pub(super) fn text(&mut self, field: usize) -> Result<(), I::Error> {
        let text = self.texts.intern(self.given.text(field))?;
        self.row.text(text);
        Ok(())
    }
    /// A text that may be absent: a flag and, if it is there, one word.
    #[inline]
    pub(super) fn optional_text(&mut self, present: Bits, field: usize) -> Result<(), I::Error> {
        let text = self.texts.intern(self.given.text(field))?;
        self.row.optional_text(present, text);
        Ok(())
    }
    /// A number: one word, or two and a flag.
    #[inline]
    pub(super) fn int(&mut self, wide: Bits, field: usize) {
        self.row.int(wide, self.given.int(field));
    }
    /// A number that may be absent.
    #[inline]
    pub(super) fn optional_int(&mut self, present: Bits, wide: Bits, value: Option<Moment>) {
        if let Some(value) = value {
            self.row.set(present, 1);
            self.row.int(wide, value);
        }
    }
    /// A number that may be absent, of two words.
    #[inline]
    pub(super) fn optional_wide(&mut self, present: Bits, value: Option<i64>) {
        if let Some(value) = value {
            self.row.set(present, 1);
            self.row.wide(value);
        }
    }
    /// A day that may be absent: a flag and, if it is there, one word.
    #[inline]
    pub(super) fn optional_day(&mut self, present: Bits, field: usize) {
        if let Some(day) = self.given.maybe(field) {
            self.row.set(present, 1);
            self.row.word(low(day.cast_unsigned()));
        }
    }
    /// The position of a code, in a word of its own.
    #[inline]
    pub(super) fn code(&mut self, field: usize) {
        self.row.word(self.given.position(field));
    }
    /// A flag of the header.
    #[inline]
    pub(super) fn flag(&mut self, flag: Bits, on: bool) {
        self.row.set(flag, u64::from(on));
    }
    /// How many elements follow.
    #[inline]
    pub(super) fn length(&mut self, count: usize) {
        self.row.word(length(count));
    }
    /// A list of texts with its length before it.
    #[inline]
    pub(super) fn texts(&mut self, field: usize) -> Result<(), I::Error> {
        let list = self.given.list(field);
        self.length(list.len());
        for text in list {
            let Value::Text(text) = text else { continue };
            let text = self.texts.intern(text)?;
            self.row.text(text);
        }
        Ok(())
    }
}

/// A count as a word.
#[inline]
pub(super) fn length(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
