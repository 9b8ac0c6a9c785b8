//! `fundwatch dossier`: everything about one institution on a page that an inspector prints and takes along.
//!
//! [`read`] goes through the files of a run once and keeps what concerns the institution; [`page`] shows it;
//! [`seize`] knows which papers belong to which findings; [`words`] are the code lists of the head.
//! A finding of several institutions stands in the dossier of each with that institution's share of its money,
//! as `owners.ndjson` has it. What a run does not keep is stated, not guessed.

pub mod page;
pub mod read;
pub mod seize;
pub mod words;

use std::path::PathBuf;

use rulebank::{DetectorSpec, Lang};
use wire::visible::visible_path;

use crate::error::Error;
use crate::mask::Mask;
use crate::number::grouped;
use crate::outputs::{Maker, check_files, publish_files};
use read::Dossier;

/// What is asked of a dossier.
#[derive(Clone, Debug)]
pub struct DossierRequest {
    /// The institution.
    pub code: String,
    /// The folder of the run.
    pub from: PathBuf,
    /// Where the page goes.
    pub out: PathBuf,
    /// Language of the page.
    pub lang: Lang,
    /// Findings of each rule that are shown in full, those of the most money first.
    pub findings: u32,
    /// Whether the tokens of persons stay as they are.
    pub unmasked: bool,
    /// Whether a file goes that no dossier was.
    pub force: bool,
}

/// Makes the page; gives the line for stdout.
///
/// # Errors
/// No such institution, a folder that no run of this version wrote, files that cannot be read or written.
pub fn dossier(request: &DossierRequest, specs: &'static [DetectorSpec]) -> Result<String, Error> {
    let lang = request.lang;
    let maker = Maker::new("dossier", request.force).reading_run(&request.from);
    check_files([&request.out], &maker)?;
    let shown = usize::try_from(request.findings).unwrap_or(usize::MAX);
    let dossier = Dossier::read(&request.from, specs, &request.code, shown)?;
    let text = page::page(&dossier, Mask::unless(request.unmasked, lang), lang);
    publish_files(vec![(request.out.clone(), text.into_bytes())], &maker)?;
    let found: usize = dossier.rules.iter().map(|of| of.found).sum();
    Ok(format!(
        "{}: {} findings of {} rules\n",
        visible_path(&request.out),
        grouped(found as u64),
        dossier.rules.len()
    ))
}
