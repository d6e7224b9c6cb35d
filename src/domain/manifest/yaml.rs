//! YAML 1.2 with the place of every value, and nothing that a configuration does not need.
//!
//! One document, keys that are texts and stand once, a bounded size, depth and number of values (aliases counted each
//! time). Meaning is not for this module: it knows no key by name.

use std::{borrow::Cow, collections::HashMap};

use indexmap::IndexMap;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::Value;

use super::mistake::{Code, Mistake, Place};

mod repair;
mod scalar;
mod shape;

pub use repair::Gone;
pub use shape::Reading;

/// The largest file that is read, in bytes.
pub const LARGEST: usize = 1 << 20;
/// How deep lists and maps may stand in one another.
const DEEPEST: usize = 64;
/// How many values there may be.
const MOST: usize = 100_000;

/// Where a value stands in a document: a JSON pointer (RFC 6901).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Path(String);

impl Path {
    /// A member of the map at this path.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        Self(format!("{}/{}", self.0, key.replace('~', "~0").replace('/', "~1")))
    }

    /// A member of the list at this path, from 0.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// The path as a JSON pointer.
    pub fn pointer(&self) -> &str {
        &self.0
    }

    fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// Whether it is the other, or stands somewhere in it.
    fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The last key or index.
    pub(super) fn last(&self) -> String {
        self.0.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~")
    }
}

/// A file that was read: its values, and where each of them stands.
#[derive(Debug, Clone)]
pub struct Document {
    file: String,
    value: Value,
    spots: HashMap<Path, Spot>,
    /// What is wrong with single values and keys; the rest can be read all the same.
    wrong: Vec<Mistake>,
    /// The values that cannot be used.
    unusable: Vec<Path>,
}

/// Where a value and its key stand, and how the value was written when that was as a number or a truth value.
#[derive(Debug, Clone)]
struct Spot {
    key: Option<Place>,
    value: Place,
    plain: Option<String>,
}

impl Document {
    /// Reads a file's text.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Mistake>> {
        let mistake = |place, code| vec![Mistake { file: file.to_owned(), place, code }];
        if text.len() > LARGEST {
            return Err(mistake(None, Code::TooBig(LARGEST / 1024)));
        }
        let mut builder = Builder::default();
        let built = builder.build(text).map_err(|(place, code)| mistake(Some(place), code));
        let wrong: Vec<Mistake> = builder.wrong.drain(..).flat_map(|(place, code)| mistake(Some(place), code)).collect();
        let root = built.map_err(|fatal| wrong.iter().cloned().chain(fatal).collect::<Vec<_>>())?;
        let root = root.filter(|root| !matches!(root.content, Content::Scalar(Value::Null, _)));
        let root = root.ok_or_else(|| mistake(None, Code::Empty))?;
        let mut settled = Settled::default();
        let value = root.settle(&Path::default(), None, &mut settled);
        Ok(Self { file: file.to_owned(), value, spots: settled.spots, wrong, unusable: settled.unusable })
    }

    /// The values.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// A mistake about the value at a path, or if there is none, about the nearest that holds it.
    pub fn mistake(&self, path: &Path, code: Code) -> Mistake {
        self.at(self.spot(path).map(|spot| spot.value), code)
    }

    /// A mistake about the key at a path.
    pub fn mistake_in_key(&self, path: &Path, code: Code) -> Mistake {
        self.at(self.spot(path).map(|spot| spot.key.unwrap_or(spot.value)), code)
    }

    /// Keys without a value: in YAML `approvals:` is a null, and never what was meant.
    fn without_value(&self, may_be_null: impl Fn(&Path) -> bool) -> Vec<(Path, Mistake)> {
        let mut found = Vec::new();
        let mut open = vec![(Path::default(), &self.value)];
        while let Some((path, value)) = open.pop() {
            match value {
                Value::Null if !may_be_null(&path) && !self.unusable.contains(&path) => {
                    let mistake = self.mistake_in_key(&path, Code::NoValue(path.last()));
                    found.push((path, mistake));
                }
                Value::Object(map) => open.extend(map.iter().map(|(key, value)| (path.key(key), value))),
                Value::Array(list) => open.extend(list.iter().enumerate().map(|(i, value)| (path.item(i), value))),
                _ => {}
            }
        }
        found
    }

    /// What stands at a path is taken for what should stand at another.
    fn rename(&mut self, from: &Path, to: &Path) {
        let parent = from.parent().unwrap_or_default();
        if let Some(map) = self.value.pointer_mut(parent.pointer()).and_then(Value::as_object_mut)
            && let Some(value) = map.shift_remove(&from.last())
        {
            map.insert(to.last(), value);
        }
        let moved: Vec<Path> = self.spots.keys().filter(|path| path.is_within(from)).cloned().collect();
        for path in moved {
            if let Some(spot) = self.spots.remove(&path) {
                self.spots.insert(Path(format!("{}{}", to.0, &path.0[from.0.len()..])), spot);
            }
        }
    }

    fn at(&self, place: Option<Place>, code: Code) -> Mistake {
        Mistake { file: self.file.clone(), place, code }
    }

    fn spot(&self, path: &Path) -> Option<&Spot> {
        let mut path = Cow::Borrowed(path);
        loop {
            if let Some(spot) = self.spots.get(&path) {
                return Some(spot);
            }
            path = Cow::Owned(path.parent()?);
        }
    }
}

