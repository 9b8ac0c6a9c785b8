//! What a person types.

mod reports;
mod service;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use reports::{
    DossierArgs, EvalArgs, ExplainArgs, ListAction, ListArgs, ListEstimateArgs, ListVerifyArgs,
};
use service::HERE;
pub use service::{ServiceArgs, TlsArgs};

/// Watches the money of a medical-insurance fund while it is being spent.
#[derive(Debug, Parser)]
#[command(name = "fundwatch", version, propagate_version = true)]
pub struct Command {
    /// What to do.
    #[command(subcommand)]
    pub what: Subcommands,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Subcommands {
    /// Run records through the rules: alerts, events, rejects, coverage and a summary come out.
    Run(RunArgs),
    /// Say why an alert stands, or why a subject raised none.
    Explain(ExplainArgs),
    /// Make a page about one institution, to read and to print: findings, evidence, clauses, what to ask and to seize.
    Dossier(DossierArgs),
    /// List whom to inspect: ranked by what a day of inspection can be expected to bring, and a control group by lot.
    List(Box<ListArgs>),
    /// Show what it does on a small built-in region, in a few seconds.
    Demo(DemoArgs),
    /// Look after rules and knowledge tables.
    Rules(RulesArgs),
    /// Make up a region: ordinary life, planted cases and their truth.
    Synth(SynthArgs),
    /// Say how good a run's alerts are, against planted truth or decisions.
    Eval(EvalArgs),
    /// Print the JSON Schema of an output, or the names of all outputs.
    Schema(SchemaArgs),
    /// Run for ever: changes come in by HTTP and from a watched folder, alerts and events go out.
    Serve(ServeArgs),
    /// Run the live service as several processes on this machine; when one ends, all are started again.
    Cluster(ClusterArgs),
    /// Look at the configuration of the live service.
    Config(ConfigArgs),
    /// Make a token for somebody who may come in: it is shown once, with the lines for the configuration.
    Token(TokenArgs),
    /// Look at what the live service needs: configuration, rules, disk, state, access, address, clock, broker.
    Doctor(DoctorArgs),
    /// Watch a running service: changes, ticks, alerts, lag, memory and disk, each second.
    Top(TopArgs),
    /// What a running service rejected: list it, show one, send it again.
    Dlq(DlqArgs),
    /// Copy the state of a running service, while it goes on.
    Backup(BackupArgs),
    /// Put a backup in the place of a state that is not there yet.
    Restore(RestoreArgs),
    /// Measure: decoding, loading, ticks, corrections, a rule change.
    Bench(BenchArgs),
}

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// Name of the backup in the service's folder of backups.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The running service.
    #[command(flatten)]
    pub service: ServiceArgs,
}

