//! Which versions of rules a bank has.

use database::NewRuleVersion;
use rulebank::Bank;

use crate::rules::InForce;

/// The versions of a bank's rules, and who made it the bank in force.
pub fn versions(bank: &Bank, in_force: &InForce) -> Vec<NewRuleVersion> {
    let version = |rule: &rulebank::Rule| NewRuleVersion {
        rule: rule.id.clone(),
        version: rule.version.clone(),
        status: rule.status.code().to_owned(),
        bank_hash: in_force.bank.clone(),
        applied_by: in_force.proposed_by.clone(),
        approved_by: in_force.approved_by.clone(),
        ..NewRuleVersion::default()
    };
    bank.rules.iter().map(version).collect()
}