/// A value with its place.
#[derive(Debug, Clone)]
struct Node {
    place: Place,
    /// How many values it holds, itself included.
    size: usize,
    /// How deep they stand in one another.
    depth: usize,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Scalar(Value, Option<String>),
    /// What is written there was told to be wrong.
    Unusable,
    List(Vec<Node>),
    Map(IndexMap<String, (Place, Node)>),
}

impl Node {
    fn scalar(place: Place, value: Value, plain: Option<String>) -> Self {
        Self { place, size: 1, depth: 1, content: Content::Scalar(value, plain) }
    }

    /// The value, with its place and those of all within noted down.
    fn settle(self, path: &Path, key: Option<Place>, settled: &mut Settled) -> Value {
        let mut plain = None;
        let value = match self.content {
            Content::Unusable => {
                settled.unusable.push(path.clone());
                Value::Null
            }
            Content::Scalar(value, written) => {
                plain = written;
                value
            }
            Content::List(nodes) => {
                let items = nodes.into_iter().enumerate().map(|(i, node)| node.settle(&path.item(i), None, settled));
                Value::Array(items.collect())
            }
            Content::Map(members) => {
                let members = members.into_iter().filter(|(name, _)| !name.starts_with(LEFT)).map(|(name, (key, node))| {
                    let value = node.settle(&path.key(&name), Some(key), settled);
                    (name, value)
                });
                Value::Object(members.collect())
            }
        };
        settled.spots.insert(path.clone(), Spot { key, value: self.place, plain });
        value
    }
}

/// What is known of all values of a document.
#[derive(Default)]
struct Settled {
    spots: HashMap<Path, Spot>,
    unusable: Vec<Path>,
}

/// Begins the name of a key that is wrong by itself, or stands in its map again: what is under it is read and left.
const LEFT: char = '\0';

/// How many such are told.
const MOST_WRONG: usize = 50;

/// A list or a map that is not at its end.
struct Open {
    node: Node,
    anchor: usize,
    /// In a map, the key whose value comes next.
    key: Option<(String, Place)>,
}

/// Makes values of the parser's events, without recursion: a file may try to be as deep as it is long.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    values: usize,
    documents: usize,
    root: Option<Node>,
    wrong: Vec<Wrong>,
}

type Wrong = (Place, Code);

