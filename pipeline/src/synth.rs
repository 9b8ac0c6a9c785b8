//! `fundwatch synth`: a region from a seed, with planted cases and their truth, on disk.

use std::fmt::Write as _;
use std::path::Path;

use synth::{Recipe, Report, Schemes, SynthError};

use crate::args::SynthArgs;
use crate::error::Error;
use crate::progress::Progress;
use crate::terminal::tell;
use reports::number::grouped;
use reports::outputs::{Maker, Staging};
use wire::visible::visible_path;

/// What a bureau would receive.
const RECORDS: &str = "records/changes.ndjson";
/// The planted cases.
const TRUTH: &str = "truth.ndjson";

/// Makes up a region as the command line asks; gives what a person reads about it.
///
/// # Errors
/// A recipe that cannot be followed, a file that cannot be written.
pub fn synth(args: &SynthArgs) -> Result<String, Error> {
    let recipe = Recipe {
        seed: args.seed,
        visits: args.visits,
        months: args.months,
        schemes: schemes(&args.schemes)?,
        strength: args.strength,
    };
    let report = make(&recipe, &args.out, args.force, args.quiet)?;
    Ok(page(&report, &args.out))
}

/// Makes up a region and shows how far it has come; with `force` files of others go for it, and are named.
///
/// # Errors
/// A recipe that cannot be followed, a file that cannot be written, or is another's.
pub fn make(recipe: &Recipe, out: &Path, force: bool, quiet: bool) -> Result<Report, Error> {
    let mut progress = Progress::count("making up visits", recipe.visits, quiet);
    let refused = |error| match error {
        SynthError::Io { path, source } => Error::write(path, source),
        refused => Error::arguments(refused.to_string()),
    };
    synth::check(recipe).map_err(refused)?;
    let maker = Maker::new("synth", force);
    let staging = Staging::open(out, &[RECORDS, TRUTH], &maker)?;
    let mut come = |come: synth::Progress| progress.at(come.visits.min(come.visits_total));
    let report = synth::write(recipe, staging.path(), &mut come).map_err(refused)?;
    progress.finish();
    for path in staging.publish(&maker)? {
        tell(&format!("replaced, which synth did not make: {}", visible_path(&path)));
    }
    Ok(report)
}

/// `none`, `all`, or names and rule ids separated by commas.
fn schemes(text: &str) -> Result<Schemes, Error> {
    let names: Vec<&str> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    match names.as_slice() {
        ["none"] => Ok(Schemes::None),
        ["all"] => Ok(Schemes::All),
        [] => Err(Error::arguments("--schemes is none, all, or names separated by commas")),
        names => Ok(Schemes::Named(names.iter().map(|name| (*name).to_owned()).collect())),
    }
}

fn page(report: &Report, out: &Path) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} visits with {} fee lines: {} changes, {} MB",
        grouped(report.visits),
        grouped(report.fee_lines),
        grouped(report.records),
        grouped(report.bytes.div_ceil(1_000_000)),
    );
    let by_rule: Vec<String> =
        report.findings_by_rule.iter().map(|(rule, n)| format!("{rule} {n}")).collect();
    let _ = match by_rule.as_slice() {
        [] => writeln!(text, "no planted cases"),
        _ => writeln!(
            text,
            "{} planted cases, {} findings: {}",
            grouped(report.cases),
            grouped(report.findings),
            by_rule.join(", ")
        ),
    };
    text.push('\n');
    for (name, what) in [
        (RECORDS, "what a bureau would receive, in that order"),
        ("rules/tables", "the knowledge tables of the region"),
        (TRUTH, "the planted cases, each with the alerts that should be raised"),
    ] {
        let _ = writeln!(text, "{}  {what}", visible_path(&out.join(name)));
    }
    let at = |name: &str| visible_path(&out.join(name));
    let (records, rules, answers) = (at("records"), at("rules"), at("out"));
    let _ = writeln!(text, "\nnext  fundwatch run {records} --rules {rules} --out {answers}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_none_all_or_names() {
        assert_eq!(schemes("none").unwrap(), Schemes::None);
        assert_eq!(schemes(" all ").unwrap(), Schemes::All);
        let named = Schemes::Named(vec!["two_stays_at_once".to_owned(), "visit_after_death".to_owned()]);
        assert_eq!(schemes("two_stays_at_once, visit_after_death,").unwrap(), named);
        assert_eq!(schemes(",").unwrap_err().exit_code(), 2);
    }

    #[test]
    fn a_recipe_that_cannot_be_followed_is_a_wrong_argument() {
        let recipe = Recipe { seed: 1, visits: 1, months: 0, schemes: Schemes::None, strength: 1.0 };
        let never = Path::new("never-made");
        for recipe in [
            Recipe { strength: f64::NAN, months: 1, ..recipe.clone() },
            Recipe { schemes: Schemes::Named(vec!["no such thing".to_owned()]), months: 1, ..recipe.clone() },
            recipe,
        ] {
            assert_eq!(make(&recipe, never, false, true).unwrap_err().exit_code(), 2);
        }
        assert!(!never.exists());
    }
}
