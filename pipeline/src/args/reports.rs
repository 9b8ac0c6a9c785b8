//! What is typed to make something of a run's folder: an explanation, a dossier, a list, a judgement.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The alert, by its id or a beginning of it that fits no other; after --not: the files and folders of
    /// changes that the run read.
    #[arg(value_name = "ALERT_ID or PATH")]
    pub things: Vec<PathBuf>,
    /// Say why this subject raised no alert: the rule and the parts of the subject's key, as in "A05 V1 V2".
    #[arg(long, num_args = 2.., value_names = ["RULE", "KEY"])]
    pub not: Vec<String>,
    /// The folder of the run.
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// A JSON document instead of a page.
    #[arg(long)]
    pub json: bool,
    /// Show persons by numbers, as dossiers do.
    #[arg(long)]
    pub masked: bool,
    /// Language of the page: zh or en; else that of LC_ALL, LC_MESSAGES or LANG.
    #[arg(long, value_parser = ["zh", "en"])]
    pub lang: Option<String>,
}

/// Arguments of `dossier`.
#[derive(Debug, Args)]
pub struct DossierArgs {
    /// The institution, by its fixmedins_code.
    #[arg(value_name = "CODE")]
    pub code: String,
    /// The folder of the run.
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// Where the page goes.
    #[arg(long, value_name = "FILE.html")]
    pub out: PathBuf,
    /// Language of the page: zh or en; else that of LC_ALL, LC_MESSAGES or LANG.
    #[arg(long, value_parser = ["zh", "en"])]
    pub lang: Option<String>,
    /// Findings of each rule that are told in full, those of the most money first.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub findings: u32,
    /// Leave the tokens of persons as they are; the page says so.
    #[arg(long)]
    pub unmasked: bool,
    /// Replace a file that is no dossier, or that somebody changed.
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct ListArgs {
    /// Verify a list, or estimate from its control group.
    #[command(subcommand)]
    pub what: Option<ListAction>,
    /// Folders of runs, such as regions or months; of an alert in several of them the later argument stands.
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    pub from: Vec<PathBuf>,
    /// Only what occurred in these days or months: 2025-01..2025-03, 2025-01-15..2025-02-10.
    #[arg(long, value_name = "A..B")]
    pub period: Option<String>,
    /// Fill a plan of this many inspector days.
    #[arg(long, value_name = "N")]
    pub days: Option<String>,
    /// How many the ranking takes at most [default: 50].
    #[arg(long, value_name = "N")]
    pub top: Option<u64>,
    /// Whom to rank.
    #[arg(long, default_value = "institutions", value_parser = ["institutions", "practitioners", "persons"])]
    pub of: String,
    /// Draw this many of the institutions that are not ranked by lot.
    #[arg(long, value_name = "K")]
    pub control: Option<u64>,
    /// What the lots are drawn with; whoever knows it and the frame can repeat the draw.
    #[arg(long, value_name = "TEXT")]
    pub seed: Option<String>,
    /// Draw teams of these inspectors: CSV with id, admdvs (home region), recusals (institutions and regions, by ;).
    #[arg(long, value_name = "FILE.csv")]
    pub inspectors: Option<PathBuf>,
    /// How many inspectors go together.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub team: u64,
    /// Inspector days by type and level, instead of the built-in table: CSV with fixmedins_type, hosp_lv, days.
    #[arg(long, value_name = "FILE.csv")]
    pub effort: Option<PathBuf>,
    /// Where the list goes, by its ending; its facts go to NAME.draw.json and its frame to NAME.frame.txt beside it.
    /// Without it NDJSON goes to stdout.
    #[arg(long, value_name = "FILE.ndjson|.xlsx|.html")]
    pub out: Option<PathBuf>,
    /// Where the frame goes instead: the codes among which is drawn, sorted, one per line.
    #[arg(long, value_name = "FILE")]
    pub frame_out: Option<PathBuf>,
    /// Language of pages: zh or en; else that of LC_ALL, LC_MESSAGES or LANG.
    #[arg(long, value_parser = ["zh", "en"])]
    pub lang: Option<String>,
    /// Leave the tokens of persons as they are in what is made for people; the file says so.
    #[arg(long)]
    pub unmasked: bool,
    /// Replace files that are no list, or that somebody changed.
    #[arg(long)]
    pub force: bool,
}

/// What to do with a list that was made.
#[derive(Debug, Subcommand)]
pub enum ListAction {
    /// Repeat the draws of a list from its frame and seed; exit code 1 where they differ.
    Verify(ListVerifyArgs),
    /// Estimate what the ranking misses, once decisions about the control group have come back.
    Estimate(ListEstimateArgs),
}

/// Arguments of `list verify`.
#[derive(Debug, Args)]
pub struct ListVerifyArgs {
    /// The list; of a spreadsheet or page the facts beside it are read.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The frame as it was published.
    #[arg(long, value_name = "FILE")]
    pub frame: PathBuf,
    /// The seed as it was agreed on.
    #[arg(long, value_name = "TEXT")]
    pub seed: String,
    /// The inspectors' file as it was published: verifies the teams too.
    #[arg(long, value_name = "FILE.csv")]
    pub inspectors: Option<PathBuf>,
}

/// Arguments of `list estimate`.
#[derive(Debug, Args)]
pub struct ListEstimateArgs {
    /// The list; its facts are read beside it.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Decisions: the folder of a later run, or lines of labels.
    #[arg(long, value_name = "DIR|FILE")]
    pub labels: PathBuf,
    /// The list's facts, or its page, with the estimate in it.
    #[arg(long, value_name = "FILE.json|.html")]
    pub out: Option<PathBuf>,
    /// Replace a file that is no list, or that somebody changed.
    #[arg(long)]
    pub force: bool,
    /// Language: zh or en; else that of LC_ALL, LC_MESSAGES or LANG.
    #[arg(long, value_parser = ["zh", "en"])]
    pub lang: Option<String>,
}

/// Arguments of `eval`.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// The folder of the run.
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// What is true: a truth.ndjson of `synth`, a file of label changes, or the word "labels" for the decisions that
    /// the run itself read.
    #[arg(long, value_name = "FILE")]
    pub truth: PathBuf,
    /// Where report.json and report.html go.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Days after which a decision counts; younger ones are unknown.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub delay: u32,
    /// What an alert is that nobody decided: unknown, or negative; the report says so.
    #[arg(long, value_name = "WHAT", default_value = "unknown", value_parser = ["unknown", "negative"])]
    pub unlabelled: String,
    /// A list of `list --control`, with its .draw.json beside it: the report then says what the list leaves out.
    #[arg(long, value_name = "FILE")]
    pub list: Option<PathBuf>,
    /// Inspector days by type and level, instead of the built-in table; as for `list`.
    #[arg(long, value_name = "FILE")]
    pub effort: Option<PathBuf>,
    /// Replace reports that `eval` did not make, or that somebody changed.
    #[arg(long)]
    pub force: bool,
    /// The seed of resamples and random orders: same seed, same bytes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Language of the page and the summary: zh or en; else that of LC_ALL, LC_MESSAGES or LANG.
    #[arg(long, value_parser = ["zh", "en"])]
    pub lang: Option<String>,
}
