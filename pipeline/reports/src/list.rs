//! `fundwatch list`: whom to inspect, ranked by what a day of inspection can be expected to bring, and a control group
//! drawn by lot.
//!
//! What ranks stands in `selection::candidate`, what draws in `selection::draw`, what the control group states in
//! `selection::estimate`. Here are files: [`runs`] reads what runs left, [`rows`] are the rows and [`published`] the facts
//! of a list; [`ndjson`], [`xlsx`] and [`html`] write them, [`text`] shows the first of them, the last three by the one
//! array of [`columns`]. [`verify`] repeats the
//! draws, [`estimated`] states what the ranking misses. Persons are masked in all that is made for people.

pub mod columns;
pub mod estimated;
pub mod files;
pub mod html;
pub mod made;
pub mod missed;
pub mod ndjson;
pub mod page_cells;
pub mod published;
pub mod rows;
pub mod runs;
pub mod sheet;
pub mod text;
pub mod verify;
pub mod words;
pub mod xlsx;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rulebank::{DetectorSpec, Lang};
use selection::candidate::Ranking;
use selection::draw::{Frame, fits, sha256};
use selection::effort::{Effort, InspectorDays};
use selection::period::Period;
use selection::subject::SubjectKind;
use wire::list::{Draw, DrawReason, ListFacts, ListRow, Plan};
use wire::visible::visible_path;

use crate::error::Error;
use crate::mask::Mask;
use crate::outputs::{Maker, check_files, publish_files};
use files::{draw_path, frame_path};
use made::List;
use runs::Runs;

/// How many the ranking takes where nothing is given.
const TOP: u64 = 50;

/// What is asked of a list.
#[derive(Clone, Debug)]
pub struct ListRequest {
    /// Folders of runs; of an alert in several of them the later one stands.
    pub from: Vec<PathBuf>,
    /// Only what occurred in these days or months, `A..B`.
    pub period: Option<String>,
    /// Fill a plan of this many inspector days.
    pub days: Option<String>,
    /// How many the ranking takes at most.
    pub top: Option<u64>,
    /// `institutions`, `practitioners` or `persons`.
    pub of: String,
    /// How many of those that are not ranked are drawn by lot.
    pub control: Option<u64>,
    /// What the lots are drawn with.
    pub seed: Option<String>,
    /// The table of inspectors of whom teams are drawn.
    pub inspectors: Option<PathBuf>,
    /// How many inspectors go together.
    pub team: u64,
    /// Inspector days by type and level, instead of the built-in table.
    pub effort: Option<PathBuf>,
    /// Where the list goes, by its ending; without it NDJSON is returned.
    pub out: Option<PathBuf>,
    /// Where the frame goes instead of beside the list.
    pub frame_out: Option<PathBuf>,
    /// Language of pages.
    pub lang: Lang,
    /// Whether the tokens of persons stay as they are in what is made for people.
    pub unmasked: bool,
    /// Whether files go that no list was.
    pub force: bool,
}

/// Makes a list; gives the text for stdout.
///
/// # Errors
/// Arguments that do not fit together, files that cannot be read or written.
pub fn list(args: &ListRequest, specs: &'static [DetectorSpec]) -> Result<String, Error> {
    let lang = args.lang;
    let form = args.out.as_deref().map(Form::of).transpose()?;
    let named = [args.inspectors.as_ref(), args.effort.as_ref()];
    let maker = Maker::new("list", args.force).reading(named.into_iter().flatten());
    let maker = args.from.iter().fold(maker, |maker, folder| maker.reading_run(folder));
    let frame_out = args.frame_out.clone().or_else(|| args.out.as_deref().map(frame_path));
    let draw = args.out.as_deref().map(draw_path);
    // What could not be written is found before the runs are read.
    check_files([args.out.as_ref(), draw.as_ref(), frame_out.as_ref()].into_iter().flatten(), &maker)?;
    let runs = Runs::open(&args.from, specs)?;
    let list = gather(args, &runs)?;
    let mut mask = Mask::unless(args.unmasked, lang);
    let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    if let (Some(out), Some(form)) = (&args.out, form) {
        let bytes = match form {
            Form::Ndjson => ndjson::bytes(&list.rows),
            Form::Html => html::page(&list.rows, &list.published, &mut mask, lang).into_bytes(),
            Form::Xlsx => xlsx::bytes(&list, &runs, &mut mask, lang)?,
        };
        files.push((out.clone(), bytes));
        files.push((draw_path(out), ndjson::document(&list.published)));
    }
    runs.still()?;
    if let (Some(path), Some(frame)) = (frame_out, &list.frame) {
        files.push((path, frame.text().into_bytes()));
    }
    let names: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
    publish_files(files, &maker)?;
    match args.out {
        Some(_) => Ok(text::text(&list, &names, &mut mask, lang)),
        None => Ok(String::from_utf8(ndjson::bytes(&list.rows)).expect("JSON is UTF-8")),
    }
}

