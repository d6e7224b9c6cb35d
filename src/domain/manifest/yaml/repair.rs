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
    /// Whether everything is as it was written, unknown keys aside.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether a path is one of them, or within one.
    pub fn covers(&self, path: &Path) -> bool {
        self.values.iter().any(|gone| path.is_within(gone))
    }

    /// Whether one of them, or an unknown key, stands in the map at a path or beside it.
    pub fn is_near(&self, path: &Path) -> bool {
        let holder = path.parent();
        self.values.iter().chain(&self.keys).filter_map(Path::parent).any(|parent| parent == *path || Some(&parent) == holder.as_ref())
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
    pub(super) value: Value,
    /// How often something else was tried at a path.
    tried: HashMap<Path, usize>,
    /// Where it was tried last.
    last: Option<Path>,
    keys: Vec<Path>,
}

impl Repair {
    pub(super) fn of(document: &Document) -> Self {
        Self { value: document.value.clone(), tried: HashMap::new(), last: None, keys: Vec::new() }
    }

    pub(super) fn gone(self) -> Gone {
        Gone { values: self.tried.into_keys().collect(), keys: self.keys }
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

    /// Takes an unknown key out. The one that was probably meant is not missing.
    pub(super) fn drop_key(&mut self, path: &Path, meant: Option<&str>) -> bool {
        if let (Some(meant), Some(map)) = (meant, path.parent()) {
            self.keys.push(map.key(meant));
        }
        self.keys.push(path.clone());
        self.take(path).is_some()
    }

    /// Whether a key is missing because it is written in another way.
    pub(super) fn is_misspelt(&self, path: &Path) -> bool {
        self.keys.contains(path)
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
