//! An application's file exactly as it is written: which keys there are and of which type their values are, nothing of
//! what they mean. `check` turns this into the model.

use std::{fmt, marker::PhantomData};

use indexmap::IndexMap;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor, value},
};
use serde_json::Value;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an application (a map)")]
pub(super) struct Application {
    pub(super) repository: String,
    pub(super) paths: Option<Several>,
    pub(super) environments: IndexMap<String, Environment>,
    pub(super) steps: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an environment (a map)")]
pub(super) struct Environment {
    #[serde(default)]
    pub(super) on: Vec<Trigger>,
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) vars: IndexMap<String, String>,
    pub(super) queue: Option<String>,
    pub(super) approvals: Option<Approvals>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a trigger (a map such as {push: main})")]
pub(super) struct Trigger {
    pub(super) push: Option<Several>,
    pub(super) tag: Option<Several>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "approvals (a map such as {count: 1, from: [devops]})")]
pub(super) struct Approvals {
    pub(super) count: Option<u32>,
    pub(super) from: Option<Vec<String>>,
    pub(super) all: Option<Vec<ApprovalPart>>,
    #[serde(default)]
    pub(super) allow_requester: bool,
    #[serde(default, deserialize_with = "span")]
    pub(super) expires: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a part of approvals (a map such as {count: 1, from: [qa]})")]
pub(super) struct ApprovalPart {
    pub(super) count: u32,
    #[serde(default)]
    pub(super) from: Vec<String>,
}

/// A step, or steps side by side. Which of the two it is, the keys say; `check` sees to it that it is one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a step (a map)")]
pub(super) struct Entry {
    pub(super) name: Option<String>,
    pub(super) was: Option<String>,
    pub(super) only: Option<Vec<String>>,
    pub(super) except: Option<Vec<String>>,
    pub(super) paths: Option<Several>,
    #[serde(default, deserialize_with = "span")]
    pub(super) timeout: Option<String>,
    pub(super) retries: Option<u32>,
    #[serde(default)]
    pub(super) env: IndexMap<String, String>,
    #[serde(default)]
    pub(super) secrets: IndexMap<String, Secret>,
    #[serde(default)]
    pub(super) verify: bool,
    #[serde(default)]
    pub(super) build: bool,
    pub(super) undo: Option<Undo>,
    #[serde(default)]
    pub(super) produces: Vec<String>,
    #[serde(default)]
    pub(super) keep: Vec<String>,
    pub(super) command: Option<Command>,
    pub(super) http: Option<Http>,
    pub(super) directory: Option<Directory>,
    pub(super) parallel: Option<Vec<Entry>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "what takes the step back (a map such as {command: {…}})")]
pub(super) struct Undo {
    #[serde(default)]
    pub(super) automatic: bool,
    pub(super) command: Option<Command>,
    pub(super) http: Option<Http>,
    pub(super) directory: Option<Directory>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a command (a map such as {argv: [make, test]})")]
pub(super) struct Command {
    pub(super) argv: Option<Vec<String>>,
    pub(super) script: Option<String>,
    pub(super) cwd: Option<String>,
    #[serde(default)]
    pub(super) before: Vec<Vec<String>>,
    #[serde(default)]
    pub(super) restartable: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a request (a map such as {url: …})")]
pub(super) struct Http {
    pub(super) url: String,
    pub(super) method: Option<String>,
    #[serde(default)]
    pub(super) headers: IndexMap<String, Text>,
    #[serde(default)]
    pub(super) expect: Expect,
    pub(super) attempts: Option<u32>,
    #[serde(default, deserialize_with = "span")]
    pub(super) every: Option<String>,
    #[serde(default, deserialize_with = "span")]
    pub(super) timeout: Option<String>,
    pub(super) resolve: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "what is expected (a map such as {status: 200})")]
pub(super) struct Expect {
    pub(super) status: Option<Several<u16>>,
    pub(super) body_contains: Option<String>,
    pub(super) json: Option<Value>,
    #[serde(default)]
    pub(super) headers: IndexMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a directory (a map such as {root: …})")]
pub(super) struct Directory {
    pub(super) root: String,
    pub(super) from: Option<From>,
    pub(super) keep: Option<u32>,
    pub(super) serve: Option<Serve>,
    pub(super) reload: Option<Vec<String>>,
}

/// `from: PATH` or `from: {step, path}`.
#[derive(Debug)]
pub(super) enum From {
    Path(String),
    Step(FromStep),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FromStep {
    pub(super) step: String,
    pub(super) path: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "what serves it (a map such as {command: […]})")]
pub(super) struct Serve {
    pub(super) command: Vec<String>,
    pub(super) port: Option<Port>,
    pub(super) ready: Option<String>,
    pub(super) listen: Option<String>,
    #[serde(default, deserialize_with = "span")]
    pub(super) drain: Option<String>,
}

/// `port: 8080` or `port: auto`.
#[derive(Debug)]
pub(super) enum Port {
    Number(u64),
    Word(String),
}

/// A plain text, or `{secret: REFERENCE}`.
#[derive(Debug)]
pub(super) enum Text {
    Plain(String),
    Secret(Secret),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretText {
    secret: Secret,
}

/// Where a secret is.
#[derive(Debug, Clone, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the fields are the file's keys")]
#[serde(deny_unknown_fields, expecting = "where a secret is (a map such as {env: NAME})")]
pub(crate) struct Secret {
    pub(crate) env: Option<String>,
    pub(crate) file: Option<String>,
    pub(crate) aws_secret: Option<String>,
    pub(crate) aws_parameter: Option<String>,
}

/// A span of time, whose number alone would be no text but is no span either.
pub(crate) fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct Span;
    impl Visitor<'_> for Span {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a span of time (30s, 5m, 1h30m, 14d)")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }
    }
    deserializer.deserialize_any(Span).map(Some)
}

/// One value, or a list of them.
#[derive(Debug)]
pub(crate) struct Several<T = String>(pub(crate) Vec<T>);

impl<'de, T: OneOf> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SeveralVisitor(PhantomData))
    }
}

/// What may stand alone or in a list.
pub(crate) trait OneOf: de::DeserializeOwned {
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

/// Implements `Deserialize` for an enum that is a text or something else.
macro_rules! text_or {
    ($type:ty, $wanted:literal, $text:expr, $method:ident ($($argument:tt)*) $body:block) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct TextOr;
                impl<'de> Visitor<'de> for TextOr {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($wanted)
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                        Ok($text(text.to_owned()))
                    }

                    text_or!(@$method ($($argument)*) $body);
                }
                deserializer.deserialize_any(TextOr)
            }
        }
    };
    (@map ($members:ident) $body:block) => {
        fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
            let $members = value::MapAccessDeserializer::new(members);
            $body
        }
    };
    (@number ($number:ident) $body:block) => {
        fn visit_u64<E: de::Error>(self, $number: u64) -> Result<Self::Value, E> {
            $body
        }
    };
}

text_or!(From, "a text (a path) or a map ({step, path})", From::Path, map (members) {
    FromStep::deserialize(members).map(From::Step)
});
text_or!(Text, "a text or a map ({secret: …})", Text::Plain, map (members) {
    SecretText::deserialize(members).map(|text| Text::Secret(text.secret))
});
text_or!(Port, "a port's number or auto", Port::Word, number (number) {
    Ok(Port::Number(number))
});