/// Arguments of `restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Folder of the backup.
    #[arg(value_name = "BACKUP")]
    pub backup: PathBuf,
    /// Folder of the state that is made of it.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Who puts it back, for the audit trail; without this, the user of this machine.
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// What is done with the bank of a running service.
#[derive(Debug, Subcommand)]
pub enum LiveBankAction {
    /// Propose a bank: its difference is computed and shown, and it waits for another person.
    Apply {
        /// Folder of the bank.
        #[arg(value_name = "DIR")]
        bank: PathBuf,
        /// Who proposes it.
        #[arg(long, value_name = "NAME")]
        by: String,
        /// The running service.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// Propose the bank in force with shadow rules made active.
    Promote {
        /// Ids of the rules.
        #[arg(required = true, value_name = "ID")]
        rules: Vec<String>,
        /// Who proposes it.
        #[arg(long, value_name = "NAME")]
        by: String,
        /// The running service.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// Approve the proposed bank, and wait until it is in force.
    Approve {
        /// Id of the bank, as `apply` has shown it.
        #[arg(value_name = "BANK")]
        bank: String,
        /// Who approves it: another person than who proposed it.
        #[arg(long, value_name = "NAME")]
        by: String,
        /// The running service.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// Take the proposed bank back.
    Withdraw {
        /// The running service.
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// Show the proposed bank.
    Candidate {
        /// The running service.
        #[command(flatten)]
        service: ServiceArgs,
    },
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Files and folders of changes, read in this order: .ndjson or .jsonl; .csv and .parquet named after their kind
    /// (fee_line.csv, fee_line_202503.csv, fee_line.parquet/part-0.parquet); .gz and .zst of NDJSON and CSV. A file of
    /// any other name is read as NDJSON; in a folder it is skipped.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Where the outputs go.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// A rule bank of your own: DIR/tables/*.csv, and DIR/rules/**/*.toml if it has any.
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// What "now" is: a time (2025-03-31 12:00:00) or a date; else the newest event time of the records that are not
    /// dated later than tomorrow.
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// Worker threads, at most 4 for each core (8 anywhere); the answers are the same for any number.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: u16,
    /// Lines after which a tick closes.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub tick: u64,
    /// Replace files of DIR that no run made, and name them; what the run reads is never replaced.
    #[arg(long)]
    pub force: bool,
    /// No progress on stderr.
    #[arg(long, short)]
    pub quiet: bool,
}

/// Arguments of `serve`; what is not given here stands in the configuration, or has its default.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The configuration, a TOML file.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the state is [default: fundwatch-data].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where it listens [default: 127.0.0.1:8300].
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<std::net::SocketAddr>,
    /// A rule bank of your own: DIR/tables/*.csv, and DIR/rules/**/*.toml if it has any.
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// Worker threads, of each process if there are several; the answers are the same for any number [default: 1].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,
    /// Several processes: the host:port of each, with commas between, or a file with one a line.
    #[arg(long, value_name = "LIST|FILE")]
    pub hosts: Option<String>,
    /// Which of the hosts this process is; 0 leads and has the state, the others need neither disk nor configuration.
    #[arg(long, value_name = "K", env = "FUNDWATCH_PROCESS")]
    pub process: Option<usize>,
    /// What all processes know and nobody else; must be there where other machines can reach the hosts.
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// End when the process of this id, which started this one, is gone.
    #[arg(long, value_name = "PID", hide = true)]
    pub attached: Option<u32>,
}

/// Arguments of `cluster`.
#[derive(Debug, Args)]
pub struct ClusterArgs {
    /// How many processes.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=64))]
    pub processes: u16,
    /// Worker threads of each process [default: 1].
    #[arg(long, value_name = "W", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,
    /// When starts do not last, the pause before the next one doubles up to so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub pause_max: u64,
    /// Options of `serve`, for all of them.
    #[arg(last = true, value_name = "OPTIONS OF SERVE")]
    pub options: Vec<std::ffi::OsString>,
}

/// Arguments of `config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub what: ConfigAction,
}

/// What `config` does.
#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Say whether a file is a configuration that fits together.
    Check {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Arguments of `token`.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// The name under which the audit knows them.
    #[arg(long, value_name = "NAME", default_value = "NAME")]
    pub name: String,
    /// What they are here for: inspector, head, rule_owner, model_owner, operator, auditor, sender; several with commas.
    #[arg(long, value_name = "ROLE", value_delimiter = ',', default_value = "inspector")]
    pub role: Vec<String>,
    /// First 2, 4 or all 6 digits of the divisions that they see; several with commas.
    #[arg(long, value_name = "DIGITS", value_delimiter = ',')]
    pub division: Vec<String>,
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The configuration, a TOML file; else that of a service without one.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the state is, if not as configured.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// Arguments of `top`.
#[derive(Debug, Args)]
pub struct TopArgs {
    /// The running service: http://HOST:PORT, or https://HOST:PORT with --ca.
    #[arg(long, value_name = "URL", default_value = HERE)]
    pub url: String,
    /// By what both know each other.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// What the service knows you by, where it asks; better given as FUNDWATCH_TOKEN, which other users do not see.
    #[arg(long, value_name = "TOKEN", env = "FUNDWATCH_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Look twice, a second apart, print it and end: with 0 if the service is ready, 1 if it answers and is not, 2 if
    /// it does not answer.
    #[arg(long)]
    pub once: bool,
}

/// Arguments of `dlq`.
#[derive(Debug, Args)]
pub struct DlqArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: DlqAction,
    /// The running service.
    #[command(flatten)]
    pub service: ServiceArgs,
}

/// What `dlq` does.
#[derive(Debug, Subcommand)]
pub enum DlqAction {
    /// List what was rejected: number, code, where it came from, why.
    List {
        /// Only those after this number.
        #[arg(long, value_name = "N", default_value_t = 0)]
        after: u64,
        /// Only those of this code.
        #[arg(long, value_name = "CODE")]
        code: Option<String>,
        /// At most so many.
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
    },
    /// Show one, with all of it.
    Show {
        /// Its number.
        #[arg(value_name = "N")]
        number: u64,
    },
    /// Send some again, as they came: what was wrong may have been the rules of reading.
    Replay {
        /// Their numbers.
        #[arg(required = true, value_name = "N")]
        numbers: Vec<u64>,
    },
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Keep records, tables and outputs here instead of in a temporary folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Let the region flow into a live service, and show alerts as they come, change and withdraw.
    #[arg(long)]
    pub live: bool,
    /// Replace files of DIR that no demo made, and name them.
    #[arg(long)]
    pub force: bool,
    /// With --live: changes a second.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    pub speed: u64,
    /// With --live: where the service listens.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8300")]
    pub listen: std::net::SocketAddr,
}

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// What to do with the bank.
    #[command(subcommand)]
    pub what: RulesAction,
}

/// What to do with a bank.
#[derive(Debug, Subcommand)]
pub enum RulesAction {
    /// Say all that is wrong with rules and tables.
    Check(BankArgs),
    /// Run the cases that stand in the rule files.
    Test(BankArgs),
    /// Bend each threshold, comparison and table cell of the rules: does a case notice?
    Mutate(MutateArgs),
    /// Say what another bank would do to the alerts of these records: which come, go and change, and why.
    ///
    /// The records are read once, under BANK_A; then the running dataflow changes to BANK_B. A difference is a result
    /// and no failure: the exit code is 0 either way.
    Diff(DiffArgs),
    /// The bank of a running service: propose another, approve it, take it back.
    #[command(flatten)]
    Live(LiveBankAction),
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

/// Arguments of `rules diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The bank in force: a folder as `run --rules` takes it, or `builtin` for the one in the program.
    #[arg(value_name = "BANK_A")]
    pub before: PathBuf,
    /// The bank to be tried, likewise.
    #[arg(value_name = "BANK_B")]
    pub after: PathBuf,
    /// Files and folders of changes, as `run` reads them.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Write the difference here: FILE.ndjson (a line for each alert that differs, sorted by alert_id) or FILE.html (a
    /// page); may be said several times.
    #[arg(long, value_name = "FILE")]
    pub out: Vec<PathBuf>,
    /// What "now" is: a time (2025-03-31 12:00:00) or a date; else the newest event time of the records that are not
    /// dated later than tomorrow.
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// Worker threads, at most 4 for each core (8 anywhere); the answers are the same for any number.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: u16,
    /// Language of text and page: zh or en; else that of LC_ALL, LC_MESSAGES or LANG.
    #[arg(long, value_parser = ["zh", "en"])]
    pub lang: Option<String>,
    /// Replace a file that is no such difference, or that somebody changed.
    #[arg(long)]
    pub force: bool,
    /// Neither progress nor times on stderr.
    #[arg(long, short)]
    pub quiet: bool,
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
    /// Replace a FILE that is no such result, or that somebody changed.
    #[arg(long)]
    pub force: bool,
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
    /// Replace files of DIR that `synth` did not make, and name them.
    #[arg(long)]
    pub force: bool,
    /// No progress on stderr.
    #[arg(long, short)]
    pub quiet: bool,
}

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Visits in the region; about 8.3 fee lines each.
    #[arg(long, value_name = "N", default_value_t = 120_000, value_parser = clap::value_parser!(u64).range(1000..=500_000_000))]
    pub visits: u64,
    /// Worker threads, at most 4 for each core (8 anywhere).
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: u16,
    /// Write the figures here as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Replace a FILE that holds no figures of `bench`, or that somebody changed.
    #[arg(long)]
    pub force: bool,
    /// A region made before by `synth`, instead of a new one.
    #[arg(long, value_name = "DIR")]
    pub region: Option<PathBuf>,
    /// No progress on stderr.
    #[arg(long, short)]
    pub quiet: bool,
}

/// `fundwatch schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// The output: `alert`, `event` and so on; without it all names are listed.
    pub name: Option<String>,
}
