//! What a file does not say in a usable way is set aside, so that the rest of it can still be read.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Document, Path};

/// What was set aside. Nothing may be concluded from what stands there now.
#[derive(Debug, Clone, Default)]
pub struct Gone {
    values: Vec<Path>,
    keys: Vec<Path>,
}

impl Gone {
    /// Whether everything is as it was written.
    pub fn is_untouched(&self) -> bool {
        self.values.is_empty() && self.keys.is_empty()
    }

    /// Whether a path is one of them, or within one.
    pub fn covers(&self, path: &Path) -> bool {
        self.values.iter().any(|gone| path.is_within(gone))
    }

    /// Sets something aside that was read, and means nothing.
    pub fn set_aside(&mut self, path: &Path) {
        self.values.push(path.clone());
    }

    /// Whether something is gone within a path.
    pub fn is_within(&self, path: &Path) -> bool {
        self.values.iter().any(|gone| gone.is_within(path))
    }

    /// Whether one of these keys of the map at a path is gone, or an unknown key there may be one of them.
    pub fn lacks_one_of(&self, path: &Path, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.values.contains(&path.key(key))) || self.keys.iter().any(|key| key.parent().as_ref() == Some(path))
    }

    /// Whether a value of this key is gone, wherever it stood.
    pub fn lacks(&self, key: &str) -> bool {
        self.values.iter().any(|gone| gone.last() == key)
    }

    /// Whether something is gone that stood in the map that holds this path.
    pub fn is_beside(&self, path: &Path) -> bool {
        path.parent().is_some_and(|map| self.values.iter().chain(&self.keys).any(|gone| gone.parent().as_ref() == Some(&map)))
    }

    /// Whether something is gone somewhere under a key, at the top or deeper.
    pub fn is_under(&self, key: &str) -> bool {
        let inner = format!("/{key}/");
        self.values.iter().any(|gone| gone.last() == key || gone.pointer().contains(&inner))
    }

    /// Whether what is defined under a key at the top is not all there.
    pub fn is_among(&self, key: &str) -> bool {
        let top = Path::default().key(key);
        self.values.iter().any(|gone| *gone == top || gone.parent().as_ref() == Some(&top))
    }

    /// Whether the names of all items of the lists under a key at the top are there.
    pub fn has_names_of(&self, key: &str) -> bool {
        let top = Path::default().key(key);
        let names = |gone: &Path| gone.last() == "name" || gone.last().bytes().all(|b| b.is_ascii_digit());
        !self.values.iter().any(|gone| *gone == top || (gone.is_within(&top) && names(gone)))
    }
}

/// Values of every sort, in the order in which they are tried. What they say is never looked at.
fn stand_in(turn: usize) -> Option<Value> {
    [json!("x"), json!(1), json!(true), json!([]), json!({})].into_iter().nth(turn)
}

/// A file's values, while what cannot be used of them is replaced by what can.
pub(super) struct Repair {
    /// The file, with its misspelt keys as they were meant.
    pub(super) document: Document,
    pub(super) value: Value,
    /// How often something else was tried at a path.
    tried: HashMap<Path, usize>,
    /// Where it was tried last.
    last: Option<Path>,
    keys: Vec<Path>,
}

impl Repair {
    pub(super) fn of(document: &Document) -> Self {
        Self { document: document.clone(), value: document.value.clone(), tried: HashMap::new(), last: None, keys: Vec::new() }
    }

    pub(super) fn end(self) -> (Document, Gone) {
        (self.document, Gone { values: self.tried.into_keys().collect(), keys: self.keys })
    }

    /// What stands there instead, if a refusal at a path is one of that and not of what was written.
    pub(super) fn blamed(&self, path: &Path) -> Option<Path> {
        let within = self.tried.keys().filter(|tried| path.is_within(tried)).max_by_key(|tried| tried.pointer().len());
        // Where the reader only knows what holds the value that it does not like, it is the one that is new.
        within.or(self.last.as_ref().filter(|last| last.is_within(path))).cloned()
    }

    /// Leaves the value at a path out, or puts the next of another sort there; after the last of them, does so with what
    /// holds it. False: nothing is left to try.
    pub(super) fn replace(&mut self, mut path: Path) -> bool {
        loop {
            let turn = self.tried.entry(path.clone()).or_default();
            *turn += 1;
            let done = match *turn {
                1 => self.take(&path).is_some(),
                turn => match stand_in(turn - 2) {
                    Some(value) => self.put(&path, value),
                    None => match path.parent() {
                        Some(parent) => {
                            path = parent;
                            false
                        }
                        None => return false,
                    },
                },
            };
            if done {
                self.last = Some(path);
                return true;
            }
        }
    }

    /// Reads an unknown key as the one that was probably meant, or takes it out where there is none, or that is there too.
    pub(super) fn drop_key(&mut self, path: &Path, meant: Option<&str>) -> bool {
        let Some(value) = self.take(path) else { return false };
        if let (Some(meant), Some(map)) = (meant, path.parent()) {
            let meant = map.key(meant);
            if self.value.pointer(meant.pointer()).is_none() {
                self.document.rename(path, &meant);
                return self.put(&meant, value);
            }
        }
        self.keys.push(path.clone());
        true
    }

    fn take(&mut self, path: &Path) -> Option<Value> {
        self.value.pointer_mut(path.parent()?.pointer())?.as_object_mut()?.shift_remove(&path.last())
    }

    fn put(&mut self, path: &Path, value: Value) -> bool {
        match path.parent().and_then(|parent| self.value.pointer_mut(parent.pointer())) {
            Some(Value::Object(map)) => {
                map.insert(path.last(), value);
                true
            }
            Some(Value::Array(list)) => match path.last().parse::<usize>().ok().and_then(|index| list.get_mut(index)) {
                Some(item) => {
                    *item = value;
                    true
                }
                None => false,
            },
            _ => false,
        }
    }
}
