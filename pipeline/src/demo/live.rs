//! `fundwatch demo --live`: a made-up region flows into a live service, and what happens is shown as it happens.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use ::serve::{Config, Progress, Tell};
use ::synth::{Recipe, Schemes};
use reports::number::{grouped, yuan};
use rulebank::Lang;
use wire::Event;
use wire::visible::visible_lines;

use super::{MONTHS, SEED, VISITS};
use crate::args::DemoArgs;
use crate::command::language;
use crate::ending::Ending;
use crate::error::Error;
use crate::synth;
use crate::terminal::tell as tell_of;

/// How often changes are sent.
const BEAT: Duration = Duration::from_millis(100);

/// Makes the region, starts a service, and streams the one into the other until somebody ends it.
///
/// # Errors
/// A folder or file that cannot be written, what ends a service, or its address is taken.
pub(super) fn live(args: &DemoArgs, folder: &Path) -> Result<(), Error> {
    let recipe = Recipe { seed: SEED, visits: VISITS, months: MONTHS, schemes: Schemes::All, strength: 1.0 };
    let ending = Ending::watch()?;
    let region = synth::make(&recipe, folder, args.force, false)?;
    let changes = folder.join("records/changes.ndjson");
    let lines = std::fs::read(&changes).map_err(|source| Error::read(&changes, source))?;
    let config = Config {
        data: folder.join("service"),
        listen: args.listen,
        rules: Some(folder.join("rules")),
        ..Config::default()
    };
    show(&format!(
        "A region of {} visits and {} fee lines flows into a service at {} changes a second.",
        grouped(region.visits),
        grouped(region.fee_lines),
        grouped(args.speed)
    ));
    let lang = language(None);
    std::thread::scope(|scope| {
        let (ready, begun) = sync_channel(1);
        let (ended, end) = sync_channel::<()>(0);
        scope.spawn(move || {
            let Ok(address) = begun.recv() else { return };
            let at = format!("http://{address}");
            std::thread::scope(|both| {
                both.spawn(|| follow(&at, lang));
                stream(&at, &lines, args.speed, &end);
            });
        });
        let tell: Tell = Arc::new(move |progress| tell(progress, &ready));
        // From here on a signal ends the service first.
        drop(ending);
        let served = ::serve::serve(&config, &tell);
        // Whoever still waits for something learns that it ends.
        drop((tell, ended));
        served
    })?;
    Ok(())
}

/// A line for whoever watches; nobody may watch any more.
fn show(line: &str) {
    let _ = writeln!(std::io::stdout(), "{}", visible_lines(line));
}

fn tell(progress: Progress, ready: &std::sync::mpsc::SyncSender<SocketAddr>) {
    match progress {
        Progress::Ready(address) => {
            show(&format!(
                "http://{address}/v1/alerts has the alerts, /v1/feed the events; Ctrl-C ends it.\n"
            ));
            // It is ready once.
            let _ = ready.send(address);
        }
        Progress::Trouble(what) => tell_of(&what.to_string()),
        Progress::Loading(_) | Progress::Cluster(_) | Progress::Ending => {}
    }
}

/// Sends the changes, so many a second; ends when all are sent, or the service has ended.
fn stream(at: &str, lines: &[u8], speed: u64, end: &Receiver<()>) {
    let begun = Instant::now();
    let mut all = lines.split_inclusive(|byte| *byte == b'\n');
    let mut sent = 0;
    loop {
        let due = begun.elapsed().as_millis() * u128::from(speed) / 1_000;
        let due = usize::try_from(due).unwrap_or(usize::MAX);
        let some: Vec<u8> = all.by_ref().take(due.saturating_sub(sent)).flatten().copied().collect();
        if some.is_empty() && due > sent {
            show(&format!("All of it has come, in {} s; the service runs on.", begun.elapsed().as_secs()));
            return;
        }
        sent = due;
        if !some.is_empty() && ureq::post(format!("{at}/v1/changes")).send(&some[..]).is_err() {
            return;
        }
        if matches!(end.recv_timeout(BEAT), Err(std::sync::mpsc::RecvTimeoutError::Disconnected)) {
            return;
        }
    }
}

/// Shows the events of the feed until it ends.
fn follow(at: &str, lang: Lang) {
    let Ok(feed) = ureq::get(format!("{at}/v1/feed")).call() else { return };
    for line in BufReader::new(feed.into_body().into_reader()).lines() {
        let Ok(line) = line else { return };
        let event = line.strip_prefix("data: ").and_then(|data| serde_json::from_str::<Event>(data).ok());
        if let Some(event) = event {
            show(&sentence(&event, lang));
        }
    }
}

/// An event in a line.
fn sentence(event: &Event, lang: Lang) -> String {
    let alert = &event.alert;
    let money = yuan(alert.amount.fen());
    let what = match lang {
        Lang::Zh => &alert.message.zh,
        Lang::En => &alert.message.en,
    };
    let place = alert.institution.as_deref().unwrap_or("-");
    let mut sentence = format!("{:<9} {} {place:<12} {money:>10}  {what}", event.event, alert.rule);
    if event.event != "raised"
        && let Some(cause) = event.cause.first()
    {
        let more = event.cause.len() - 1;
        let (kind, key) = (&cause.kind, &cause.key);
        let because = match lang {
            Lang::Zh => format!(
                "（因 {kind} {key}{}）",
                if more > 0 { format!(" 等 {} 项变更", more + 1) } else { String::new() }
            ),
            Lang::En => format!(
                " (because of {kind} {key}{})",
                if more > 0 { format!(" and {more} more") } else { String::new() }
            ),
        };
        sentence.push_str(&because);
    }
    sentence
}