/// Ranks and draws.
fn gather(args: &ListRequest, runs: &Runs<'_>) -> Result<List, Error> {
    let of = match args.of.as_str() {
        "practitioners" => SubjectKind::Practitioners,
        "persons" => SubjectKind::Persons,
        _ => SubjectKind::Institutions,
    };
    check(args, of)?;
    let asked = args.period.as_deref().map(Period::parse).transpose();
    let asked = asked.map_err(|what| Error::Arguments(format!("--period {what}")))?.unwrap_or(Period::ALWAYS);
    let days = args.days.as_deref().map(|text| {
        InspectorDays::parse(text)
            .ok_or_else(|| Error::Arguments(format!("--days {text}: it is no number of days")))
    });
    let days = days.transpose()?;
    let (effort, effort_sha256) = effort(args.effort.as_deref())?;
    let gathered = runs.gather(of, asked)?;
    let ranking = gathered.gathering.rank(&effort);
    let chosen = Chosen::of(&ranking, of, args);
    let mut rows = rows_of(&ranking, of, &chosen, runs)?;
    let plan = days.map(|days| plan(&mut rows, days, &chosen)).transpose()?;
    let ranked =
        if of == SubjectKind::Persons { Vec::new() } else { published::codes(&rows, DrawReason::Ranked) };
    let mut list = List {
        of,
        published: ListFacts {
            of: args.of.clone(),
            period: ranking.period.to_string(),
            runs: gathered.runs,
            labels: published::label_counts(gathered.labels),
            chances: ranking.chances,
            effort_sha256,
            plan,
            top: args.top.unwrap_or(TOP),
            ranked,
            draw: chosen.draw,
            teams: None,
            estimate: None,
        },
        rows,
        frame: chosen.frame,
        period: ranking.period,
    };
    if let (Some(path), Some(seed)) = (&args.inspectors, &args.seed) {
        send_teams(&mut list, path, seed, args.team)?;
    }
    Ok(list)
}

/// What the parser of arguments cannot see.
fn check(args: &ListRequest, of: SubjectKind) -> Result<(), Error> {
    let needs_places = args.control.is_some() || args.inspectors.is_some() || args.frame_out.is_some();
    if of != SubjectKind::Institutions && needs_places {
        return Err(Error::Arguments(
            "--control, --frame-out and --inspectors draw institutions and their inspectors; leave them out with --of"
                .to_owned(),
        ));
    }
    for (name, given) in [("--control", args.control.is_some()), ("--inspectors", args.inspectors.is_some())]
    {
        if given && args.seed.is_none() {
            return Err(Error::Arguments(format!(
                "{name} draws by lot and needs --seed TEXT: agree on it after the frame is published, by dice or by the number of a public draw"
            )));
        }
    }
    match &args.seed {
        Some(seed) if !fits(seed) => {
            Err(Error::Arguments("the seed is empty or has control characters".to_owned()))
        }
        _ => Ok(()),
    }
}

fn effort(path: Option<&Path>) -> Result<(Effort, String), Error> {
    let Some(path) = path else { return Ok((Effort::built_in(), sha256(Effort::BUILT_IN.as_bytes()))) };
    let text = verify::text_of(path)?;
    let effort =
        Effort::read(&text).map_err(|wrong| Error::Arguments(format!("{}: {wrong}", visible_path(path))))?;
    Ok((effort, sha256(text.as_bytes())))
}

/// Who is on the list.
struct Chosen {
    /// Positions in the ranking, from 0, of those that the ranking takes.
    ranked: Vec<usize>,
    /// The same of the control group, in the order of the draw.
    control: Vec<usize>,
    frame: Option<Frame>,
    draw: Option<Draw>,
}

