//! `fundwatch rules apply|promote|approve|withdraw|candidate`: the bank of a running service.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use ::serve::rules::{Proposal, Stage};
use serde_json::{Value, json};

use crate::args::LiveBankAction;
use crate::error::Error;
use crate::remote::Remote;
use crate::terminal::tell;
use runtime::engine::load_bank;

/// How often it is asked how far a proposal has come.
const LOOK: Duration = Duration::from_millis(200);

/// Does what is asked; gives the text for stdout.
///
/// # Errors
/// The bank has mistakes, the service refuses or does not answer, the proposal failed.
pub fn live(action: &LiveBankAction) -> Result<String, Error> {
    match action {
        LiveBankAction::Apply { bank, by, service } => {
            // Every mistake is said here, before anything is sent.
            let bank = load_bank(Some(bank))?;
            let files: BTreeMap<&str, &str> =
                bank.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
            propose(&Remote::open(service)?, &json!({ "by": by, "files": files }))
        }
        LiveBankAction::Promote { rules, by, service } => {
            propose(&Remote::open(service)?, &json!({ "by": by, "promote": rules }))
        }
        LiveBankAction::Approve { bank, by, service } => {
            let service = Remote::open(service)?;
            let approval = json!({ "by": by, "bank": bank });
            let _: Proposal = service.post("/v1/bank/candidate/approval", &approval)?;
            Ok(text(&settled(&service, Stage::Approved)?))
        }
        LiveBankAction::Withdraw { service } => {
            Ok(text(&Remote::open(service)?.post("/v1/bank/candidate/withdrawal", &json!({}))?))
        }
        LiveBankAction::Candidate { service } => Ok(text(&Remote::open(service)?.get("/v1/bank/candidate")?)),
    }
}

fn propose(service: &Remote, body: &Value) -> Result<String, Error> {
    let _: Proposal = service.post("/v1/bank/candidate", body)?;
    Ok(text(&settled(service, Stage::Loading)?))
}

/// Waits until the proposal has left a stage.
fn settled(service: &Remote, stage: Stage) -> Result<Proposal, Error> {
    let mut shown = 0;
    loop {
        let proposal: Proposal = service.get("/v1/bank/candidate")?;
        if proposal.stage != stage {
            return match &proposal.error {
                Some(error) => Err(Error::arguments(format!("bank {} failed: {error}", proposal.bank))),
                None => Ok(proposal),
            };
        }
        if proposal.loaded > shown {
            shown = proposal.loaded;
            tell(&format!("loading: {shown} changes"));
        }
        std::thread::sleep(LOOK);
    }
}

/// A proposal for people.
fn text(proposal: &Proposal) -> String {
    let mut text = String::new();
    let stage = match proposal.stage {
        Stage::Loading => "is being loaded",
        Stage::Waiting => {
            "waits for another person: `fundwatch rules approve`, or `fundwatch rules withdraw`"
        }
        Stage::Approved => "comes into force",
        Stage::InForce => "is in force",
        Stage::Withdrawn => "was taken back",
        Stage::Failed => "failed",
    };
    let approved = proposal.approved_by.as_ref().map_or_else(String::new, |by| format!(", approved by {by}"));
    let _ = writeln!(text, "bank {}, proposed by {}{approved}: {stage}", proposal.bank, proposal.proposed_by);
    let Some(difference) = &proposal.difference else { return text };
    if difference.is_empty() {
        let _ = writeln!(text, "no alert differs");
        return text;
    }
    let _ = writeln!(
        text,
        "{:<5} {:>8} {:>10} {:>8} {:>9} {:>16} {:>16}",
        "rule", "added", "withdrawn", "changed", "reworded", "counted before", "counted after"
    );
    for (rule, of) in difference {
        let _ = writeln!(
            text,
            "{rule:<5} {:>8} {:>10} {:>8} {:>9} {:>16} {:>16}",
            of.added, of.withdrawn, of.changed, of.reworded, of.counted_before, of.counted_after
        );
    }
    for (rule, of) in difference {
        let (added, withdrawn, changed) = (of.shadow_added, of.shadow_withdrawn, of.shadow_changed);
        if added + withdrawn + changed == 0 {
            continue;
        }
        let _ = writeln!(
            text,
            "{rule} as a shadow rule: {added} findings added, {withdrawn} withdrawn, {changed} changed"
        );
    }
    text
}
