//! `fundwatch`: one match arm per command; errors are printed once, here.
//!
//! Exit codes: 0 done, [`FOUND`] a check found something, 2 wrong arguments or an invalid bank, 3 a file, the
//! disk or the machine failed (2 and 3: [`Error::exit_code`]; wrong arguments that clap finds are 2 as well).

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use pipeline::args::{Command, Subcommands};
use pipeline::ending::{Ending, give_up_with};
use pipeline::error::Error;
use pipeline::terminal::{print, tell};
use pipeline::{
    backup, bench, cluster, command, demo, dlq, explain, report, rules, run, schema, serve, synth, token, top,
};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// A check found something: it did its work, and a person has to look.
const FOUND: u8 = 1;
/// A file, the disk or the machine failed.
const FAILED: u8 = 3;

fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(refused) => return usage(&refused),
    };
    match give_up_with(FAILED).and_then(|()| execute(command.what)) {
        Ok(code) => code,
        Err(error) => {
            let code = error.exit_code();
            tell(&format!("error: {:#}", anyhow::Error::from(error)));
            ExitCode::from(code)
        }
    }
}

/// What was typed is no command, or asks for help: that goes to stdout, the other to stderr, neither with what a
/// terminal would obey.
fn usage(refused: &clap::Error) -> ExitCode {
    let text = refused.render().to_string();
    if refused.use_stderr() {
        tell(text.trim_end());
    } else if let Err(error) = print(&text) {
        tell(&format!("error: {:#}", anyhow::Error::from(error)));
        return ExitCode::from(FAILED);
    }
    ExitCode::from(u8::try_from(refused.exit_code()).unwrap_or(2))
}

fn execute(what: Subcommands) -> Result<ExitCode, Error> {
    // The live service, and who watches it, end in their own way.
    let _ending = match &what {
        Subcommands::Serve(_) | Subcommands::Cluster(_) | Subcommands::Top(_) => None,
        Subcommands::Demo(args) if args.live => None,
        _ => Some(Ending::watch()?),
    };
    match what {
        Subcommands::Run(args) => {
            let outcome = run::run(&args)?;
            print(&report::table(&outcome, &args.out))?;
        }
        Subcommands::Bench(args) => {
            let figures = bench::bench(&args)?;
            print(&bench::page(&figures))?;
        }
        Subcommands::Explain(args) => print(&explain::explain(&args)?)?,
        Subcommands::Dossier(args) => print(&command::dossier(args)?)?,
        Subcommands::List(args) => {
            let output = command::list(*args)?;
            print(&output.text)?;
            if output.found {
                return Ok(ExitCode::from(FOUND));
            }
        }
        Subcommands::Eval(args) => print(&command::evaluate(args)?)?,
        Subcommands::Demo(args) => print(&demo::demo(&args)?)?,
        Subcommands::Rules(args) => {
            let output = rules::rules(&args)?;
            print(&output.text)?;
            if output.found {
                return Ok(ExitCode::from(FOUND));
            }
        }
        Subcommands::Schema(args) => print(&schema::schema(&args)?)?,
        Subcommands::Serve(args) => serve::serve(args)?,
        Subcommands::Cluster(args) => cluster::cluster(args)?,
        Subcommands::Config(args) => print(&serve::config(&args)?)?,
        Subcommands::Token(args) => print(&token::token(&args)?)?,
        Subcommands::Doctor(args) => {
            let (text, has_found) = serve::doctor(&args)?;
            print(&text)?;
            if has_found {
                return Ok(ExitCode::from(FOUND));
            }
        }
        Subcommands::Top(args) => {
            let is_ready = top::top(&args)?;
            if !is_ready {
                return Ok(ExitCode::from(FOUND));
            }
        }
        Subcommands::Backup(args) => print(&backup::backup(&args)?)?,
        Subcommands::Restore(args) => print(&backup::restore(&args)?)?,
        Subcommands::Dlq(args) => print(&dlq::dlq(&args)?)?,
        Subcommands::Synth(args) => print(&synth::synth(&args)?)?,
    }
    Ok(ExitCode::SUCCESS)
}