impl Builder {
    fn build(&mut self, text: &str) -> Result<Option<Node>, Wrong> {
        let mut parser = Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| not_yaml(&error))?;
            self.take(event, place(span))?;
        }
        Ok(self.root.take())
    }

    fn take(&mut self, event: Event<'_>, place: Place) -> Result<(), Wrong> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 { Err((place, Code::SecondDocument)) } else { Ok(()) }
            }
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), place),
            Event::SequenceStart(anchor, tag) => self.open(Content::List(Vec::new()), anchor, tag.as_deref(), place),
            Event::MappingStart(anchor, tag) => self.open(Content::Map(IndexMap::new()), anchor, tag.as_deref(), place),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { node, anchor, .. }) => self.add(node, anchor),
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                let mut node = self.anchors.get(&anchor).cloned().ok_or((place, Code::CircularAlias))?;
                self.count(node.size, place)?;
                if self.open.len() + node.depth > DEEPEST {
                    return Err((place, Code::TooDeep(DEEPEST)));
                }
                node.place = place;
                self.add(node, 0)
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, tag: Option<&Tag>, place: Place) -> Result<(), Wrong> {
        self.count(1, place)?;
        if let Some(Open { node: Node { content: Content::Map(members), .. }, key: key @ None, .. }) = self.open.last_mut() {
            let name = match scalar::read(text, style, tag) {
                Ok(Value::String(name)) => match members.get(&name) {
                    Some((first, _)) => Err(Code::KeyAgain { key: name, line: first.line }),
                    None => Ok(name),
                },
                Ok(_) => Err(Code::KeyIsNoText),
                Err(code) => Err(code),
            };
            let name = match name {
                Ok(name) => name,
                Err(code) if self.wrong.len() >= MOST_WRONG => return Err((place, code)),
                Err(code) => {
                    self.wrong.push((place, code));
                    format!("{LEFT}{}", self.wrong.len())
                }
            };
            *key = Some((name, place));
            if anchor != 0 {
                self.anchors.insert(anchor, Node::scalar(place, Value::String(text.to_owned()), None));
            }
            return Ok(());
        }
        let value = match scalar::read(text, style, tag) {
            Ok(value) => value,
            Err(code) if self.wrong.len() >= MOST_WRONG => return Err((place, code)),
            Err(code) => {
                self.wrong.push((place, code));
                return self.add(Node { place, size: 1, depth: 1, content: Content::Unusable }, anchor);
            }
        };
        let plain = matches!(value, Value::Number(_) | Value::Bool(_)).then(|| text.to_owned());
        self.add(Node::scalar(place, value, plain), anchor)
    }

    fn open(&mut self, content: Content, anchor: usize, tag: Option<&Tag>, place: Place) -> Result<(), Wrong> {
        // Of a list or a map only the beginning is shown.
        let place = Place { width: 1, ..place };
        self.count(1, place)?;
        self.key_is_given(place)?;
        if let Some(tag) = tag {
            self.wrong.push((place, Code::UnknownTag(tag.to_string())));
        }
        if self.open.len() >= DEEPEST {
            return Err((place, Code::TooDeep(DEEPEST)));
        }
        self.open.push(Open { node: Node { place, size: 1, depth: 1, content }, anchor, key: None });
        Ok(())
    }

    /// Adds a whole value to the list or map that is open, or makes it the document.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Wrong> {
        self.key_is_given(node.place)?;
        if anchor != 0 {
            self.count(node.size, node.place)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(Open { node: holder, key, .. }) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        holder.size += node.size;
        holder.depth = holder.depth.max(node.depth + 1);
        match (&mut holder.content, key.take()) {
            (Content::List(items), _) => items.push(node),
            (Content::Map(members), Some((name, place))) => {
                members.insert(name, (place, node));
            }
            (Content::Map(_) | Content::Scalar(..) | Content::Unusable, _) => {}
        }
        Ok(())
    }

    /// In a map, a list or map where a key is due is no key.
    fn key_is_given(&self, place: Place) -> Result<(), Wrong> {
        match self.open.last() {
            Some(Open { node: Node { content: Content::Map(_), .. }, key: None, .. }) => Err((place, Code::KeyIsNoText)),
            _ => Ok(()),
        }
    }

    fn count(&mut self, more: usize, place: Place) -> Result<(), Wrong> {
        self.values += more;
        if self.values > MOST { Err((place, Code::TooMany(MOST))) } else { Ok(()) }
    }
}

fn place(span: Span) -> Place {
    let (start, end) = (span.start, span.end);
    let width = if start.line() == end.line() { end.col().saturating_sub(start.col()).max(1) } else { 1 };
    Place { line: start.line(), column: start.col() + 1, width }
}

fn not_yaml(error: &ScanError) -> Wrong {
    let marker = error.marker();
    (Place { line: marker.line(), column: marker.col() + 1, width: 1 }, Code::NotYaml(error.info().to_owned()))
}

#[cfg(test)]
mod tests;
