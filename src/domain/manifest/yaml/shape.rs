//! From values to types: what serde refuses becomes mistakes with places.

use serde::de::{
    DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor,
    value::{MapDeserializer, SeqDeserializer},
};
use serde_json::Value;
use serde_path_to_error::Segment;

use super::{
    super::mistake::{Code, Mistake, nearest},
    Document, Path,
    repair::{Gone, Repair},
};

/// How many mistakes of one file are told.
const MOST: usize = 50;

/// What was read of a file.
#[derive(Debug)]
pub struct Reading<T> {
    /// The values as a type, with others in the place of those that are wrong; none where that does not help.
    pub typed: Option<T>,
    /// What is wrong with the file's shape.
    pub mistakes: Vec<Mistake>,
    /// The file, with its misspelt keys as they were meant.
    pub document: Document,
    /// Where something else stands than what was written.
    pub gone: Gone,
}

impl Document {
    /// Reads the values as a type. Every unknown key, empty or missing value and value of a wrong type is told, not just
    /// the first. Where a null may stand somebody else knows.
    pub fn typed<T: DeserializeOwned>(&self, may_be_null: impl Fn(&Path) -> bool) -> Reading<T> {
        let mut repair = Repair::of(self);
        let (empty, told): (Vec<Path>, Vec<Mistake>) = self.without_value(may_be_null).into_iter().unzip();
        let mut mistakes: Vec<Mistake> = self.wrong.iter().cloned().chain(told).collect();
        let mut goes_on = self.unusable.iter().cloned().chain(empty).all(|path| repair.replace(path));
        let mut typed = None;
        while goes_on && typed.is_none() && mistakes.len() < MOST {
            match serde_path_to_error::deserialize::<_, T>(Strict(&repair.value)) {
                Ok(read) => typed = Some(read),
                Err(error) => goes_on = repair.refused(path(error.path()), &error.inner().to_string(), &mut mistakes),
            }
        }
        let (document, gone) = repair.end();
        Reading { typed, mistakes, document, gone }
    }

    fn wrong_type(&self, path: &Path, text: String) -> Code {
        let wrong = ["invalid type: ", "invalid value: "].iter().find_map(|start| text.strip_prefix(start));
        let Some((found, expected)) = wrong.and_then(|rest| rest.rsplit_once(", expected ")) else {
            return Code::Shape(text);
        };
        let expected = match expected {
            "a string" => "a text".to_owned(),
            "a sequence" => "a list".to_owned(),
            "a boolean" => "true or false".to_owned(),
            "u16" | "u32" | "u64" => "a whole number".to_owned(),
            other => other.to_owned(),
        };
        let plain = self.spots.get(path).and_then(|spot| spot.plain.clone());
        match plain.filter(|_| expected.starts_with("a text")) {
            Some(text) => Code::Unquoted { expected, text },
            // Whoever writes a secret where its place is wanted should not read it in a log.
            None if expected.contains("secret") => Code::WrongType { expected, found: "something else".to_owned() },
            None => Code::WrongType { expected, found: plainly(found) },
        }
    }
}

impl Repair {
    /// Tells what was refused, unless it is nothing that was written, and sets it aside.
    fn refused(&mut self, path: Path, text: &str, mistakes: &mut Vec<Mistake>) -> bool {
        match Refusal::read(text) {
            Refusal::UnknownKey { key, expected } => {
                let path = if path.last() == key { path } else { path.key(&key) };
                let near = nearest(&key, expected.iter().map(String::as_str));
                let meant = near.clone();
                mistakes.push(self.document.mistake_in_key(&path, Code::UnknownKey { key, near, expected }));
                self.drop_key(&path, meant.as_deref())
            }
            Refusal::MissingKey(key) => {
                let place = path.key(&key);
                let blamed = self.blamed(&place).filter(|blamed| place.is_within(blamed));
                if blamed.is_none() {
                    mistakes.push(self.document.mistake(&path, Code::MissingKey(key)));
                }
                self.replace(blamed.unwrap_or(place))
            }
            Refusal::Other(text) => {
                let blamed = self.blamed(&path);
                if blamed.is_none() {
                    mistakes.push(self.document.mistake(&path, self.document.wrong_type(&path, text)));
                }
                self.replace(blamed.unwrap_or(path))
            }
        }
    }
}

/// Serde's word for what it found, in ours.
fn plainly(found: &str) -> String {
    let (kind, value) = found.split_once(' ').unwrap_or((found, ""));
    match kind {
        "map" => "a map".to_owned(),
        "sequence" => "a list".to_owned(),
        "null" | "unit" => "nothing".to_owned(),
        "string" => format!("the text {value}"),
        "integer" | "floating" => format!("the number {}", value.trim_start_matches("point ").replace('`', "")),
        "boolean" => value.replace('`', ""),
        _ => found.to_owned(),
    }
}

/// What serde says, which it only says in words.
enum Refusal {
    UnknownKey { key: String, expected: Vec<String> },
    MissingKey(String),
    Other(String),
}

impl Refusal {
    fn read(text: &str) -> Self {
        let mut quoted = text.split('`').skip(1).step_by(2).map(str::to_owned);
        if text.starts_with("unknown field ") {
            let key = quoted.next().unwrap_or_default();
            Self::UnknownKey { key, expected: quoted.collect() }
        } else if text.starts_with("missing field ") {
            Self::MissingKey(quoted.next().unwrap_or_default())
        } else {
            Self::Other(text.to_owned())
        }
    }
}

fn path(path: &serde_path_to_error::Path) -> Path {
    path.iter().fold(Path::default(), |at, segment| match segment {
        Segment::Seq { index } => at.item(*index),
        Segment::Map { key } => at.key(key),
        Segment::Enum { .. } | Segment::Unknown => at,
    })
}

/// A value in which a list is never taken for a map: serde would read `[1, [qa]]` as `{count: 1, from: [qa]}`.
#[derive(Clone, Copy)]
struct Strict<'a>(&'a Value);

impl<'de> Deserializer<'de> for Strict<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.iter().map(Strict))),
            Value::Object(members) => {
                visitor.visit_map(MapDeserializer::new(members.iter().map(|(key, value)| (key.as_str(), Strict(value)))))
            }
            scalar => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Array(_) => Err(Self::Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq
        tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'a> IntoDeserializer<'a, serde_json::Error> for Strict<'a> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
