//! Holds requests and answers against a vendor's own description (`OpenAPI` 3.0 or 3.1, JSON).
//!
//! What JSON Schema lets pass and a vendor does not is an error here too: an unknown name in the query or at the top of a
//! body, a body where none is described. Parameters that the description marks with `x-multi-segment` may hold slashes.
//! Headers, formats and what a value means are not looked at: that is the fake's part.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value, json};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// A description, ready to judge.
pub struct Guard {
    operations: Vec<Operation>,
    components: Value,
    validators: Mutex<HashMap<String, Result<Arc<jsonschema::Validator>, String>>>,
}

struct Operation {
    method: String,
    path: Vec<Segment>,
    id: String,
    description: Value,
    parameters: Vec<Value>,
}

enum Segment {
    Literal(String),
    /// One segment, with what stands after the variable (`{name}:verb`).
    Variable(String),
    /// One or more.
    Rest,
}

/// What is wrong, or the operation's id.
pub type Judged = Result<String, Vec<String>>;

impl Guard {
    /// With this description.
    pub fn new(mut description: Value) -> Self {
        as_schema(&mut description["components"]);
        as_schema(&mut description["paths"]);
        let components = description["components"].take();
        let mut operations = Vec::new();
        for (path, item) in description["paths"].as_object().expect("a description has paths") {
            for method in METHODS.iter().filter(|method| item.get(**method).is_some()) {
                operations.push(Operation::new(method, path, item, &components));
            }
        }
        Self { operations, components, validators: Mutex::default() }
    }

    /// Judges a request.
    pub fn request(&self, method: &str, path: &str, query: &str, body: &[u8]) -> Judged {
        let Some(operation) = self.find(method, path) else {
            return Err(vec![format!("no operation {method} {path} in the description")]);
        };
        let id = &operation.id;
        let mut wrong: Vec<String> = operation.wrong_in_query(query).into_iter().map(|why| format!("{id}: {why}")).collect();
        let described = self.resolved(&operation.description["requestBody"]);
        let schema = &described["content"]["application/json"]["schema"];
        if body.is_empty() {
            if described["required"] == json!(true) {
                wrong.push(format!("{id}: a body is required"));
            }
        } else if schema.is_null() {
            if body != b"{}" {
                wrong.push(format!("{id}: it has a body, and none is described"));
            }
        } else {
            match serde_json::from_slice::<Value>(body) {
                Err(error) => wrong.push(format!("{id}: the body is not JSON: {error}")),
                Ok(body) => {
                    wrong.extend(self.mistakes(&format!("{id} request"), schema, &body));
                    wrong.extend(unknown_properties(schema, &body).into_iter().map(|name| format!("{id}: unknown property '{name}'")));
                }
            }
        }
        if wrong.is_empty() { Ok(id.clone()) } else { Err(wrong) }
    }

    /// Judges an answer.
    pub fn answer(&self, method: &str, path: &str, status: u16, body: &[u8]) -> Judged {
        let Some(operation) = self.find(method, path) else { return Err(vec![format!("no operation {method} {path}")]) };
        let id = &operation.id;
        let answers = &operation.description["responses"];
        let keys = [status.to_string(), format!("{}XX", status / 100), "default".to_owned()];
        let Some(answer) = keys.iter().map(|key| &answers[key]).find(|answer| !answer.is_null()) else {
            return Err(vec![format!("{id}: the status {status} is not described")]);
        };
        let schema = &self.resolved(answer)["content"]["application/json"]["schema"];
        if schema.is_null() {
            return Ok(id.clone());
        }
        let body: Value = serde_json::from_slice(body).map_err(|error| vec![format!("{id}: the answer is not JSON: {error}")])?;
        let wrong = self.mistakes(&format!("{id} {status}"), schema, &body);
        if wrong.is_empty() { Ok(id.clone()) } else { Err(wrong) }
    }

    /// The description's own example of this name.
    pub fn example(&self, name: &str) -> Value {
        let value = &self.components["examples"][name]["value"];
        assert!(!value.is_null(), "the description has no example {name}");
        value.clone()
    }

    fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let fits = self.operations.iter().filter(|one| one.method.eq_ignore_ascii_case(method));
        fits.filter_map(|one| Some((fit(&one.path, &parts)?, one))).max_by_key(|(fit, _)| *fit).map(|(_, one)| one)
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        resolved(value, &self.components)
    }

    fn mistakes(&self, key: &str, schema: &Value, value: &Value) -> Vec<String> {
        match self.validator(key, schema) {
            Err(error) => vec![format!("{key}: the description is unusable: {error}")],
            Ok(validator) => validator.iter_errors(value).map(|error| format!("{key} {}: {error:.200}", error.instance_path())).collect(),
        }
    }

    fn validator(&self, key: &str, schema: &Value) -> Result<Arc<jsonschema::Validator>, String> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let mut schema = schema.clone();
            schema["components"] = json!({ "schemas": self.components["schemas"] });
            schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
            jsonschema::validator_for(&schema).map(Arc::new).map_err(|error| error.to_string())
        };
        validators.entry(key.to_owned()).or_insert_with(make).clone()
    }
}

