//! `fundwatch list verify`: repeats the draws of a list from its frame and seed, and states where they differ.
//!
//! Needed are the rows (NDJSON, or the list's `NAME.draw.json` beside a spreadsheet or page), the frame and the seed.
//! The published facts beside the list are held against all of it if they are there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use selection::draw::team::{self, Inspector};
use selection::draw::{Frame, fits, inclusion_probability};
use wire::list::{Draw, DrawReason, ListFacts, ListRow, Team, Teams};
use wire::visible::visible_path;

use super::files::{draw_path, read_published, read_rows};
use super::published::codes;
use crate::command::CommandOutput;
use crate::error::Error;

/// What is asked of a verification.
#[derive(Clone, Debug)]
pub struct VerifyRequest {
    /// The list; of a spreadsheet or page the facts beside it are read.
    pub file: PathBuf,
    /// The frame as it was published.
    pub frame: PathBuf,
    /// The seed as it was agreed on.
    pub seed: String,
    /// The inspectors' file as it was published, to verify the teams too.
    pub inspectors: Option<PathBuf>,
}

/// Verifies a list.
///
/// # Errors
/// Files that cannot be read.
pub fn verify(args: &VerifyRequest) -> Result<CommandOutput, Error> {
    let facts = draw_path(&args.file);
    let published = if facts.is_file() { Some(read_published(&facts)?) } else { None };
    let rows = match args.file.extension().and_then(|extension| extension.to_str()) {
        Some("ndjson" | "jsonl") => Some(read_rows(&args.file)?),
        _ => None,
    };
    let mut wrong = Vec::new();
    let frame = match Frame::read(&text_of(&args.frame)?) {
        Ok(frame) => frame,
        Err((line, what)) => {
            let text = format!("{}: line {line}: {what}\n", visible_path(&args.frame));
            return Ok(CommandOutput { text, found: true });
        }
    };
    let list = match (&rows, &published) {
        (Some(rows), _) => ListCodes::rows(rows),
        (None, Some(published)) => ListCodes::published(published),
        (None, None) => {
            return Err(Error::Arguments(format!(
                "{} is no NDJSON and there is no {} beside it",
                visible_path(&args.file),
                visible_path(&facts)
            )));
        }
    };
    check_draw(&list, &frame, &args.seed, &mut wrong);
    if let Some(rows) = &rows {
        check_probabilities(rows, &frame, &mut wrong);
    }
    if let Some(draw) = published.as_ref().and_then(|published| published.draw.as_ref()) {
        check_facts(draw, &list, &frame, &args.seed, &mut wrong);
    }
    let mut teams = String::new();
    if let Some(path) = &args.inspectors {
        let file = text_of(path)?;
        let inspectors = inspectors(path, &file)?;
        let Some(stated) = published.as_ref().and_then(|published| published.teams.as_ref()) else {
            return Err(Error::Arguments(format!("{} has no teams to verify", visible_path(&facts))));
        };
        check_teams(stated, rows.as_deref(), &file, &inspectors, &args.seed, &mut wrong);
        teams = format!("; {} teams of {} inspectors as drawn", stated.teams.len(), inspectors.len());
    }
    let text = match wrong.is_empty() {
        true => format!(
            "verified: frame of {} institutions, SHA-256 {}; {} ranked, {} drawn of {} by the seed{teams}\n",
            frame.len(),
            frame.hash(),
            list.ranked.len(),
            list.control.len(),
            open(&frame, &list.ranked),
        ),
        false => wrong.iter().map(|what| format!("{what}\n")).collect(),
    };
    Ok(CommandOutput { text, found: !wrong.is_empty() })
}

/// Who is on the list, and why.
struct ListCodes {
    ranked: BTreeSet<String>,
    control: BTreeSet<String>,
    twice: Vec<String>,
}

impl ListCodes {
    fn of(ranked: Vec<String>, control: Vec<String>) -> ListCodes {
        let mut met = BTreeSet::new();
        let twice = ranked.iter().chain(&control).filter(|code| !met.insert(*code)).cloned().collect();
        ListCodes { ranked: ranked.into_iter().collect(), control: control.into_iter().collect(), twice }
    }

    fn rows(rows: &[ListRow]) -> ListCodes {
        ListCodes::of(codes(rows, DrawReason::Ranked), codes(rows, DrawReason::Control))
    }

    fn published(published: &ListFacts) -> ListCodes {
        let drawn = published.draw.iter().flat_map(|draw| &draw.drawn);
        ListCodes::of(published.ranked.clone(), drawn.map(|lot| lot.fixmedins_code.clone()).collect())
    }
}

fn open(frame: &Frame, ranked: &BTreeSet<String>) -> usize {
    frame.len() - ranked.iter().filter(|code| frame.holds(code)).count()
}

