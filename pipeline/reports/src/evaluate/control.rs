//! A list with its control draw, as `fundwatch list` published it, and what decisions state of those drawn.

use std::path::Path;

use eval::judgement::control::ControlDraw;
use records::time::parse_time;
use selection::estimate::control_findings;
use selection::period::Period;
use wire::Label;
use wire::visible::visible_path;

use crate::error::Error;
use crate::list::files::read;

/// Reads the draw of a list.
///
/// # Errors
/// The list or its facts cannot be read, or nobody was drawn for it.
pub(super) fn draw(list: &Path, labels: &[Label]) -> Result<ControlDraw, Error> {
    let (_, published) = read(list)?;
    let drawn = published.draw.as_ref().filter(|draw| !draw.drawn.is_empty());
    let Some(draw) = drawn else {
        return Err(Error::Arguments(format!(
            "nobody was drawn for {}: make it with --control and --seed",
            visible_path(list)
        )));
    };
    let control: Vec<String> = draw.drawn.iter().map(|lot| lot.fixmedins_code.clone()).collect();
    let drawn_at = published.runs.iter().filter_map(|run| run.now.as_deref().and_then(parse_time)).max();
    let period = Period::parse(&published.period).map_err(Error::Arguments)?;
    let answers = control_findings(labels, &control, drawn_at, &period);
    Ok(ControlDraw {
        ranked: published.ranked.iter().cloned().collect(),
        drawn: control,
        open: usize::try_from(draw.open).unwrap_or(usize::MAX),
        answers: answers.map_err(|wrong| Error::Arguments(wrong.to_string()))?,
        seed: draw.seed.clone().unwrap_or_default(),
    })
}
