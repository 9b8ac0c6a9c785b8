//! `fundwatch`: one match arm per command; errors are printed once, here.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use pipeline::args::{Command, What};
use pipeline::error::Error;
use pipeline::{report, run};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

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

#[expect(clippy::print_stdout, reason = "results go to stdout, and this is the only place that prints them")]
fn execute(what: What) -> Result<ExitCode, Error> {
    match what {
        What::Run(args) => {
            let outcome = run::run(&args)?;
            print!("{}", report::table(&outcome, &args.out));
        }
        What::Demo(_) | What::Rules(_) | What::Synth(_) | What::Bench(_) => {
            return Err(Error::Arguments("not yet".to_owned()));
        }
    }
    Ok(ExitCode::SUCCESS)
}
