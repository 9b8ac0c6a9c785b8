//! Who may do what, as one table: operations, the roles that may do them, and what bounds them.
//!
//! The page `docs/access.md` is written from it, every route of the service names an operation of it, and the test of
//! access walks all of it. Whoever adds an operation gives it a row; the compiler asks for nothing else.

use std::fmt::Write as _;

use serde::Deserialize;

/// What somebody is here for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks into alerts of some divisions and decides on them.
    Inspector,
    /// Heads inspectors, and approves rules.
    Head,
    /// Writes rules and brings them in.
    RuleOwner,
    /// Answers for the models.
    ModelOwner,
    /// Keeps the service running.
    Operator,
    /// Looks at what others did.
    Auditor,
    /// A system that hands in records, and nothing else.
    Sender,
}

impl Role {
    /// All of them, in the order of the table's columns.
    pub const ALL: [Role; 7] = [
        Role::Inspector,
        Role::Head,
        Role::RuleOwner,
        Role::ModelOwner,
        Role::Operator,
        Role::Auditor,
        Role::Sender,
    ];

    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Inspector => "inspector",
            Role::Head => "head",
            Role::RuleOwner => "rule_owner",
            Role::ModelOwner => "model_owner",
            Role::Operator => "operator",
            Role::Auditor => "auditor",
            Role::Sender => "sender",
        }
    }

    /// Whether who has it must be bound to divisions.
    pub const fn is_bound(self) -> bool {
        matches!(self, Role::Inspector)
    }
}

macro_rules! operations {
    ($($(#[doc = $about:literal])+ $operation:ident $name:literal $may:expr, $bound:expr, $kind:expr;)+) => {
        /// Something that can be asked of the service.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            $($(#[doc = $about])+ $operation,)+
        }

        /// The table: a row an operation.
        pub const TABLE: &[Row] = &[
            $(Row {
                operation: Operation::$operation,
                name: $name,
                about: concat!($($about),+),
                may: $may,
                bound: $bound,
                kind: $kind,
            },)+
        ];
    };
}

/// Who may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// Everybody, without a word about who they are.
    Everybody,
    /// Every principal.
    Known,
    /// Principals that have one of these roles.
    Roles(&'static [Role]),
}

/// Whether divisions bound what is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// It speaks of no institution.
    No,
    /// Who is bound to divisions sees and does it for institutions of theirs only.
    Division,
}

/// What it does to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: it reads.
    Read,
    /// It hands in records, which are kept as they came.
    Records,
    /// It changes something, and is written into the audit before it is done.
    Act,
    /// It is no request of its own, but widens what others answer.
    Widens,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What is done.
    pub operation: Operation,
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Who may.
    pub may: May,
    /// For which institutions.
    pub bound: Bound,
    /// What it does.
    pub kind: Kind,
}

use Role::{Auditor, Head, Inspector, ModelOwner, Operator, RuleOwner, Sender};

const READERS: May = May::Roles(&[Inspector, Head, RuleOwner, ModelOwner, Auditor]);
const FOLLOWERS: May = May::Roles(&[Inspector, Head, RuleOwner, ModelOwner]);
const STAFF: May = May::Roles(&[Inspector, Head, RuleOwner, ModelOwner, Operator, Auditor]);

