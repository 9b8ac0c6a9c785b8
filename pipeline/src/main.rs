//! `fundwatch`: one match arm per command; errors are printed once, here.
//!
//! Exit codes: 0 done, [`FOUND`] a check found something, 2 wrong arguments or an invalid bank, 3 a file, the
//! disk or the machine failed (2 and 3: [`Error::exit_code`]; wrong arguments that clap finds are 2 as well).

use std::io::{ErrorKind, Write, stdout};
use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use pipeline::args::{Command, Subcommands};
use pipeline::error::Error;
use pipeline::{
    backup, bench, cluster, command, demo, dlq, explain, report, rules, run, schema, serve, synth, token, top,
};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// A check found something: it did its work, and a person has to look.
const FOUND: u8 = 1;

fn main() -> ExitCode {
    match execute(Command::parse().what) {
        Ok(code) => code,
        Err(error) => {
            let code = error.exit_code();
            eprintln!("error: {:#}", anyhow::Error::from(error));
            ExitCode::from(code)
        }
    }
}

fn execute(what: Subcommands) -> Result<ExitCode, Error> {
    match what {
        Subcommands::Run(args) => {
            let outcome = run::run(&args)?;
            print(&report::table(&outcome, &args.out))?;
        }
        Subcommands::Bench(args) => {
            let figures = bench::bench(&args)?;
            if let Some(path) = &args.json {
                bench::write_json(&figures, path)?;
            }
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

/// Results go to stdout; a reader that has seen enough (`fundwatch rules list | head`) is no failure.
fn print(text: &str) -> Result<(), Error> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::write("standard output", error)),
        _ => Ok(()),
    }
}