fn check_draw(list: &ListCodes, frame: &Frame, seed: &str, wrong: &mut Vec<String>) {
    wrong.extend(list.twice.iter().map(|code| format!("{code} is on the list twice")));
    // A code without a line of its own is ranked and never drawn.
    let ranked = list.ranked.iter().filter(|code| fits(code));
    for code in ranked.chain(&list.control).filter(|code| !frame.holds(code)) {
        wrong.push(format!("{code} is on the list and not in the frame"));
    }
    let drawn = frame.control(&list.ranked, seed, list.control.len());
    let should: BTreeSet<String> = drawn.into_iter().map(|drawn| drawn.code).collect();
    wrong.extend(
        should.difference(&list.control).map(|code| format!("{code} should have been drawn by this seed")),
    );
    wrong.extend(
        list.control
            .difference(&should)
            .map(|code| format!("{code} should not have been drawn by this seed")),
    );
}

fn check_probabilities(rows: &[ListRow], frame: &Frame, wrong: &mut Vec<String>) {
    let list = ListCodes::rows(rows);
    let of_control = inclusion_probability(list.control.len(), open(frame, &list.ranked));
    for row in rows {
        let should = if row.drawn == DrawReason::Ranked { 1.0 } else { of_control };
        if (row.inclusion_probability - should).abs() > 1e-12 {
            let (code, stated) = (row.id(), row.inclusion_probability);
            wrong.push(format!("{code}: inclusion_probability is {stated}, it should be {should}"));
        }
    }
}

fn check_facts(draw: &Draw, list: &ListCodes, frame: &Frame, seed: &str, wrong: &mut Vec<String>) {
    let mut hold = |what: &str, stated: String, should: String| {
        if stated != should {
            wrong.push(format!("{what} was published as {stated}, it is {should}"));
        }
    };
    hold("the hash of the frame", draw.frame_hash.clone(), frame.hash());
    hold("the size of the frame", draw.frame_size.to_string(), frame.len().to_string());
    hold("the seed", draw.seed.clone().unwrap_or_default(), seed.to_owned());
    let asked = usize::try_from(draw.control).unwrap_or(usize::MAX);
    let should =
        super::published::control_draw(frame, &list.ranked, Some(seed), asked, draw.left_out.clone());
    hold("the number of those not ranked", draw.open.to_string(), should.open.to_string());
    hold(
        "the chance to be drawn",
        draw.inclusion_probability.to_string(),
        should.inclusion_probability.to_string(),
    );
    let lots = |draw: &Draw| {
        let lots = draw.drawn.iter().map(|lot| format!("{} {}", lot.fixmedins_code, lot.lot));
        lots.collect::<Vec<_>>().join(", ")
    };
    hold("the draw", lots(draw), lots(&should));
    let control: BTreeSet<String> = should.drawn.into_iter().map(|lot| lot.fixmedins_code).collect();
    if control != list.control {
        wrong.push(format!("{} were to be drawn, the list has {}", control.len(), list.control.len()));
    }
}

fn check_teams(
    stated: &Teams,
    rows: Option<&[ListRow]>,
    file: &str,
    inspectors: &[Inspector],
    seed: &str,
    wrong: &mut Vec<String>,
) {
    let size = usize::try_from(stated.size).unwrap_or(usize::MAX);
    // Without rows the places are those that the teams were published for.
    let published: Vec<ListRow>;
    let rows = match rows {
        Some(rows) => rows,
        None => {
            let row = |team: &Team| ListRow {
                fixmedins_code: Some(team.fixmedins_code.clone()),
                admdvs: team.admdvs.clone(),
                effort_days: team.effort_days,
                ..ListRow::default()
            };
            published = stated.teams.iter().map(row).collect();
            &published
        }
    };
    let should = super::published::teams(rows, seed, file, inspectors, size);
    if should.inspectors_sha256 != stated.inspectors_sha256 {
        wrong.push(format!(
            "the inspectors' file was published with SHA-256 {}, it has {}",
            stated.inspectors_sha256, should.inspectors_sha256
        ));
    }
    for (stated, should) in stated.teams.iter().zip(&should.teams).filter(|(stated, should)| stated != should)
    {
        wrong.push(format!(
            "{} goes to {} where {} goes to {} by this seed",
            stated.team.join(", "),
            stated.fixmedins_code,
            should.team.join(", "),
            should.fixmedins_code
        ));
    }
    if stated.teams.len() != should.teams.len() {
        wrong.push(format!(
            "{} teams were published, {} places are visited",
            stated.teams.len(),
            should.teams.len()
        ));
    }
    for row in rows {
        let team = stated.teams.iter().find(|team| team.fixmedins_code == row.id()).map(|team| &team.team);
        if row.team.is_some() && row.team.as_ref() != team {
            wrong.push(format!("{}: the team on the list is not the published one", row.id()));
        }
    }
}

/// The inspectors of a file.
///
/// # Errors
/// A line that is wrong.
pub fn inspectors(path: &Path, file: &str) -> Result<Vec<Inspector>, Error> {
    team::read(file)
        .map_err(|(line, what)| Error::Arguments(format!("{}: line {line}: {what}", visible_path(path))))
}

/// The text of a file.
///
/// # Errors
/// It cannot be read, or is no UTF-8.
pub fn text_of(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}
