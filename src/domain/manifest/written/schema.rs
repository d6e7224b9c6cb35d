//! The JSON Schemas of the files, made of the types that read them.

use schemars::{
    JsonSchema, Schema,
    generate::SchemaSettings,
    transform::{RecursiveTransform, Transform},
};
use serde_json::{Value, json};

/// Where the schemas are at home.
const HOME: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/schemas");

/// The schema of a file, with its name there and its title.
pub(crate) fn document<T: JsonSchema>(name: &str, title: &str) -> Value {
    // Draft 7, which editors know best.
    let mut settings = SchemaSettings::draft07();
    settings.transforms.insert(0, Box::new(RecursiveTransform(as_it_is_read)));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("title");
    let head = [
        ("$schema", schema.remove("$schema").unwrap_or_default()),
        ("$id", format!("{HOME}/{name}.schema.json").into()),
        ("title", title.into()),
    ];
    let head = head.into_iter().map(|(key, value)| (key.to_owned(), value));
    Value::Object(head.chain(schema.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone()))).collect())
}

/// Exactly one of these keys must be there.
pub(crate) fn exactly_one(keys: &'static [&'static str]) -> impl Transform {
    move |schema: &mut Schema| {
        let each: Vec<Value> = keys.iter().map(|key| json!({ "required": [key] })).collect();
        schema.insert("oneOf".to_owned(), each.into());
    }
}

/// A key without a value is a mistake, so what may be left out may still not be null. What is meant when a key is left
/// out stands in its description.
fn as_it_is_read(schema: &mut Schema) {
    let null = json!({ "type": "null" });
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(kinds)) = object.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = &kinds[..] {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(of)) = object.get_mut("enum") {
        of.retain(|word| !word.is_null());
    }
    object.remove("default");
    // Editors take a line's end for a paragraph's.
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = text.replace('\n', " ");
    }
    let Some(Value::Array(of)) = object.get_mut("anyOf") else { return };
    of.retain(|one| *one != null);
    if let [Value::Object(only)] = &of[..] {
        let only = only.clone();
        object.remove("anyOf");
        for (key, value) in only {
            object.entry(key).or_insert(value);
        }
    }
}

#[cfg(test)]
mod tests;
