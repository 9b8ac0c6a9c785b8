//! Rules while the service runs: a bank is proposed by one person, its difference is computed and shown, another person
//! approves it, and it comes into force between two ticks.
//!
//! ```text
//!   proposed -> loading -> waiting (the difference is there) -> approved -> in force
//!                  |           |
//!                  +-- failed  +-- withdrawn
//! ```
//!
//! One bank is proposed at a time. The bank in force is noted in the transaction of the tick at which it came; a start
//! goes on with it, unless the configuration names another bank than it did then. A proposal lasts as long as the
//! process: what was not in force when that ended is proposed again.

pub(crate) mod bundle;
pub mod refused;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rulebank::Bank;
use serde::{Deserialize, Serialize};
use wire::{AlertDifference, FenSum};

use crate::Error;
use crate::candidate::{Beginning, Candidate};
use crate::error::with_sources;
use crate::inbox::{Adopt, Inbox, Restart};
use crate::live::Shared;
use crate::patience::Patience;
use bundle::{Files, id_of};
pub use refused::Refused;

/// Under this name the bank in force is noted.
const NOTE: &str = "bank";

/// So many characters of its id name a bank at the least.
const ID_MIN: usize = 8;

/// How often it is looked whether somebody has decided, and what came meanwhile is taken.
const LOOK: Duration = Duration::from_millis(200);

/// Which bank is in force, and who made it so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    /// Its id: a hash of its files.
    pub bank: String,
    /// The bank that the configuration named then.
    pub configured: String,
    /// Who proposed it; none for the bank of the configuration.
    pub proposed_by: Option<String>,
    /// Who approved it.
    pub approved_by: Option<String>,
}

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The changes of the store go through an engine of its own.
    Loading,
    /// Its difference is there; somebody has to decide.
    Waiting,
    /// It comes into force.
    Approved,
    /// It is in force.
    InForce,
    /// It was taken back.
    Withdrawn,
    /// It could not be computed.
    Failed,
}

/// What a bank would do to the alerts of one rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OfRule {
    /// Alerts that come.
    pub added: u64,
    /// Alerts that go.
    pub withdrawn: u64,
    /// Alerts that say something else.
    pub changed: u64,
    /// Alerts that say the same in other words.
    pub reworded: u64,
    /// Counted money of all of these under the bank in force.
    pub counted_before: FenSum,
    /// Under the proposed one.
    pub counted_after: FenSum,
    /// Findings of the rule as a shadow rule, which are no alerts, that come.
    #[serde(default)]
    pub shadow_added: u64,
    /// Those that go.
    #[serde(default)]
    pub shadow_withdrawn: u64,
    /// Those that say something else.
    #[serde(default)]
    pub shadow_changed: u64,
}

/// A proposed bank, as people see it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Proposal {
    /// The bank's id.
    pub bank: String,
    /// Who proposed it.
    pub proposed_by: String,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// Where it stands.
    pub stage: Stage,
    /// Changes of the store that were loaded.
    pub loaded: u64,
    /// What it does to the alerts, by rule; only what it touches.
    pub difference: Option<BTreeMap<String, OfRule>>,
    /// Why it failed.
    pub error: Option<String>,
}

struct Desk {
    bank: Arc<Bank>,
    in_force: InForce,
    proposal: Option<Proposal>,
    /// Its number: who still works for one that was taken back must not take the next for its own.
    number: u64,
}

impl Desk {
    /// The proposal of this number, if no later one has taken its place.
    fn own(&mut self, number: u64) -> Option<&mut Proposal> {
        self.proposal.as_mut().filter(|_| self.number == number)
    }
}

/// The bank in force and the one that is proposed; clones are of the same.
#[derive(Clone)]
pub struct Rules {
    desk: Arc<Mutex<Desk>>,
    shared: Arc<Shared>,
    inbox: Inbox,
    folder: Arc<Path>,
    workers: usize,
    is_cluster: bool,
}

