//! What follows from a control draw for the institutions that the list left out.
//!
//! With decisions the estimate stands on those about the drawn institutions. Against a complete truth what would
//! have been found there is known, and so is what there is at all the others: the estimate is then a test of itself.

use std::collections::BTreeSet;

use super::alerts::{Judgement, NOWHERE};
use super::places::to_find;
use super::report::{Control, Yuan};
use crate::truth::Truth;
use selection::estimate::{ControlFindings, estimate};

/// A list with its control draw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlDraw {
    /// Institutions that the ranking put on the list.
    pub ranked: BTreeSet<String>,
    /// Institutions that were drawn.
    pub drawn: Vec<String>,
    /// How many were not ranked.
    pub open: usize,
    /// What decisions found at those drawn.
    pub answers: ControlFindings,
    /// Seed of the interval.
    pub seed: String,
}

impl Judgement {
    /// The estimate of a draw; none where nothing is known of anybody drawn.
    pub(super) fn control(&self, draw: &ControlDraw) -> Option<Control> {
        let complete = matches!(self.truth, Truth::Planted(_));
        let money = if complete { to_find(self) } else { Vec::new() };
        let found: Vec<i64> = if complete {
            let of = |code: &String| self.places.get(code).map_or(0, |&place| money[place]);
            draw.drawn.iter().map(of).collect()
        } else {
            draw.answers.found_fen.values().copied().collect()
        };
        let estimate = estimate(&found, draw.open, &draw.seed)?;
        let truth = complete.then(|| {
            let open = |place: &usize| !draw.ranked.contains(&self.codes[*place]);
            (NOWHERE + 1..self.codes.len()).filter(open).map(|place| money[place]).sum::<i64>()
        });
        let holds =
            |truth: i64| estimate.low_fen <= truth && estimate.high_fen.is_none_or(|high| truth <= high);
        Some(Control {
            unranked: estimate.population,
            drawn: draw.drawn.len(),
            decided: estimate.visited,
            found: Yuan(estimate.found_fen),
            money: Yuan(estimate.total_fen),
            money_low: Yuan(estimate.low_fen),
            money_high: estimate.high_fen.map(Yuan),
            few: estimate.few,
            truth: truth.map(Yuan),
            covered: truth.map(holds),
        })
    }
}
