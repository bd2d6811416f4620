//! The JSON Schemas of the documents, from the types: `docs/*.schema.json`. Descriptions are the doc comments; what may be
//! missing is what the reader does without (`serde(default)`), and what follows from a name is said here once.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::comparison::Comparison;
use super::runs::Runs;
use super::summary::Summary;
use super::sweep::Sweep;
use crate::fixture::assert_committed;

/// Figures that may be below 0; no other number is.
const SIGNED: [&str; 2] = ["absolute", "backlog_growth_per_s"];

/// Adds to each property what follows from its name, and says of each whether it may be missing.
#[derive(Clone)]
struct Conventions;

impl Transform for Conventions {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(schema) = schema.as_object_mut() else { return };
        schema.remove("format");
        unwrap_lines(schema);
        let written: Vec<Value> =
            schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
        let bounds: Vec<String> = properties.keys().filter_map(|name| bound(name)).collect();
        let are_histograms = properties.get("response_ok").is_some_and(|one| has_type(one, "string"));
        let may_be_missing: Vec<String> = properties
            .iter()
            .filter(|(_, one)| one.get("default").is_some())
            .map(|(name, _)| name.clone())
            .collect();
        for (name, property) in properties {
            if has_type(property, "number") && !SIGNED.contains(&name.as_str()) {
                property["minimum"] = json!(0);
                if name.ends_with("_rate") || name.ends_with("_share") {
                    property["maximum"] = json!(1);
                }
            }
            if has_type(property, "string") && (are_histograms || name.ends_with("_histogram")) {
                property["contentEncoding"] = json!("base64");
                property["pattern"] = json!("^[A-Za-z0-9+/]*={0,2}$");
            }
            if name == "lower_bounds" {
                property["items"] = json!({ "enum": bounds });
                property["uniqueItems"] = json!(true);
            }
            say_default(property, written.contains(&json!(name)));
        }
        if !written.is_empty() {
            let needed = |name: &&Value| {
                name.as_str().is_none_or(|name| !may_be_missing.iter().any(|one| one == name))
            };
            let required: Vec<Value> = written.iter().filter(needed).cloned().collect();
            schema.insert("required".to_owned(), json!(required));
        }
    }
}

/// A field that is left out where there is nothing to say is never null. A whole object as a default says less than it
/// takes up.
fn say_default(property: &mut Value, is_always_written: bool) {
    match property.get("default") {
        Some(Value::Object(_)) => {
            property.as_object_mut().map(|property| property.remove("default"));
        }
        None if !is_always_written => never_null(property),
        _ => {}
    }
}

fn never_null(property: &mut Value) {
    for choices in ["type", "anyOf"] {
        let Some(Value::Array(types)) = property.get_mut(choices) else { continue };
        types.retain(|one| one != "null" && one.get("type").is_none_or(|one| one != "null"));
        if let ("type", [only]) = (choices, types.as_slice()) {
            property["type"] = only.clone();
        }
    }
}

/// The name that `lower_bounds` has for a figure beside it, where the figure can be one.
fn bound(property: &str) -> Option<String> {
    let figure =
        property.strip_suffix("_ms").or(property.starts_with("amplification_").then_some(property))?;
    (figure != "min")
        .then(|| if figure.starts_with('p') { figure.replace('_', ".") } else { figure.to_owned() })
}

fn has_type(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::Array(types)) => types.iter().any(|one| one == name),
        one => one.is_some_and(|one| one == name),
    }
}

/// A doc comment's lines are broken for the source only.
fn unwrap_lines(schema: &mut Map<String, Value>) {
    if let Some(Value::String(description)) = schema.get("description") {
        let paragraphs = description.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
        let description = paragraphs.collect::<Vec<_>>().join("\n\n");
        schema.insert("description".to_owned(), json!(description));
    }
}

/// A result inside another document is described in its own schema.
fn refer_to_result(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("$ref").is_some_and(|to| to == "#/$defs/Summary") {
                map.insert("$ref".to_owned(), json!("urn:rpsbench:result:1"));
            }
            map.values_mut().for_each(refer_to_result);
        }
        Value::Array(items) => items.iter_mut().for_each(refer_to_result),
        _ => {}
    }
}

/// Removes definitions that nothing refers to any more.
fn prune(schema: &mut Value) {
    while let Some(definitions) = schema["$defs"].as_object() {
        let text = schema.to_string();
        let is_unused = |name: &&String| !text.contains(&format!("\"#/$defs/{name}\""));
        let Some(unused) = definitions.keys().find(is_unused).cloned() else { return };
        schema["$defs"].as_object_mut().unwrap().remove(&unused);
    }
}

fn schema_of<T: JsonSchema>(kind: &str) -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(Conventions);
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    refer_to_result(&mut schema);
    prune(&mut schema);
    if schema["$defs"].as_object().is_some_and(Map::is_empty) {
        schema.as_object_mut().unwrap().remove("$defs");
    }
    schema["$id"] = json!(format!("urn:rpsbench:{kind}:1"));
    schema["title"] = json!(format!("rpsbench.{kind}/1"));
    serde_json::to_string_pretty(&schema).unwrap() + "\n"
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    assert_committed("docs/result.schema.json", &schema_of::<Summary>("result"));
    assert_committed("docs/runs.schema.json", &schema_of::<Runs>("runs"));
    assert_committed("docs/sweep.schema.json", &schema_of::<Sweep>("sweep"));
    assert_committed("docs/compare.schema.json", &schema_of::<Comparison>("compare"));
}
