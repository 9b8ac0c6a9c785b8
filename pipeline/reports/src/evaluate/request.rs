//! What is asked of a judgement, and the names of its files.

use std::path::{Path, PathBuf};

use rulebank::Lang;

/// The report for machines.
pub(super) const JSON: &str = "report.json";
/// The report for people.
pub(super) const HTML: &str = "report.html";

/// What is asked of a judgement.
#[derive(Clone, Debug)]
pub struct EvalRequest {
    /// The folder of the run.
    pub from: PathBuf,
    /// The truth: a file of the simulator's or of label changes, or the word `labels` for the run's own decisions.
    pub truth: PathBuf,
    /// Where the reports go.
    pub out: PathBuf,
    /// Days after which a decision counts.
    pub delay: u32,
    /// Whether an alert that nobody decided is taken as wrong, and not as unknown.
    pub unlabelled_is_negative: bool,
    /// A list with its control group: the report then states what the list leaves out.
    pub list: Option<PathBuf>,
    /// Inspector days by type and level, instead of the built-in table.
    pub effort: Option<PathBuf>,
    /// Whether files go that no judgement was.
    pub force: bool,
    /// The seed of resamples and random orders.
    pub seed: u64,
    /// Language of the page and the summary.
    pub lang: Lang,
}

/// The files of a report.
pub(super) fn report_files(out: &Path) -> [PathBuf; 2] {
    [out.join(HTML), out.join(JSON)]
}