impl Chosen {
    /// The first of the ranking of whom anything is expected, and the control group.
    fn of(ranking: &Ranking, of: SubjectKind, args: &ListRequest) -> Chosen {
        let top = usize::try_from(args.top.unwrap_or(TOP)).unwrap_or(usize::MAX);
        let expected =
            ranking.candidates.iter().enumerate().filter(|(_, candidate)| candidate.totals.expected_fen > 0);
        let ranked: Vec<usize> = expected.map(|(position, _)| position).take(top).collect();
        if of != SubjectKind::Institutions {
            return Chosen { ranked, control: Vec::new(), frame: None, draw: None };
        }
        let frame = Frame::of(ranking.candidates.iter().map(|candidate| candidate.id.clone()));
        let closed = ranking
            .closed
            .iter()
            .map(|code| (code.clone(), "inspected on all days of the period".to_owned()));
        let codes: BTreeSet<String> =
            ranked.iter().map(|position| ranking.candidates[*position].id.clone()).collect();
        // A code that has no line of its own cannot be drawn; ranked it can be, and is.
        let unfit = ranking.candidates.iter().map(|candidate| &candidate.id);
        let unfit = unfit.filter(|code| !fits(code) && !codes.contains(*code));
        let unfit = unfit.map(|code| (code.clone(), "its code has no line of its own".to_owned()));
        let left_out: BTreeMap<String, String> = closed.chain(unfit).collect();
        let count = usize::try_from(args.control.unwrap_or(0)).unwrap_or(usize::MAX);
        let draw = published::control_draw(&frame, &codes, args.seed.as_deref(), count, left_out);
        let positions: BTreeMap<&str, usize> = ranking
            .candidates
            .iter()
            .enumerate()
            .map(|(position, candidate)| (candidate.id.as_str(), position))
            .collect();
        let control = draw.drawn.iter().map(|lot| positions[lot.fixmedins_code.as_str()]).collect();
        Chosen { ranked, control, frame: Some(frame), draw: Some(draw) }
    }
}

fn rows_of(
    ranking: &Ranking,
    of: SubjectKind,
    chosen: &Chosen,
    runs: &Runs<'_>,
) -> Result<Vec<ListRow>, Error> {
    let mut coverage = BTreeMap::new();
    if of == SubjectKind::Institutions {
        let listed = chosen.ranked.iter().chain(&chosen.control);
        let codes = listed.map(|position| ranking.candidates[*position].id.clone()).collect();
        coverage = runs.coverage(&codes, &ranking.period)?;
    }
    let mut by_rank = chosen.control.clone();
    by_rank.sort_unstable();
    let mut rows = Vec::new();
    for (positions, drawn) in [(&chosen.ranked, DrawReason::Ranked), (&by_rank, DrawReason::Control)] {
        for position in positions {
            let candidate = &ranking.candidates[*position];
            let mut row = rows::row(of, position + 1, candidate, coverage.remove(&candidate.id));
            row.drawn = drawn;
            if let (DrawReason::Control, Some(draw)) = (drawn, &chosen.draw) {
                row.inclusion_probability = draw.inclusion_probability;
            }
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Spends the days: on the control group first, for a ranking that is not checked is worth nothing; then on the ranked
/// in their order, each that the days left still reach.
fn plan(rows: &mut [ListRow], days: InspectorDays, chosen: &Chosen) -> Result<Plan, Error> {
    let effort =
        |row: &ListRow| InspectorDays::parse(&row.effort_days.to_string()).unwrap_or_default().thousandths();
    let mut left = days.thousandths();
    let (ranked, control) = rows.split_at_mut(chosen.ranked.len());
    for row in control.iter_mut() {
        left -= effort(row);
        row.planned = Some(true);
    }
    if left < 0 {
        let needed = InspectorDays::of_thousandths(days.thousandths() - left);
        return Err(Error::Arguments(format!(
            "the control group alone takes {needed} inspector days of {days}: draw fewer, or grant more days"
        )));
    }
    for row in ranked.iter_mut() {
        let fits = effort(row) <= left;
        left -= if fits { effort(row) } else { 0 };
        row.planned = Some(fits);
    }
    Ok(Plan {
        days: days.number(),
        days_planned: InspectorDays::of_thousandths(days.thousandths() - left).number(),
        planned: rows.iter().filter(|row| row.planned == Some(true)).count() as u64,
    })
}

fn send_teams(list: &mut List, path: &Path, seed: &str, size: u64) -> Result<(), Error> {
    let file = verify::text_of(path)?;
    let inspectors = verify::inspectors(path, &file)?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let teams = published::teams(&list.rows, seed, &file, &inspectors, size);
    for row in &mut list.rows {
        let team = teams.teams.iter().find(|team| Some(&team.fixmedins_code) == row.fixmedins_code.as_ref());
        row.team = team.map(|team| team.team.clone());
    }
    list.published.teams = Some(teams);
    Ok(())
}

/// What a list is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Ndjson,
    Xlsx,
    Html,
}

impl Form {
    fn of(path: &Path) -> Result<Form, Error> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("ndjson" | "jsonl") => Ok(Form::Ndjson),
            Some("xlsx") => Ok(Form::Xlsx),
            Some("html") => Ok(Form::Html),
            _ => Err(Error::Arguments(format!("{} is none of .ndjson, .xlsx, .html", visible_path(path)))),
        }
    }
}
