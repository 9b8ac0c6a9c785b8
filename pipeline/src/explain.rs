//! `fundwatch explain`: why an alert stands, or why a subject raised none.
//!
//! For an alert everything stands in the run's folder, and `reports` reads and shows it. For a subject without an
//! alert [`not`] reads the records again and asks the rule's conditions one by one; `reports` shows the answer.

pub mod not;

use detectors::detector::SPECS;
use reports::explain::masked::masked;
use reports::explain::{gather, json, page};
use reports::mask::Mask;
use reports::run_folder::RunFolder;

use crate::args::ExplainArgs;
use crate::command::language;
use crate::error::Error;

/// Explains as the command line asks; gives the text for stdout.
///
/// # Errors
/// Arguments that do not fit, an id that names no alert or several, files that cannot be read.
pub fn explain(args: &ExplainArgs) -> Result<String, Error> {
    let lang = language(args.lang.as_deref());
    let folder = RunFolder::open(&args.from, SPECS)?;
    if !args.not.is_empty() {
        if args.masked {
            return Err(Error::arguments("--masked is of an ALERT_ID; the answer to --not quotes records"));
        }
        return not::not(&folder, &args.not, &args.things, args.json, lang);
    }
    let [id] = args.things.as_slice() else {
        return Err(Error::arguments("explain takes one ALERT_ID, or --not RULE KEY... and PATHs"));
    };
    let mut explanation = gather(&folder, &id.to_string_lossy())?;
    folder.still()?;
    if args.masked {
        let bank = folder.bank()?;
        let detector = bank.rule(&explanation.alert.rule).map_or("", |rule| &rule.detector);
        masked(&mut explanation, detector, SPECS, &mut Mask::new(lang));
    }
    Ok(if args.json { json(&explanation) } else { page::page(&explanation, None, lang) })
}
