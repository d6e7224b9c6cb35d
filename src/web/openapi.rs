//! The `OpenAPI` document, made from the table of operations and the types that they take and give.

use actix_web::http::StatusCode;
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    operation::{Answer, Needs, Operation, Shape},
    problem::ErrorBody,
};
use crate::domain::rights::Power;

const ABOUT: &str = "Whatever the terminal and the dashboard show and do. Times are RFC 3339 in UTC; lists are newest first, a page at a \
     time: `next` is what `before` takes. Whoever asks for something by `POST /requests` is answered when it is decided, as for a push; the \
     answer is kept, and found by the id of its delivery.";

/// The errors that any operation may answer.
const ALWAYS: [(StatusCode, &str); 3] = [
    (StatusCode::BAD_REQUEST, "A parameter, a header or the body is not what it must be; the message says which and why."),
    (StatusCode::INTERNAL_SERVER_ERROR, "The store failed; the server's log says how."),
    (StatusCode::SERVICE_UNAVAILABLE, "Not just now: try again in a few seconds."),
];

/// The document for these operations, which are below this path.
pub(super) fn document(base: &str, operations: &[Operation]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut given = settings.clone().for_serialize().into_generator();
    // What is taken stands where it is taken: its parts are told as they are read, which is more than as they are written.
    let mut taken = settings.for_deserialize().with(|settings| settings.inline_subschemas = true).into_generator();
    let error = given.subschema_for::<ErrorBody>();
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let path = paths.entry(format!("{base}{}", operation.path)).or_insert_with(|| json!({}));
        path[operation.method.as_str().to_ascii_lowercase()] = told(operation, &error, (&mut given, &mut taken));
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Botadura", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT, "license": { "name": "MIT OR Apache-2.0" } },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": given.take_definitions(true),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The server's own token (the file `token` in its data folder), or one that `botadura token create` made.",
                },
            },
        },
    })
}

fn told(operation: &Operation, error: &Schema, (given, taken): (&mut SchemaGenerator, &mut SchemaGenerator)) -> Value {
    let mut parameters = Vec::new();
    parameters.extend(fields(operation.place, taken).into_iter().map(|(name, schema, _)| parameter(&name, "path", true, schema)));
    parameters
        .extend(fields(operation.query, taken).into_iter().map(|(name, schema, required)| parameter(&name, "query", required, schema)));
    for header in &operation.headers {
        let mut schema = json!({ "type": "string", "description": header.about });
        if let Some(pattern) = header.pattern {
            schema["pattern"] = pattern.into();
        }
        parameters.push(parameter(header.name, "header", false, schema));
    }
    let mut told = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "description": needed(operation.needs),
        "security": if operation.needs == Needs::Nothing { json!([]) } else { json!([{ "token": [] }]) },
        "parameters": parameters,
        "responses": responses(operation, error, given),
    });
    if let Some(body) = operation.body {
        told["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": body(taken) } } });
    }
    told
}

fn needed(needs: Needs) -> String {
    match needs {
        Needs::Nothing => "Needs no token.".to_owned(),
        Needs::Token => "Needs a token whose scopes reach what is asked for.".to_owned(),
        Needs::Somewhere(Power::Read) => "Needs the scope `read`; what it does not reach is not there.".to_owned(),
        Needs::Somewhere(power) => format!("Needs the scope `{}`, at least somewhere.", power.word()),
        Needs::Everywhere(power) => format!("Needs the scope `{}`, unlimited.", power.word()),
    }
}

/// The fields of a struct: name, schema, whether it must be there.
fn fields(shape: Option<Shape>, generator: &mut SchemaGenerator) -> Vec<(String, Value, bool)> {
    let Some(shape) = shape else { return Vec::new() };
    let schema = shape(generator).to_value();
    let required = |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name));
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    properties.into_iter().map(|(name, schema)| (name.clone(), present(schema), required(&name))).collect()
}

/// What a parameter is when it is there: a query cannot say `null`.
fn present(mut schema: Value) -> Value {
    if let Some(types) = schema["type"].as_array().cloned() {
        let rest: Vec<Value> = types.into_iter().filter(|one| one != "null").collect();
        schema["type"] = if let [only] = &rest[..] { only.clone() } else { rest.into() };
    }
    if let Some(any) = schema.get("anyOf").and_then(Value::as_array).cloned() {
        let rest: Vec<Value> = any.into_iter().filter(|one| one["type"] != "null").collect();
        if let ([Value::Object(only)], Some(schema)) = (&rest[..], schema.as_object_mut()) {
            schema.remove("anyOf");
            for (key, value) in only {
                schema.entry(key).or_insert_with(|| value.clone());
            }
        }
    }
    if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        values.retain(|value| !value.is_null());
    }
    schema
}

fn parameter(name: &str, place: &str, required: bool, mut schema: Value) -> Value {
    let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
    let mut parameter = json!({ "name": name, "in": place, "required": required, "schema": schema });
    if let Some(about) = about {
        parameter["description"] = about;
    }
    parameter
}

fn responses(operation: &Operation, error: &Schema, given: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    for Answer { status, about, contents } in &operation.answers {
        let mut response = json!({ "description": about });
        for (media, shape) in contents {
            response["content"][*media] = json!({ "schema": shape(given) });
        }
        responses.insert(status.as_str().to_owned(), response);
    }
    for (status, about) in errors(operation) {
        let response = || json!({ "description": about, "content": { "application/json": { "schema": error } } });
        responses.entry(status.as_str()).or_insert_with(response);
    }
    responses.into()
}

/// The errors that follow from what an operation is.
fn errors(operation: &Operation) -> Vec<(StatusCode, &'static str)> {
    let mut errors = ALWAYS.to_vec();
    if operation.needs != Needs::Nothing {
        errors.push((StatusCode::UNAUTHORIZED, "There is no token, or one that does not count."));
        errors.push((StatusCode::FORBIDDEN, "The token's scopes do not reach so far."));
    }
    if operation.place.is_some() {
        errors.push((StatusCode::NOT_FOUND, "There is no such thing, or the token does not reach it."));
    }
    if operation.body.is_some() {
        errors.push((StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time."));
        errors.push((StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."));
        errors.push((StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not JSON."));
    }
    errors
}
