//! `fundwatch dlq`: what a running service rejected.

use std::fmt::Write as _;

use serde_json::Value;

use crate::args::{DlqAction, DlqArgs};
use crate::error::Error;
use crate::remote::Remote;

/// Rejects of a page.
const PAGE: usize = 500;

/// Does what is asked; gives the text for stdout.
///
/// # Errors
/// The service does not answer, or there is nothing of this number.
pub fn dlq(args: &DlqArgs) -> Result<String, Error> {
    let service = Service(Remote::open(&args.service)?);
    match &args.what {
        DlqAction::List { after, code, limit } => service.list(*after, code.as_deref(), *limit),
        DlqAction::Show { number } => {
            let rejected = service.one(*number)?;
            Ok(format!("{}\n", serde_json::to_string_pretty(&rejected).unwrap_or_default()))
        }
        DlqAction::Replay { numbers } => {
            numbers.iter().map(|number| service.replay(*number)).collect::<Result<String, Error>>()
        }
    }
}

/// A running service.
struct Service(Remote);

impl Service {
    fn page(&self, after: u64) -> Result<(Vec<Value>, Option<u64>), Error> {
        let page: Value = self.0.get(&format!("/v1/rejected?after={after}&limit={PAGE}"))?;
        Ok((page["items"].as_array().cloned().unwrap_or_default(), page["next"].as_u64()))
    }

    fn list(&self, after: u64, code: Option<&str>, limit: usize) -> Result<String, Error> {
        let (mut text, mut listed, mut after) = (String::new(), 0, after);
        loop {
            let (items, next) = self.page(after)?;
            for item in items.iter().filter(|item| code.is_none_or(|code| item["code"] == code)) {
                if listed == limit {
                    let _ = writeln!(text, "… and more; --limit shows them");
                    return Ok(text);
                }
                listed += 1;
                let plain = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let (code, what) = (plain(&item["code"]), plain(&item["text"]));
                let _ =
                    writeln!(text, "{:>8}  {code:<13}  {}  {what}", item["number"], place(&item["origin"]));
            }
            match next {
                Some(next) => after = next,
                None if listed == 0 => return Ok("nothing was rejected\n".to_owned()),
                None => return Ok(text),
            }
        }
    }

    fn one(&self, number: u64) -> Result<Value, Error> {
        let (items, _) = self.page(number.saturating_sub(1))?;
        let found = items.into_iter().next().filter(|item| item["number"] == number);
        found.ok_or_else(|| Error::arguments(format!("there is no reject {number}")))
    }

    fn replay(&self, number: u64) -> Result<String, Error> {
        let rejected = self.one(number)?;
        let raw = &rejected["raw"];
        let bytes = match (raw.as_str(), raw["base64"].as_str()) {
            (Some(text), _) => text.as_bytes().to_vec(),
            (None, Some(base64)) => wire::rejected::from_base64(base64).unwrap_or_default(),
            (None, None) => raw.to_string().into_bytes(),
        };
        let answer: Value = self.0.hand_in(&bytes)?;
        let outcome =
            match (&answer["accepted"], &answer["duplicate"], answer["rejected"][0]["text"].as_str()) {
                (_, _, Some(text)) => format!("rejected again: {text}"),
                (accepted, _, None) if *accepted != 0 => "accepted".to_owned(),
                _ => "a duplicate".to_owned(),
            };
        Ok(format!("{number:>8}  {outcome}\n"))
    }
}

/// Where a reject came from, in a word.
fn place(origin: &Value) -> String {
    let plain = |name: &str| origin[name].as_str().unwrap_or_default().to_owned();
    match (origin["topic"].as_str(), origin["file"].as_str()) {
        (Some(topic), _) => format!("{topic}/{}@{}", origin["partition"], origin["offset"]),
        (None, Some(file)) => format!("{file}:{}", origin["line"]),
        (None, None) => format!("request {}:{}", plain("request"), origin["line"]),
    }
}
