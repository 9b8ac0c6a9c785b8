//! `fundwatch top`: a running service at a glance, each second.
//!
//! It asks for `/metrics` and `/health/ready` as any program could. [`figures`] are what it reads there, [`page`] is what
//! it shows. The terminal is spoken to by the package that the progress bar brings already; a framework of widgets
//! would have been some twenty packages for one page of lines.

pub mod figures;
pub mod page;

use std::collections::VecDeque;
use std::io::{IsTerminal as _, Write as _, stdout};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use console::{Key, Term};

use crate::args::TopArgs;
use crate::error::Error;
use crate::remote::Remote;
use figures::Figures;

/// How often it looks.
const LOOK: Duration = Duration::from_secs(1);

/// How long the service may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Looks that are kept: quantiles and rates of rules are over so many.
const KEPT: usize = 11;

/// Shows it until somebody presses q or Ctrl-C, or once; says whether the service was ready then.
///
/// # Errors
/// With `--once`: the service does not answer. Otherwise that is shown, and it is asked again.
pub fn top(args: &TopArgs) -> Result<bool, Error> {
    let service = Service(Remote::with(&args.url, &args.tls, args.token.clone(), Some(ANSWER))?);
    let mut looks = VecDeque::new();
    if args.once {
        looks.push_back(service.figures()?);
        std::thread::sleep(LOOK);
        looks.push_back(service.figures()?);
        let (is_ready, state) = service.state();
        write(&(page::lines(service.0.at(), &state, &looks).join("\n") + "\n"))?;
        return Ok(is_ready);
    }
    let terminal = Term::stdout();
    let is_watched = terminal.is_term() && std::io::stdin().is_terminal();
    // Who presses q is heard on a thread that ends with the program.
    let (pressed, keys) = channel();
    if is_watched {
        let terminal = terminal.clone();
        std::thread::spawn(move || {
            while !matches!(terminal.read_key(), Ok(Key::Char('q' | 'Q') | Key::Escape | Key::CtrlC) | Err(_))
            {
            }
            // The page is gone already if nobody waits.
            let _ = pressed.send(());
        });
    }
    loop {
        let begun = Instant::now();
        let lines = match service.figures() {
            Ok(figures) => {
                looks.push_back(figures);
                while looks.len() > KEPT {
                    looks.pop_front();
                }
                page::lines(service.0.at(), &service.state().1, &looks)
            }
            Err(error) => {
                // A service that starts anew counts anew.
                looks.clear();
                vec![error.to_string()]
            }
        };
        if is_watched {
            show(&terminal, &lines).map_err(|error| Error::write("standard output", error))?;
        } else {
            write(&(lines.join("\n") + "\n\n"))?;
        }
        match keys.recv_timeout(LOOK.saturating_sub(begun.elapsed())) {
            Ok(()) => return Ok(true),
            Err(RecvTimeoutError::Timeout) => {}
            // Nobody listens for keys: only the pause is wanted.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(LOOK.saturating_sub(begun.elapsed())),
        }
    }
}

/// Shows a page in place of the one before; what does not fit is cut off.
fn show(terminal: &Term, lines: &[String]) -> std::io::Result<()> {
    let (height, width) = terminal.size();
    let fits = |line: &String| line.chars().take(usize::from(width)).collect::<String>();
    let page: Vec<String> = lines.iter().take(usize::from(height).saturating_sub(1)).map(fits).collect();
    terminal.clear_screen()?;
    terminal.write_line(&page.join("\n"))
}

fn write(text: &str) -> Result<(), Error> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::write("standard output", error))
        }
        _ => Ok(()),
    }
}

/// A running service.
struct Service(Remote);

impl Service {
    fn figures(&self) -> Result<Figures, Error> {
        match self.0.text("/metrics")? {
            (200, text) => Ok(Figures::read(&text, Instant::now())),
            (401 | 403, _) => Err(Error::arguments(format!(
                "{}: it does not let you look; FUNDWATCH_TOKEN names you",
                self.0.at()
            ))),
            (status, _) => {
                Err(Error::arguments(format!("{}: /metrics is answered with {status}", self.0.at())))
            }
        }
    }

    /// Whether it is ready, and why not.
    fn state(&self) -> (bool, String) {
        match self.0.text("/health/ready") {
            Ok((200, _)) => (true, "ready".to_owned()),
            Ok((_, body)) => {
                let problem: Option<serde_json::Value> = serde_json::from_str(&body).ok();
                let why = problem.as_ref().and_then(|problem| problem["detail"].as_str());
                (false, format!("not ready: {}", why.unwrap_or("it does not say why")))
            }
            Err(_) => (false, "it does not answer".to_owned()),
        }
    }
}
