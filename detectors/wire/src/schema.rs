//! JSON Schema of every output, found by asking the structs themselves.
//!
//! A struct that can be read shows serde which fields it has and what each of them is read as.
//! [`schema_of`] listens to that with a source of data that has everything once, so nothing is written down a second
//! time: a field that is added to a struct stands in the schema.
//! A field is required unless it may be `null` or is left out when it is empty.

mod shape;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::explanation::{Explanation, WhyNot};
use crate::list::{ListFacts, ListRow};
use crate::{
    Alert, AlertDifference, Event, Institution, InstitutionCoverage, KeptFinding, KeptRecord, Label, Owners,
    Rejected, RuleCoverage, RunMeta, Summary, VERSION,
};
use shape::Shape;

/// An output that has a schema.
pub struct Output {
    /// Its name, that of `fundwatch schema NAME`.
    pub name: &'static str,
    /// Where it is written.
    pub written: &'static str,
    shape: fn() -> Shape,
}

/// All outputs, in the order of the program's commands.
pub const OUTPUTS: [Output; 17] = [
    Output { name: "alert", written: "alerts.ndjson and shadow.ndjson, a line", shape: shape::of::<Alert> },
    Output { name: "event", written: "events.ndjson, a line", shape: shape::of::<Event> },
    Output { name: "owners", written: "owners.ndjson, a line", shape: shape::of::<Owners> },
    Output { name: "rejected", written: "rejected.ndjson, a line", shape: shape::of::<Rejected> },
    Output { name: "institution", written: "institutions.ndjson, a line", shape: shape::of::<Institution> },
    Output {
        name: "institution_coverage",
        written: "coverage_by_institution.ndjson, a line",
        shape: shape::of::<InstitutionCoverage>,
    },
    Output { name: "label", written: "labels.ndjson, a line", shape: shape::of::<Label> },
    Output {
        name: "rule_coverage",
        written: "coverage.json, the value of a rule",
        shape: shape::of::<RuleCoverage>,
    },
    Output { name: "summary", written: "summary.json", shape: shape::of::<Summary> },
    Output { name: "run", written: "explain/run.json", shape: shape::of::<RunMeta> },
    Output { name: "kept_record", written: "explain/records.ndjson, a line", shape: shape::of::<KeptRecord> },
    Output {
        name: "kept_finding",
        written: "explain/findings.ndjson, a line",
        shape: shape::of::<KeptFinding>,
    },
    Output { name: "list_row", written: "list --out NAME.ndjson, a line", shape: shape::of::<ListRow> },
    Output {
        name: "list_facts",
        written: "list --out NAME.ndjson, NAME.draw.json",
        shape: shape::of::<ListFacts>,
    },
    Output { name: "explanation", written: "explain --json", shape: shape::of::<Explanation> },
    Output { name: "why_not", written: "explain --not --json", shape: shape::of::<WhyNot> },
    Output {
        name: "alert_difference",
        written: "rules diff --out NAME.ndjson, a line",
        shape: shape::of::<AlertDifference>,
    },
];

impl Output {
    /// The output of this name.
    pub fn named(name: &str) -> Option<&'static Output> {
        OUTPUTS.iter().find(|output| output.name == name)
    }

    /// Its JSON Schema as a document with a line feed.
    ///
    /// ```
    /// let schema = wire::schema::Output::named("owners").map(|output| output.document());
    /// assert!(schema.is_some_and(|text| text.contains("\"practitioners\"")));
    /// ```
    pub fn document(&self) -> String {
        let mut schema = (self.shape)().schema();
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        schema["$comment"] = json!(format!("{}; outputs of version {VERSION}", self.written));
        schema["title"] = json!(self.name);
        let mut text = serde_json::to_string_pretty(&schema).expect("a value is written to memory");
        text.push('\n');
        text
    }

    /// What of a value does not fit the schema, each with its path; unknown fields too.
    pub fn faults(&self, value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        (self.shape)().check(value, "", &mut faults);
        faults
    }
}

/// The JSON Schema of a type that can be read.
///
/// ```
/// let schema = wire::schema::schema_of::<wire::Share>();
/// assert_eq!(schema["properties"]["amount"]["pattern"], "^-?[0-9]+\\.[0-9]{2}$");
/// ```
pub fn schema_of<T: DeserializeOwned>() -> Value {
    shape::of::<T>().schema()
}
