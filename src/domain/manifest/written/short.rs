//! Values that are written in more than one way: spans of time, shares, one or several, a text or a map.

use std::{borrow::Cow, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor, value},
};

use super::exactly_one;

/// A span of time (`30s`, `5m`, `1h30m`, `14d`), whose number alone would be no text but is no span either.
#[derive(Debug, Clone)]
pub(crate) struct Span(pub(crate) String);

/// A share (`95%`), or nothing (`0`).
#[derive(Debug, Clone)]
pub(crate) struct Share(pub(crate) String);

/// Implements `Deserialize` and `JsonSchema` for a type that is written as a text or a list, a map or a number.
macro_rules! either {
    ($type:ident, $wanted:literal, $($way:ident($inner:ty) => $make:expr),+ $(,)?) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Either;
                impl<'de> serde::de::Visitor<'de> for Either {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($wanted)
                    }

                    $(either!(@$way $inner, $make);)+
                }
                deserializer.deserialize_any(Either)
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "anyOf": [$(generator.subschema_for::<$inner>()),+] })
            }
        }
    };
    (@text $inner:ty, $make:expr) => {
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(($make)(text.to_owned()))
        }
    };
    (@number $inner:ty, $make:expr) => {
        fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
            Ok(($make)(number))
        }
    };
    (@list $inner:ty, $make:expr) => {
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
            let inner: $inner = serde::Deserialize::deserialize(serde::de::value::SeqAccessDeserializer::new(items))?;
            Ok(($make)(inner))
        }
    };
    (@map $inner:ty, $make:expr) => {
        fn visit_map<A: serde::de::MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
            let inner: $inner = serde::Deserialize::deserialize(serde::de::value::MapAccessDeserializer::new(members))?;
            Ok(($make)(inner))
        }
    };
}
pub(super) use either;

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SpanVisitor;
        impl Visitor<'_> for SpanVisitor {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a span of time (30s, 5m, 1h30m, 14d)")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
                Ok(Span(text.to_owned()))
            }
        }
        deserializer.deserialize_any(SpanVisitor)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$", "examples": ["30s", "5m", "1h30m", "14d"] })
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ShareVisitor;
        impl Visitor<'_> for ShareVisitor {
            type Value = Share;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a share (95%)")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Share, E> {
                Ok(Share(text.to_owned()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Share, E> {
                Ok(Share(number.to_string()))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Share, E> {
                Ok(Share(number.to_string()))
            }
        }
        deserializer.deserialize_any(ShareVisitor)
    }
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?%$" }, { "const": 0 }], "examples": ["95%"] })
    }
}

/// A plain text, or `{secret: REFERENCE}`.
#[derive(Debug)]
pub(crate) enum Text {
    Plain(String),
    Secret(Secret),
}

/// A secret in the place of a text.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SecretText {
    /// Where the secret is.
    secret: Secret,
}

either!(
    Text,
    "a text or a map ({secret: …})",
    text(String) => Text::Plain,
    map(SecretText) => |text: SecretText| Text::Secret(text.secret),
);

/// Where a secret is; never the secret itself.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the fields are the file's keys")]
#[serde(deny_unknown_fields, expecting = "where a secret is (a map such as {env: NAME})")]
#[schemars(transform = exactly_one(&["env", "file", "aws_secret", "aws_parameter"]))]
pub(crate) struct Secret {
    /// A variable of the server's environment.
    pub(crate) env: Option<String>,
    /// A file on the server's machine, relative to the server's own file; one newline at its end does not count.
    pub(crate) file: Option<String>,
    /// A secret of AWS Secrets Manager: `name`, or `name#key` for one key of its JSON.
    pub(crate) aws_secret: Option<String>,
    /// A parameter of AWS Systems Manager: `/path/name`.
    pub(crate) aws_parameter: Option<String>,
}

/// One value, or a list of them.
#[derive(Debug)]
pub(crate) struct Several<T = String>(pub(crate) Vec<T>);

impl<'de, T: OneOf> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SeveralVisitor(PhantomData))
    }
}

impl<T: OneOf> JsonSchema for Several<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Several_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<T>(), { "type": "array", "items": generator.subschema_for::<T>(), "minItems": 1 }] })
    }
}

/// What may stand alone or in a list.
pub(crate) trait OneOf: de::DeserializeOwned + JsonSchema {
    /// The two, in words.
    const WANTED: &'static str;
}

impl OneOf for String {
    const WANTED: &'static str = "a text or a list of texts";
}

impl OneOf for u16 {
    const WANTED: &'static str = "a number or a list of numbers";
}

struct SeveralVisitor<T>(PhantomData<T>);

impl<'de, T: OneOf> Visitor<'de> for SeveralVisitor<T> {
    type Value = Several<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WANTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let one = T::deserialize(value::StrDeserializer::<value::Error>::new(text));
        one.map(|one| Several(vec![one])).map_err(|_| E::invalid_type(de::Unexpected::Str(text), &self))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        let one = T::deserialize(value::U64Deserializer::<value::Error>::new(number));
        one.map(|one| Several(vec![one])).map_err(|_| E::invalid_type(de::Unexpected::Unsigned(number), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(value::SeqAccessDeserializer::new(items)).map(Several)
    }
}
