//! The OpenAPI document, made of the table of routes and the structs that are read and written.
//!
//! The schemas are found as those under `docs/schema`: by asking the structs themselves. A library that derives them
//! from attributes would be a second way to say what the structs say already.

use serde_json::{Map, Value, json};
use wire::schema::{Output, schema_of};

use super::operation::Operation;
use super::routes::routes;

/// What parameters mean; one name means one thing wherever it is asked.
const PARAMETERS: [(&str, &str); 28] = [
    (
        "after",
        "where the page begins: the `next` of the page before; of the feed the last sequence, or `latest`",
    ),
    ("alert_id", "the alert"),
    ("amount_max", "at most so much is suspected, yuan"),
    ("amount_min", "at least so much is suspected, yuan"),
    ("code", "the contract's code of the reason"),
    ("division", "the first one to six digits of the admdvs in which the institution stands"),
    ("event", "raised, changed, withdrawn or aged"),
    ("family", "the family of the rule"),
    ("fixmedins_code", "the institution"),
    ("hash", "the hash of the row that was noted elsewhere"),
    ("incident", "the incident"),
    ("incident_id", "the incident"),
    ("lang", "the language of the text: zh (if it is not said) or en"),
    ("limit", "so many items, 1 to 1,000; 100 if it is not said"),
    ("number", "the number of the row that was noted elsewhere"),
    ("occurred_from", "from this day or moment on, YYYY-MM-DD or YYYY-MM-DD HH:MM:SS"),
    ("occurred_to", "up to this day or moment, it included"),
    ("operation", "what was asked for"),
    ("origin", "where it came from: file, request or topic"),
    ("person", "the person or practitioner whom it is about"),
    ("phase", "the first phase in which the rule applies"),
    ("rule", "the rule"),
    ("severity", "high, medium or low"),
    (
        "sort",
        "alert_id (if it is not said), or, the greatest first, occurred, amount, counted_amount, sequence",
    ),
    ("state", "standing (if it is not said), withdrawn, aged, held, shadow, or any"),
    ("total", "whether to count all that is found, and sum its amounts"),
    ("verdict", "definite, suspect or indicator"),
    ("who", "who did it"),
];

fn meaning(name: &str) -> &'static str {
    PARAMETERS.iter().find(|(known, _)| *known == name).map_or("", |(_, means)| means)
}

/// What a value looks like when it is there.
fn without_null(schema: &Value) -> Value {
    match schema["anyOf"].as_array().and_then(|either| either.first()) {
        Some(there) => there.clone(),
        None => schema.clone(),
    }
}

fn parameters(path: &str, operation: &Operation) -> Vec<Value> {
    let parameter = |name: &str, place: &str, required: bool, means: &str, schema: &Value| json!({ "name": name, "in": place, "required": required, "description": means, "schema": schema });
    let text = json!({ "type": "string" });
    let of_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut all: Vec<Value> =
        of_path.map(|name| parameter(name, "path", true, meaning(name), &text)).collect();
    let of_query = operation.asked["properties"].as_object().into_iter().flatten();
    all.extend(
        of_query.map(|(name, schema)| parameter(name, "query", false, meaning(name), &without_null(schema))),
    );
    let headers = operation.headers.iter();
    all.extend(headers.map(|(name, means)| parameter(name, "header", false, means, &text)));
    all
}

fn operation(path: &str, of: &Operation) -> Value {
    let (status, media_type, schema) = &of.answer;
    let mut responses = Map::new();
    let mut content = json!({ *media_type: { "schema": schema } });
    if let Some((media_type, schema)) = &of.also {
        content[*media_type] = json!({ "schema": schema });
    }
    responses.insert(status.to_string(), json!({ "description": of.summary, "content": content }));
    for problem in &of.problems {
        responses.insert(problem.to_string(), json!({ "$ref": "#/components/responses/problem" }));
    }
    let mut document = json!({
        "operationId": of.id,
        "summary": of.summary,
        "parameters": parameters(path, of),
        "responses": responses,
    });
    if let Some((media_types, schema)) = &of.body {
        let content: Map<String, Value> =
            media_types.iter().map(|of| ((*of).to_owned(), json!({ "schema": schema }))).collect();
        document["requestBody"] = json!({ "required": true, "content": content });
    }
    document
}

/// A line of an output, as `docs/schema` has it, without what says where it is written.
fn line(name: &str) -> Value {
    let document = Output::named(name).map(Output::document).unwrap_or_default();
    let mut schema: Value = serde_json::from_str(&document).unwrap_or_default();
    if let Some(fields) = schema.as_object_mut() {
        fields.retain(|name, _| !name.starts_with('$'));
    }
    schema
}

/// The document, with a line feed.
pub fn document() -> String {
    let mut paths = Map::new();
    for route in routes() {
        let operations: Map<String, Value> =
            route.operations.iter().map(|of| (of.method.to_owned(), operation(route.path, of))).collect();
        paths.insert(route.path.to_owned(), Value::Object(operations));
    }
    let problem = json!({
        "description": "a problem (RFC 9457); programs may rely on `code`",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/problem" } } },
    });
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "fundwatch",
            "version": "1",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "A live monitor of medical-insurance fund spending: changes in, alerts out.",
        },
        "paths": paths,
        "components": {
            "schemas": { "alert": line("alert"), "explanation": line("explanation"), "problem": schema_of::<ProblemLine>() },
            "responses": { "problem": problem },
        },
    });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// A problem as it is read.
#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "only its shape is asked for")]
struct ProblemLine {
    code: String,
    title: String,
    status: u16,
    #[serde(default)]
    detail: String,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::Problem;

    #[test]
    fn the_document_that_is_checked_in_is_that_of_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        if std::env::var("FUNDWATCH_ACCEPT").as_deref() == Ok("1") {
            std::fs::write(path, document()).unwrap();
        }
        let stored = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(stored, document(), "FUNDWATCH_ACCEPT=1 writes it");
    }

    #[test]
    fn every_parameter_is_explained_and_every_name_is_one() {
        let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
        for route in routes() {
            for of in &route.operations {
                assert!(ids.insert(of.id), "{} stands twice", of.id);
                for parameter in parameters(route.path, of) {
                    let name = parameter["name"].as_str().unwrap().to_owned();
                    assert_ne!(parameter["description"], "", "{name} of {}", of.id);
                    names.insert(name);
                }
            }
        }
        for (name, _) in PARAMETERS {
            assert!(names.contains(name), "nobody asks for {name}");
        }
    }

    #[test]
    fn a_problem_is_read_as_it_is_written() {
        let written = serde_json::to_string(&Problem::bad_request("x")).unwrap();
        let read: ProblemLine = serde_json::from_str(&written).unwrap();
        assert_eq!((read.code.as_str(), read.status, read.detail.as_str()), ("bad_request", 400, "x"));
    }
}