impl Rules {
    /// What is in force at the start: the configured bank, or the one that was approved over it. A proposed bank is judged
    /// by so many workers; in a cluster it comes into force by a start of all processes.
    ///
    /// # Errors
    /// The configured bank, or the approved one, is invalid; the store cannot be read.
    pub fn open(
        configured: Option<&Path>,
        data: &Path,
        (workers, is_cluster): (usize, bool),
        shared: &Arc<Shared>,
        inbox: &Inbox,
    ) -> Result<Rules, Error> {
        let folder = data.join("rules");
        let mut bank = runtime::engine::load_bank(configured)?;
        let id = id_of(&bank.files);
        // A newer program brings newer built-in rules; what was approved over them stays.
        let of_config = configured.map_or_else(|| "builtin".to_owned(), |_| id.clone());
        let mut in_force = InForce { bank: id, configured: of_config.clone(), ..InForce::default() };
        if let Some(note) = shared.state.note(NOTE)? {
            let noted: InForce = serde_json::from_slice(&note)?;
            if noted.configured == of_config {
                bank = runtime::engine::load_bank(Some(&folder.join(&noted.bank)))?;
                in_force = noted;
            }
        }
        let desk = Desk { bank: Arc::new(bank), in_force, proposal: None, number: 0 };
        Ok(Rules {
            desk: Arc::new(Mutex::new(desk)),
            shared: Arc::clone(shared),
            inbox: inbox.clone(),
            folder: Arc::from(folder),
            workers,
            is_cluster,
        })
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bank in force.
    pub fn bank(&self) -> Arc<Bank> {
        Arc::clone(&self.desk().bank)
    }

    /// Which bank is in force.
    pub fn in_force(&self) -> InForce {
        self.desk().in_force.clone()
    }

    /// The proposed bank, or the last that was.
    ///
    /// # Errors
    /// There is none.
    pub fn proposal(&self) -> Result<Proposal, Refused> {
        self.desk().proposal.clone().ok_or(Refused::None)
    }

    /// Where the lines of the difference of a proposal stand, once it is computed.
    pub fn difference_of(&self, proposal: &Proposal) -> PathBuf {
        self.folder.join(format!("{}.difference.ndjson", proposal.bank))
    }

    /// Proposes the files of a bank.
    ///
    /// # Errors
    /// The bank is invalid or in force, another one is proposed, the state is still being loaded, the disk failed.
    pub fn propose(&self, by: String, files: &Files) -> Result<Proposal, Refused> {
        if !self.shared.ready.load(Ordering::Acquire) {
            return Err(Refused::Conflict("the state is being loaded".to_owned()));
        }
        let bank = id_of(files);
        let mut desk = self.desk();
        let is_open = |of: &Proposal| matches!(of.stage, Stage::Loading | Stage::Waiting | Stage::Approved);
        if let Some(open) = desk.proposal.as_ref().filter(|of| is_open(of)) {
            let (bank, by) = (&open.bank, &open.proposed_by);
            return Err(Refused::Conflict(format!("{by} has proposed bank {bank}; decide on it first")));
        }
        if desk.in_force.bank == bank {
            return Err(Refused::Conflict(format!("bank {bank} is in force")));
        }
        let loaded = bundle::keep(files, &self.folder.join(&bank))?;
        let proposal = Proposal {
            bank,
            proposed_by: by,
            approved_by: None,
            stage: Stage::Loading,
            loaded: 0,
            difference: None,
            error: None,
        };
        desk.proposal = Some(proposal.clone());
        desk.number += 1;
        let number = desk.number;
        let (rules, in_force) = (self.clone(), Arc::clone(&desk.bank));
        drop(desk);
        let examine = move || {
            let ended = rules.examine(number, &in_force, &loaded);
            if let Err(error) = ended {
                rules.update(number, |of| {
                    if of.stage != Stage::Withdrawn {
                        (of.stage, of.error) = (Stage::Failed, Some(with_sources(&error)));
                    }
                });
            }
        };
        let started = std::thread::Builder::new().name("candidate".to_owned()).spawn(examine);
        started.map_err(Error::System)?;
        Ok(proposal)
    }

    /// Proposes the bank in force with these rules active that run in its shadow.
    ///
    /// # Errors
    /// A rule is not there or no shadow rule; as [`Rules::propose`].
    pub fn promote(&self, by: String, rules: &[String]) -> Result<Proposal, Refused> {
        let files = bundle::promoted(&self.bank(), rules).map_err(Refused::Invalid)?;
        self.propose(by, &files)
    }

    /// Approves the proposed bank, which then comes into force.
    ///
    /// # Errors
    /// There is none, it does not wait for a decision, or it was proposed by the same person.
    pub fn approve(&self, bank: &str, by: String) -> Result<Proposal, Refused> {
        let mut desk = self.desk();
        let proposal = desk.proposal.as_mut().ok_or(Refused::None)?;
        if bank.len() < ID_MIN || !proposal.bank.starts_with(bank) || proposal.stage != Stage::Waiting {
            return Err(Refused::Conflict(format!("bank {bank} does not wait for a decision")));
        }
        if proposal.proposed_by == by {
            return Err(Refused::Conflict(format!("{by} has proposed it; another person approves it")));
        }
        (proposal.stage, proposal.approved_by) = (Stage::Approved, Some(by));
        Ok(proposal.clone())
    }

    /// Takes the proposed bank back.
    ///
    /// # Errors
    /// There is none, or it is already decided.
    pub fn withdraw(&self) -> Result<Proposal, Refused> {
        let mut desk = self.desk();
        let proposal = desk.proposal.as_mut().ok_or(Refused::None)?;
        if !matches!(proposal.stage, Stage::Loading | Stage::Waiting) {
            return Err(Refused::Conflict("nothing waits for a decision".to_owned()));
        }
        proposal.stage = Stage::Withdrawn;
        Ok(proposal.clone())
    }

    fn update(&self, number: u64, update: impl FnOnce(&mut Proposal)) {
        if let Some(proposal) = self.desk().own(number) {
            update(proposal);
        }
    }

    /// The proposal, if it is still wanted.
    fn wanted(&self, number: u64) -> Result<Proposal, Error> {
        let proposal = self.desk().own(number).filter(|of| of.stage != Stage::Withdrawn).cloned();
        proposal.filter(|_| !self.shared.ending.load(Ordering::Acquire)).ok_or(Error::Ended)
    }

    /// Computes what a bank does, waits for a decision, and lets it take over.
    fn examine(&self, number: u64, in_force: &Bank, bank: &Arc<Bank>) -> Result<(), Error> {
        let one = self.shared.second_engine.lock().unwrap_or_else(PoisonError::into_inner);
        let mut patience = Patience::new(&self.shared);
        let wait = |loaded, took| {
            self.update(number, |of| of.loaded = loaded);
            self.wanted(number)?;
            patience.pause(took)
        };
        let how = (self.workers, self.shared.metrics.place.profile());
        let (banks, state) = ([in_force, bank], &self.shared.state);
        let mut candidate = Candidate::load(&banks, how, state, Beginning::Stored, wait)?;
        let [found, shadow] = candidate.change_bank(bank)?;
        let proposal = self.wanted(number)?;
        bundle::write_lines(&self.difference_of(&proposal), &found)?;
        let mut by_rule = by_rule(&found);
        add_shadow(&mut by_rule, &shadow);
        drop((found, shadow));
        self.update(number, |of| {
            if of.stage == Stage::Loading {
                (of.stage, of.difference) = (Stage::Waiting, Some(by_rule));
            }
        });
        let approved_by = loop {
            let approved = self.wanted(number)?.approved_by;
            if approved.is_some() {
                break approved;
            }
            candidate.keep_up()?;
            std::thread::sleep(LOOK);
        };
        let note = InForce {
            bank: proposal.bank,
            configured: self.desk().in_force.configured.clone(),
            proposed_by: Some(proposal.proposed_by),
            approved_by,
        };
        let (done, is_done) = std::sync::mpsc::channel();
        let noted = (NOTE, serde_json::to_vec(&note)?);
        if self.is_cluster {
            // The processes start again under it, and state what differs as after any start.
            drop(candidate);
            let what = format!("bank {} is in force", note.bank);
            let restart = Restart { what, note: noted, base: None, done };
            self.inbox.restart(restart).map_err(|_| Error::Ended)?;
        } else {
            let adopt = Adopt { ready: candidate.into_ready()?, note: noted, base: None, done };
            self.inbox.adopt(adopt).map_err(|_| Error::Ended)?;
        }
        is_done.recv().map_err(|_| Error::Ended)?;
        drop(one);
        let mut desk = self.desk();
        (desk.bank, desk.in_force) = (Arc::clone(bank), note);
        drop(desk);
        self.update(number, |of| of.stage = Stage::InForce);
        Ok(())
    }
}

fn add_shadow(rules: &mut BTreeMap<String, OfRule>, found: &[AlertDifference]) {
    for line in found {
        let of = rules.entry(line.rule.clone()).or_default();
        match &*line.change {
            "added" => of.shadow_added += 1,
            "withdrawn" => of.shadow_withdrawn += 1,
            _ => of.shadow_changed += 1,
        }
    }
}

fn by_rule(found: &[AlertDifference]) -> BTreeMap<String, OfRule> {
    let mut rules: BTreeMap<String, OfRule> = BTreeMap::new();
    for line in found {
        let of = rules.entry(line.rule.clone()).or_default();
        match &*line.change {
            "added" => of.added += 1,
            "withdrawn" => of.withdrawn += 1,
            _ if line.is_reworded() => of.reworded += 1,
            _ => of.changed += 1,
        }
        of.counted_before.0 += i128::from(line.counted_before.unwrap_or_default().fen());
        of.counted_after.0 += i128::from(line.counted_after.unwrap_or_default().fen());
    }
    rules
}
