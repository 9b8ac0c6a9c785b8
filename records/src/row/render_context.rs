//! Where a kind puts its fields when a row is rendered as text.
//!
//! Formats are those of the wire: days and moments as written there, yuan with two places, quantities with up to four.
//! Absent fields are left out.

use crate::arena::{Arena, TextRef};
use crate::decimal::format_scaled;
use crate::time::{Day, Moment, format_date, format_time};

/// Fields by their national names, in the order of the contract's section 2.
pub type RenderedFields = Vec<(&'static str, String)>;

/// Collects the rendered fields of one row.
pub(super) struct RenderContext<'a> {
    arena: &'a Arena,
    fields: RenderedFields,
}

impl<'a> RenderContext<'a> {
    /// For a row of this arena.
    pub(super) fn new(arena: &'a Arena) -> RenderContext<'a> {
        RenderContext { arena, fields: Vec::new() }
    }
    /// What was rendered.
    pub(super) fn into_fields(self) -> RenderedFields {
        self.fields
    }
    /// A field and its value.
    pub(super) fn put(&mut self, name: &'static str, value: impl Into<String>) {
        self.fields.push((name, value.into()));
    }
    /// A text, left out if absent.
    pub(super) fn text(&mut self, name: &'static str, text: TextRef) {
        if text.is_some() {
            self.put(name, self.arena.text(text));
        }
    }
    /// A day, left out if absent.
    pub(super) fn day(&mut self, name: &'static str, day: Option<Day>) {
        if let Some(day) = day {
            self.put(name, format_date(day));
        }
    }
    /// A moment, left out if absent.
    pub(super) fn moment(&mut self, name: &'static str, moment: Option<Moment>) {
        if let Some(moment) = moment {
            self.put(name, format_time(moment));
        }
    }
    /// `1` or `0`.
    pub(super) fn flag(&mut self, name: &'static str, on: bool) {
        self.put(name, if on { "1" } else { "0" });
    }
    /// A quantity with its four places.
    pub(super) fn quantity(&mut self, name: &'static str, quantity: i64) {
        self.put(name, format_scaled(quantity, 4));
    }
    /// A code of which the row keeps only whether it is that one.
    pub(super) fn one_of(
        &mut self,
        name: &'static str,
        is: bool,
        code: &str,
        others: impl FnOnce() -> String,
    ) {
        self.put(name, if is { code.to_owned() } else { others() });
    }
    /// Entries joined by `; `, left out if there are none.
    pub(super) fn list(&mut self, name: &'static str, entries: impl Iterator<Item = String>) {
        let entries: Vec<String> = entries.collect();
        if !entries.is_empty() {
            self.put(name, entries.join("; "));
        }
    }
    /// Texts joined by `; `.
    pub(super) fn codes(&mut self, name: &'static str, codes: &[TextRef]) {
        let arena = self.arena;
        self.list(name, codes.iter().map(|code| arena.text(*code)));
    }
}
