//! Records before they are written down.
//!
//! A record is kept by its meaning (a time, an exact number, a list), so that a recipe can aim at a threshold and
//! the spelling can be chosen later.

use crate::histories::shapes::{SHAPES, Shape};

/// One piece, in ten-thousandths.
pub(crate) const ONE: i64 = 10_000;

/// The meaning of one field.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Cell {
    /// A code, an id or a name.
    Text(String),
    /// An exact decimal: the value times ten to the `places`.
    Number(i64, u32),
    /// A field that may be text or number (`line_no`, `prd_days`).
    Label(i64),
    /// Seconds of China Standard Time.
    Time(i64),
    /// A civil day.
    Date(i64),
    /// A flag.
    Flag(bool),
    /// A list of codes.
    Texts(Vec<String>),
    /// A list of records.
    Records(Vec<Vec<(&'static str, Cell)>>),
    /// JSON text as it stands: how a fault is written.
    Raw(String),
}

/// One record: its kind and its present fields.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Record {
    /// One of the sixteen kinds.
    pub(crate) kind: &'static str,
    /// The present fields, in no special order.
    pub(crate) fields: Vec<(&'static str, Cell)>,
    /// When the bureau received it; no part of its content.
    pub(crate) received: Option<i64>,
}

/// Whether a change puts a record or withdraws it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Op {
    /// Inserts or replaces.
    Put,
    /// Withdraws.
    Del,
}

/// Text.
pub(crate) fn text(value: impl Into<String>) -> Cell {
    Cell::Text(value.into())
}

/// Money in fen.
pub(crate) fn fen(value: i64) -> Cell {
    Cell::Number(value, 2)
}

/// A quantity in ten-thousandths.
pub(crate) fn quantity(value: i64) -> Cell {
    Cell::Number(value, 4)
}

impl Record {
    /// An empty record of `kind`.
    pub(crate) fn new(kind: &'static str) -> Record {
        Record { kind, fields: Vec::new(), received: None }
    }

    /// The record with `name` set to `cell`, whatever it was before.
    pub(crate) fn with(mut self, name: &'static str, cell: Cell) -> Record {
        self.set(name, cell);
        self
    }

    /// Sets `name` to `cell`.
    pub(crate) fn set(&mut self, name: &'static str, cell: Cell) {
        match self.fields.iter_mut().find(|(field, _)| *field == name) {
            Some((_, old)) => *old = cell,
            None => self.fields.push((name, cell)),
        }
    }

    /// Takes `name` away.
    pub(crate) fn drop_field(&mut self, name: &str) {
        self.fields.retain(|(field, _)| *field != name);
    }

    /// The cell of `name`, if it is present.
    pub(crate) fn get(&self, name: &str) -> Option<&Cell> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, cell)| cell)
    }

    /// The text of `name`. Empty if it is absent or no text.
    pub(crate) fn text(&self, name: &str) -> String {
        match self.get(name) {
            Some(Cell::Text(value)) => value.clone(),
            _ => String::new(),
        }
    }

    /// The time of `name`, 0 if it is absent.
    pub(crate) fn time(&self, name: &str) -> i64 {
        match self.get(name) {
            Some(Cell::Time(value)) => *value,
            _ => 0,
        }
    }

    /// The shape of its kind.
    pub(crate) fn shape(&self) -> &'static Shape {
        SHAPES.iter().find(|shape| shape.kind == self.kind).expect("a record has one of the sixteen kinds")
    }
}
