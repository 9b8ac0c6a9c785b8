//! What a person types.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Watches the money of a medical-insurance fund while it is being spent.
#[derive(Debug, Parser)]
#[command(name = "fundwatch", version, propagate_version = true)]
pub struct Command {
    /// What to do.
    #[command(subcommand)]
    pub what: What,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Run records through the rules: alerts, events, rejects, coverage and a summary come out.
    Run(RunArgs),
    /// Say why an alert stands, or why a subject raised none.
    Explain(ExplainArgs),
    /// Show what it does on a small built-in region, in a few seconds.
    Demo(DemoArgs),
    /// Look after rules and knowledge tables.
    Rules(RulesArgs),
    /// Make up a region: ordinary life, planted cases and their truth.
    Synth(SynthArgs),
    /// Measure: decoding, loading, ticks, corrections, a rule change.
    Bench(BenchArgs),
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Files and folders of changes, read in this order: .ndjson or .jsonl; .csv and .parquet named after their kind
    /// (fee_line.csv); .gz and .zst of NDJSON and CSV. A file of any other name is read as NDJSON; in a folder it is
    /// skipped.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Where the outputs go.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// A rule bank of your own: DIR/tables/*.csv, and DIR/rules/**/*.toml if it has any.
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// What "now" is: a time (2025-03-31 12:00:00) or a date; else the newest event time of the records.
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// Worker threads; the answers are the same for any number.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: u16,
    /// Lines after which a tick closes.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub tick: u64,
    /// No progress on stderr.
    #[arg(long, short)]
    pub quiet: bool,
}

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
    /// Language of the page: zh or en; else that of LC_ALL, LC_MESSAGES or LANG.
    #[arg(long, value_parser = ["zh", "en"])]
    pub lang: Option<String>,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Keep records, tables and outputs here instead of in a temporary folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// What to do with the bank.
    #[command(subcommand)]
    pub what: RulesWhat,
}

/// What to do with a bank.
#[derive(Debug, Subcommand)]
pub enum RulesWhat {
    /// Say all that is wrong with rules and tables.
    Check(BankArgs),
    /// Run the cases that stand in the rule files.
    Test(BankArgs),
    /// Bend each threshold, comparison and table cell of the rules: does a case notice?
    Mutate(MutateArgs),
    /// List the rules.
    List(BankArgs),
    /// Show one rule in full.
    Show {
        /// Its id, such as A05.
        id: String,
        /// Language: zh or en.
        #[arg(long, default_value = "en", value_parser = ["zh", "en"])]
        lang: String,
        /// Which bank.
        #[command(flatten)]
        bank: BankArgs,
    },
}

/// Arguments of `rules mutate`.
#[derive(Debug, Args)]
pub struct MutateArgs {
    /// Which bank.
    #[command(flatten)]
    pub bank: BankArgs,
    /// Only this rule; may be said several times.
    #[arg(long, value_name = "ID")]
    pub rule: Vec<String>,
    /// Write the result here as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Take the result as the baseline of the bank's folder.
    #[arg(long, requires = "rules")]
    pub accept: bool,
    /// No progress on stderr.
    #[arg(long, short)]
    pub quiet: bool,
}

/// Which bank.
#[derive(Debug, Args)]
pub struct BankArgs {
    /// A rule bank of your own instead of the built-in one.
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
}

/// Arguments of `synth`.
#[derive(Debug, Args)]
pub struct SynthArgs {
    /// Where records/, rules/ and truth.ndjson go.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The seed of everything: same seed, same bytes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Visits in the region.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub visits: u64,
    /// Months they spread over.
    #[arg(long, value_name = "M", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=120))]
    pub months: u32,
    /// Planted schemes: none, all, or names separated by commas.
    #[arg(long, value_name = "NAMES", default_value = "all")]
    pub schemes: String,
    /// How blatant they are, 0 to 1.
    #[arg(long, value_name = "S", default_value_t = 1.0)]
    pub strength: f64,
    /// No progress on stderr.
    #[arg(long, short)]
    pub quiet: bool,
}

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Visits in the region; about 8.3 fee lines each.
    #[arg(long, value_name = "N", default_value_t = 120_000, value_parser = clap::value_parser!(u64).range(1000..))]
    pub visits: u64,
    /// Worker threads.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: u16,
    /// Write the figures here as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// A region made before by `synth`, instead of a new one.
    #[arg(long, value_name = "DIR")]
    pub region: Option<PathBuf>,
    /// No progress on stderr.
    #[arg(long, short)]
    pub quiet: bool,
}
