//! `fundwatch list estimate`: what the ranking misses, once decisions about the control group have come back.

use std::path::PathBuf;

use rulebank::Lang;
use wire::list::{ListFacts, ListRow};
use wire::visible::visible_path;

use super::files::{draw_path, read};
use super::{estimated, html, ndjson};
use crate::error::Error;
use crate::mask::Mask;
use crate::outputs::{Maker, check_files, publish_files};

/// What is asked of an estimate.
#[derive(Clone, Debug)]
pub struct EstimateRequest {
    /// The list; its facts are read beside it.
    pub file: PathBuf,
    /// Decisions: the folder of a later run, or lines of labels.
    pub labels: PathBuf,
    /// Where the list's facts, or its page, go with the estimate in them.
    pub out: Option<PathBuf>,
    /// Whether a file goes that no list was.
    pub force: bool,
    /// Language of text and page.
    pub lang: Lang,
}

/// Estimates what the ranking misses; gives the text for stdout.
///
/// # Errors
/// No draw to estimate from, files that cannot be read or written.
pub fn estimate_missed(args: &EstimateRequest) -> Result<String, Error> {
    let lang = args.lang;
    let maker = Maker::new("list", args.force).reading([&args.file, &draw_path(&args.file), &args.labels]);
    let maker = maker.reading_run(&args.labels);
    check_files(&args.out, &maker)?;
    let (rows, mut published) = read(&args.file)?;
    let Some(draw) = published.draw.as_ref().filter(|draw| !draw.drawn.is_empty()) else {
        return Err(Error::Arguments(
            "nobody was drawn for this list: make it with --control and --seed".to_owned(),
        ));
    };
    let estimate = estimated::of(draw, &published, &args.labels)?;
    let text = estimated::sentences(&estimate, lang);
    published.estimate = Some(estimate);
    if let Some(out) = &args.out {
        let bytes = match out.extension().and_then(|extension| extension.to_str()) {
            Some("json") => ndjson::document(&published),
            Some("html") => page(&rows, &published, lang).into_bytes(),
            _ => return Err(Error::Arguments(format!("{} is neither .json nor .html", visible_path(out)))),
        };
        publish_files(vec![(out.clone(), bytes)], &maker)?;
    }
    Ok(text)
}

fn page(rows: &[ListRow], published: &ListFacts, lang: Lang) -> String {
    html::page(rows, published, &mut Mask::new(lang), lang)
}
