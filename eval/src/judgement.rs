//! The judgement on a run: how many of its alerts are right, what was missed, what the candidate list is worth.
//!
//! A [`Judgement`] takes the alerts one by one and ends as a [`Report`]: data with stable names, for machines and for
//! the page. `docs/evaluation.md` has each measure with its formula. Files are read and pages written elsewhere.

mod alerts;
pub mod control;
mod places;
pub mod report;
mod sums;

use std::collections::BTreeSet;

use crate::measure;
use crate::truth::Truth;
use crate::truth::labels::{Breadth, Labels};
pub use alerts::{Judgement, Ranked, RuleFacts, Settings};
use control::ControlDraw;
use report::{Intervals, LabelBasis, Report, RunFacts, TruthBasis, Yuan};

impl Judgement {
    /// The report. `list` is the order of the candidate list, `without_models` the one it would have without
    /// the alerts of models, `draw` a list that was published with its control group.
    pub fn report(
        mut self,
        list: &[Ranked],
        without_models: &[Ranked],
        draw: Option<&ControlDraw>,
    ) -> Report {
        // What nobody has decided is closed first: everything below counts it.
        self.close_undecided();
        let sums = sums::Totals::of(&self);
        let models = self.rules.iter().any(|(_, facts)| facts.model);
        let measures = sums.measures(&self);
        let places = places::InstitutionOrders::of(&self, list, models.then_some(without_models));
        Report {
            now: self.settings.now.map(records::time::format_time),
            truth: self.basis(),
            intervals: Intervals {
                level: measure::LEVEL,
                seed: self.settings.seed,
                resamples: measure::bootstrap::RESAMPLES,
            },
            run: RunFacts {
                alerts: self.judged.len(),
                exempted: self.exempted,
                institutions: self.codes.len() - 1,
                months: self.months.iter().cloned().collect(),
                settlements: self.settlements,
                fund_pay_sumamt: Yuan(self.turnover.iter().sum()),
            },
            all: measures.all,
            without_models: models.then_some(measures.without_models),
            families: measures.families,
            rules: measures.rules,
            schemes: measures.schemes,
            chances: sums::chances(&self),
            list: places.list(),
            calibration: places.calibration(),
            models: models.then(|| places.models(&self)),
            control: draw.and_then(|draw| self.control(draw)),
        }
    }

    fn basis(&self) -> TruthBasis {
        let findings = self.truth.findings();
        let cases: BTreeSet<&str> = findings.iter().map(|finding| finding.case_id.as_str()).collect();
        let (findings, cases) = (findings.len(), cases.len());
        match &self.truth {
            Truth::Planted(_) => TruthBasis { kind: "planted", findings, cases, labels: None },
            Truth::Labels(labels) => TruthBasis {
                kind: "labels",
                findings,
                cases,
                labels: Some(label_basis(labels, self.settings)),
            },
        }
    }
}

/// What decisions there are, for the report.
fn label_basis(labels: &Labels, settings: Settings) -> LabelBasis {
    let counts = labels.counts;
    let name = |breadth: &Breadth| match breadth {
        Breadth::Alert => "alert",
        Breadth::Record => "record",
        Breadth::Owner => "owner",
    };
    LabelBasis {
        labels: counts.labels,
        young: counts.young,
        undecided: counts.undecided,
        vague: counts.vague,
        delay_days: settings.delay,
        unlabelled: if settings.negative { "negative" } else { "unknown" },
        alerts_by: labels.by_breadth.iter().map(|(breadth, n)| (name(breadth), *n)).collect(),
    }
}

#[cfg(test)]
mod tests;
