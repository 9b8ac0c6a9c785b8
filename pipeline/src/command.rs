//! What was typed becomes what `reports` is asked for: its commands know neither the command line nor the surroundings.

use detectors::detector::SPECS;
use reports::dossier::DossierRequest;
use reports::evaluate::EvalRequest;
use reports::list::ListRequest;
use reports::list::missed::EstimateRequest;
use reports::list::verify::VerifyRequest;
use reports::{CommandOutput, dossier, evaluate, list};
use rulebank::Lang;

use crate::args::{DossierArgs, EvalArgs, ListAction, ListArgs};
use crate::error::Error;

/// The language asked for, else that of the surroundings.
pub fn language(asked: Option<&str>) -> Lang {
    reports::language::language(asked, |name| std::env::var(name).ok())
}

/// `fundwatch dossier`; gives the line for stdout.
///
/// # Errors
/// As [`dossier::dossier`].
pub fn dossier(args: DossierArgs) -> Result<String, Error> {
    let request = DossierRequest {
        lang: language(args.lang.as_deref()),
        code: args.code,
        from: args.from,
        out: args.out,
        findings: args.findings,
        unmasked: args.unmasked,
        force: args.force,
    };
    Ok(dossier::dossier(&request, SPECS)?)
}

/// `fundwatch list`, `list verify` and `list estimate`; gives the text for stdout.
///
/// # Errors
/// As [`list::list`], [`list::verify::verify`] and [`list::missed::estimate_missed`].
pub fn list(args: ListArgs) -> Result<CommandOutput, Error> {
    match args.what {
        Some(ListAction::Verify(args)) => {
            let request = VerifyRequest {
                file: args.file,
                frame: args.frame,
                seed: args.seed,
                inspectors: args.inspectors,
            };
            Ok(list::verify::verify(&request)?)
        }
        Some(ListAction::Estimate(args)) => {
            let lang = language(args.lang.as_deref());
            let request = EstimateRequest {
                file: args.file,
                labels: args.labels,
                out: args.out,
                force: args.force,
                lang,
            };
            Ok(CommandOutput::text(list::missed::estimate_missed(&request)?))
        }
        None => {
            let request = ListRequest {
                lang: language(args.lang.as_deref()),
                from: args.from,
                period: args.period,
                days: args.days,
                top: args.top,
                of: args.of,
                control: args.control,
                seed: args.seed,
                inspectors: args.inspectors,
                team: args.team,
                effort: args.effort,
                out: args.out,
                frame_out: args.frame_out,
                unmasked: args.unmasked,
                force: args.force,
            };
            Ok(CommandOutput::text(list::list(&request, SPECS)?))
        }
    }
}

/// `fundwatch eval`; gives the summary for stdout.
///
/// # Errors
/// As [`evaluate::evaluate`].
pub fn evaluate(args: EvalArgs) -> Result<String, Error> {
    let request = EvalRequest {
        lang: language(args.lang.as_deref()),
        from: args.from,
        truth: args.truth,
        out: args.out,
        delay: args.delay,
        unlabelled_is_negative: args.unlabelled == "negative",
        list: args.list,
        effort: args.effort,
        force: args.force,
        seed: args.seed,
    };
    Ok(evaluate::evaluate(&request, SPECS)?)
}