impl Operation {
    fn new(method: &str, path: &str, item: &Value, components: &Value) -> Self {
        let description = item[method].clone();
        let lists = [&item["parameters"], &description["parameters"]];
        let parameters = lists.iter().flat_map(|list| list.as_array().into_iter().flatten());
        let parameters: Vec<Value> = parameters.map(|one| resolved(one, components).clone()).collect();
        let is_long =
            |name: &str| parameters.iter().any(|one| one["in"] == "path" && one["name"] == *name && one["x-multi-segment"] == json!(true));
        let segment = |text: &str| match text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((name, "")) if is_long(name) => Segment::Rest,
            Some((_, after)) => Segment::Variable(after.to_owned()),
            None => Segment::Literal(text.to_owned()),
        };
        let id = description["operationId"].as_str().map_or_else(|| format!("{method} {path}"), str::to_owned);
        let path = path.trim_start_matches('/').split('/').map(segment).collect();
        Self { method: method.to_owned(), path, id, description, parameters }
    }

    fn wrong_in_query(&self, query: &str) -> Vec<String> {
        let names: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).filter_map(|pair| pair.split('=').next()).collect();
        let known: Vec<&Value> = self.parameters.iter().filter(|one| one["in"] == "query").collect();
        let unknown = names.iter().filter(|name| !known.iter().any(|one| one["name"] == **name));
        let unknown = unknown.map(|name| format!("unknown query parameter '{name}'"));
        let missing = known.iter().filter(|one| one["required"] == json!(true) && !names.iter().any(|name| one["name"] == *name));
        unknown.chain(missing.map(|one| format!("the query parameter {} is missing", one["name"]))).collect()
    }
}

/// How well a path fits, if it does: the more literal, the better.
fn fit(path: &[Segment], parts: &[&str]) -> Option<usize> {
    match (path.first(), parts.first()) {
        (None, None) => Some(0),
        (Some(Segment::Literal(text)), Some(part)) if text == part => Some(fit(&path[1..], &parts[1..])? + 4),
        (Some(Segment::Variable(after)), Some(part)) if part.len() > after.len() && part.ends_with(after.as_str()) => {
            Some(fit(&path[1..], &parts[1..])? + 2 + usize::from(!after.is_empty()))
        }
        (Some(Segment::Rest), Some(_)) => (1..=parts.len()).filter_map(|taken| fit(&path[1..], &parts[taken..])).max().map(|rest| rest + 1),
        _ => None,
    }
}

fn resolved<'a>(value: &'a Value, components: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|place| components.pointer(place.trim_start_matches("#/components")));
    target.unwrap_or(value)
}

/// A misspelt optional property passes JSON Schema. Looked for at the top of plain objects alone.
fn unknown_properties(schema: &Value, body: &Value) -> Vec<String> {
    let open = ["oneOf", "anyOf", "allOf", "additionalProperties"].iter().any(|key| schema.get(*key).is_some());
    match (schema["properties"].as_object(), body.as_object()) {
        (Some(known), Some(body)) if !open => body.keys().filter(|name| !known.contains_key(*name)).cloned().collect(),
        _ => Vec::new(),
    }
}

/// Turns `nullable: true` of `OpenAPI` 3.0 into JSON Schema, and drops what makes published descriptions unusable.
fn as_schema(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(as_schema),
        Value::Object(object) => {
            object.values_mut().for_each(as_schema);
            for key in ["oneOf", "anyOf", "allOf", "enum"] {
                if object.get(key) == Some(&json!([])) {
                    object.remove(key);
                }
            }
            if object.get("deprecated").is_some_and(Value::is_string) {
                object.insert("deprecated".to_owned(), json!(true));
            }
            if object.get("nullable") == Some(&json!(true)) {
                object.remove("nullable");
                nullable(object);
            }
        }
        _ => {}
    }
}

