//! `fundwatch dossier`: everything about one institution on a page that an inspector prints and takes along.
//!
//! [`read`] goes through the files of a run once and keeps what concerns the institution; [`page`] tells it;
//! [`seize`] knows which papers belong to which findings; [`words`] are the code lists of the head.
//! A finding of several institutions stands in the dossier of each with that institution's share of its money,
//! as `owners.ndjson` has it. What a run does not keep is said, not guessed.

pub mod page;
pub mod read;
pub mod seize;
pub mod words;

use std::path::Path;

use crate::args::DossierArgs;
use crate::error::Error;
use crate::explain::language;
use crate::mask::Mask;
use crate::outputs::Folder;
use crate::report::grouped;
use read::Dossier;

/// Makes the page as the command line says; gives the line for stdout.
///
/// # Errors
/// No such institution, a folder that no run of this version wrote, files that cannot be read or written.
pub fn dossier(args: &DossierArgs) -> Result<String, Error> {
    let lang = language(args.lang.as_deref(), |name| std::env::var(name).ok());
    let shown = usize::try_from(args.findings).unwrap_or(usize::MAX);
    let dossier = Dossier::read(&args.from, &args.code, shown)?;
    let text = page::page(&dossier, Mask::unless(args.unmasked, lang), lang);
    write(&args.out, &text)?;
    let found: usize = dossier.rules.iter().map(|of| of.found).sum();
    Ok(format!(
        "{}: {} findings of {} rules\n",
        args.out.display(),
        grouped(found as u64),
        dossier.rules.len()
    ))
}

/// A file that takes its name when it is complete.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    use std::io::Write as _;
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Err(Error::Arguments(format!("{} is no name of a file", path.display())));
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = Folder::open(folder)?;
    let mut draft = folder.draft(name)?;
    let written = draft.writer().write_all(text.as_bytes());
    written.map_err(|source| draft.failed(source))?;
    folder.publish(vec![draft])
}