operations! {
    /// whether the service lives and takes changes
    HealthRead "health.read" May::Everybody, Bound::No, Kind::Read;
    /// the description of the routes
    ApiRead "api.read" May::Everybody, Bound::No, Kind::Read;
    /// who one is, and what one may do
    AccessRead "access.read" May::Known, Bound::No, Kind::Read;
    /// hand in changes of records
    ChangesWrite "changes.write" May::Roles(&[Operator, Sender]), Bound::No, Kind::Records;
    /// alerts and their history
    AlertsRead "alerts.read" READERS, Bound::Division, Kind::Read;
    /// see persons by their numbers; for everybody else they are masked
    AlertsPersons "alerts.persons" May::Roles(&[Inspector, Head]), Bound::Division, Kind::Widens;
    /// see what shadow rules find
    AlertsShadow "alerts.shadow" May::Roles(&[Head, RuleOwner, Auditor]), Bound::Division, Kind::Widens;
    /// follow events of alerts
    FeedRead "feed.read" FOLLOWERS, Bound::Division, Kind::Read;
    /// alerts grouped by institution, family and person
    IncidentsRead "incidents.read" READERS, Bound::Division, Kind::Read;
    /// what was decided on alerts
    DispositionsRead "dispositions.read" READERS, Bound::Division, Kind::Read;
    /// decide on alerts
    DispositionsWrite "dispositions.write" May::Roles(&[Inspector, Head]), Bound::Division, Kind::Act;
    /// what was judged, by rule
    CoverageRead "coverage.read" STAFF, Bound::No, Kind::Read;
    /// what was rejected: where it came from, and why
    RejectedRead "rejected.read" May::Roles(&[RuleOwner, Operator, Auditor]), Bound::Division, Kind::Read;
    /// see the record of a reject as it came, to correct it and hand it in again
    RejectedRecords "rejected.records" May::Roles(&[Operator]), Bound::Division, Kind::Widens;
    /// rules and their versions
    RulesRead "rules.read" STAFF, Bound::No, Kind::Read;
    /// bring in rules that differ
    RulesApply "rules.apply" May::Roles(&[RuleOwner]), Bound::No, Kind::Act;
    /// approve what another has brought in
    RulesApprove "rules.approve" May::Roles(&[Head]), Bound::No, Kind::Act;
    /// let a rule that is only tried be fed
    RulesPromote "rules.promote" May::Roles(&[RuleOwner]), Bound::No, Kind::Act;
    /// counters for monitoring
    MetricsRead "metrics.read" May::Roles(&[Operator, Auditor]), Bound::No, Kind::Read;
    /// how the service is configured
    ConfigRead "config.read" May::Roles(&[Operator, Auditor]), Bound::No, Kind::Read;
    /// make a backup
    Backup "backup" May::Roles(&[Operator]), Bound::No, Kind::Act;
    /// who did what, and what was refused
    AuditRead "audit.read" May::Roles(&[Auditor]), Bound::No, Kind::Read;
}

impl Operation {
    /// Its row.
    pub fn row(self) -> &'static Row {
        // Rows stand in the order of the operations: both are written by one macro.
        &TABLE[self as usize]
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether somebody with these roles may do it.
    pub fn may(self, roles: &[Role]) -> bool {
        match self.row().may {
            May::Everybody | May::Known => true,
            May::Roles(may) => roles.iter().any(|role| may.contains(role)),
        }
    }
}

/// The table for people, in Markdown.
pub fn page() -> String {
    let mut text = String::from("| operation | is |");
    for role in Role::ALL {
        let _ = write!(text, " `{}` |", role.name());
    }
    text.push_str("\n|---|---|");
    text.push_str(&":-:|".repeat(Role::ALL.len()));
    text.push('\n');
    for row in TABLE {
        let _ = write!(text, "| `{}` | {}", row.name, row.about.trim());
        let _ = match row.may {
            May::Everybody => write!(text, "; without login"),
            May::Known => write!(text, "; every principal"),
            May::Roles(_) => Ok(()),
        };
        let _ = match row.kind {
            Kind::Act => write!(text, "; audited |"),
            _ => write!(text, " |"),
        };
        for role in Role::ALL {
            let mark = match (row.operation.may(&[role]), row.bound) {
                (false, _) => "",
                (true, Bound::No) => "yes",
                (true, Bound::Division) if role.is_bound() => "own",
                (true, Bound::Division) => "yes¹",
            };
            let _ = write!(text, " {mark} |");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_has_its_own_row() {
        for (nth, row) in TABLE.iter().enumerate() {
            assert_eq!(row.operation as usize, nth);
            assert_eq!(row.operation.row().name, row.name);
            assert!(TABLE.iter().filter(|other| other.name == row.name).count() == 1, "{}", row.name);
        }
    }

    #[test]
    fn a_sender_hands_in_and_does_nothing_else() {
        let may = |row: &&Row| matches!(row.may, May::Roles(_)) && row.operation.may(&[Role::Sender]);
        let may: Vec<&str> = TABLE.iter().filter(may).map(|row| row.name).collect();
        assert_eq!(may, ["changes.write"]);
    }
}