fn nullable(object: &mut serde_json::Map<String, Value>) {
    let Some(Value::String(kind)) = object.get("type").cloned() else {
        let inner = Value::Object(std::mem::take(object));
        object.insert("anyOf".to_owned(), json!([inner, { "type": "null" }]));
        return;
    };
    object.insert("type".to_owned(), json!([kind, "null"]));
    if let Some(Value::Array(values)) = object.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        let name = |name: &str, long: bool| json!({ "in": "path", "name": name, "required": true, "x-multi-segment": long });
        Guard::new(json!({
            "paths": {
                "/things/{id}": {
                    "parameters": [name("id", false)],
                    "get": {
                        "operationId": "get",
                        "parameters": [{ "$ref": "#/components/parameters/page" }, { "in": "query", "name": "must", "required": true }],
                        "responses": {
                            "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/thing" } } } },
                            "404": { "$ref": "#/components/responses/gone" }, "5XX": { "description": "trouble" },
                        },
                    },
                    "post": {
                        "operationId": "post",
                        "requestBody": { "required": true, "content": { "application/json": { "schema": {
                            "type": "object", "required": ["name"],
                            "properties": { "name": { "type": "string", "nullable": true }, "kind": { "type": "string", "enum": ["a"], "nullable": true } },
                        } } } },
                        "responses": { "204": { "description": "done" } },
                    },
                },
                "/things/new": { "get": { "operationId": "new", "responses": { "default": { "description": "any" } } } },
                "/files/{path}": { "parameters": [name("path", true)], "delete": { "operationId": "delete", "responses": {} } },
                "/files/{path}/raw": { "parameters": [name("path", true)], "delete": { "operationId": "raw", "responses": {} } },
                "/sites/{site}:verb": { "parameters": [name("site", false)], "post": { "operationId": "verb", "responses": {} } },
            },
            "components": {
                "parameters": { "page": { "in": "query", "name": "page" } },
                "responses": { "gone": { "content": { "application/json": { "schema": { "type": "object", "required": ["message"] } } } } },
                "schemas": { "thing": { "type": "object", "required": ["id"], "nullable": true, "properties": { "id": { "type": "integer" } }, "oneOf": [] } },
            },
        }))
    }

    fn wrong(judged: Judged) -> String {
        judged.expect_err("something is wrong").join("\n")
    }

    #[test]
    fn the_operation_that_fits_best_is_found() {
        let guard = guard();
        let found = |method: &str, path: &str| guard.request(method, path, "must=1", b"").unwrap_or_else(|wrong| wrong.join(" "));
        assert_eq!(found("GET", "/things/7"), "get");
        assert!(found("GET", "/things/new").starts_with("new: unknown query parameter 'must'"));
        assert!(found("DELETE", "/files/a/b/c").starts_with("delete: "));
        assert!(found("DELETE", "/files/a/b/raw").starts_with("raw: "));
        assert!(found("POST", "/sites/x:verb").starts_with("verb: "));
        for (method, path) in
            [("PUT", "/things/7"), ("GET", "/things"), ("GET", "/things/7/8"), ("POST", "/sites/:verb"), ("DELETE", "/files")]
        {
            assert_eq!(found(method, path), format!("no operation {method} {path} in the description"));
        }
    }

    #[test]
    fn the_query_has_known_names_and_all_that_it_must() {
        assert_eq!(guard().request("GET", "/things/7", "page=2&must=1", b""), Ok("get".to_owned()));
        assert_eq!(wrong(guard().request("GET", "/things/7", "pgae=2&must=1", b"")), "get: unknown query parameter 'pgae'");
        assert_eq!(wrong(guard().request("GET", "/things/7", "page=2", b"")), "get: the query parameter \"must\" is missing");
    }

    #[test]
    fn a_body_is_what_is_described() {
        let post = |body: &str| guard().request("POST", "/things/7", "", body.as_bytes());
        assert_eq!(post(r#"{"name": null, "kind": null}"#), Ok("post".to_owned()));
        assert_eq!(wrong(post("")), "post: a body is required");
        assert!(wrong(post("{")).starts_with("post: the body is not JSON"));
        assert!(wrong(post("{}")).contains("\"name\" is a required property"));
        assert!(wrong(post(r#"{"name": 7}"#)).starts_with("post request /name: 7 is not of types"));
        assert!(wrong(post(r#"{"name": "x", "kind": "b"}"#)).starts_with("post request /kind: "));
        assert_eq!(wrong(post(r#"{"name": "x", "knid": "a"}"#)), "post: unknown property 'knid'");
        assert_eq!(wrong(guard().request("GET", "/things/new", "", br#"{"a": 1}"#)), "new: it has a body, and none is described");
        assert_eq!(guard().request("GET", "/things/new", "", b"{}"), Ok("new".to_owned()), "which is as good as none");
    }

    #[test]
    fn an_answer_is_what_is_described() {
        let answer = |status: u16, body: &str| guard().answer("GET", "/things/7", status, body.as_bytes());
        for (status, body) in [(200, r#"{"id": 1, "more": 2}"#), (200, "null"), (404, r#"{"message": "no"}"#), (502, "<html>")] {
            assert_eq!(answer(status, body), Ok("get".to_owned()), "{status}");
        }
        assert!(wrong(answer(200, r#"{"id": "1"}"#)).contains("/id"));
        assert!(wrong(answer(200, "<html>")).contains("not JSON"));
        assert!(wrong(answer(404, "{}")).contains("message"));
        assert_eq!(wrong(answer(302, "")), "get: the status 302 is not described");
        assert_eq!(wrong(guard().answer("PUT", "/things/7", 200, b"")), "no operation PUT /things/7");
    }
}
