//! Trace codes without fillers.

use crate::arena::{Arena, RowRef, TextRef};
use crate::filler::Fillers;
use crate::row::{self, Dispensing};

/// A dispensing as sent, without fillers.
pub(super) fn clean_sale(arena: &Arena, fillers: &Fillers, row: RowRef) -> Dispensing {
    let mut sale = row::dispensing(arena, row);
    if let Some(clean) = clean_codes(arena, fillers, &sale.codes) {
        sale.codes = clean;
    }
    sale
}

/// The codes that are no fillers, if any of them is one.
pub(super) fn clean_codes(arena: &Arena, fillers: &Fillers, codes: &[TextRef]) -> Option<Vec<TextRef>> {
    if codes.is_empty() || *fillers == Fillers::default() {
        return None;
    }
    let texts: Vec<String> = codes.iter().map(|code| arena.text(*code)).collect();
    let fillers = fillers.fillers_among(&texts);
    if !fillers.contains(&true) {
        return None;
    }
    Some(codes.iter().zip(fillers).filter(|(_, is_filler)| !is_filler).map(|(code, _)| *code).collect())
}
