//! Traffic that moves from one service to another: sides, strategies, rules.

use indexmap::IndexMap;

use super::{
    super::{
        mistake::{Code, nearest},
        model::{Side, Stage, Traffic},
        rule::Rule,
        written,
        yaml::Path,
    },
    Checker,
    fields::Fields,
    keys,
};

impl Fields<'_, '_> {
    pub(super) fn traffic(&mut self, written: written::Traffic) -> Traffic {
        let path = self.path.clone();
        let (same_service, same_group) =
            (written.blue.service == written.green.service, written.blue.target_group == written.green.target_group);
        for (same, key, what) in [(same_service, "service", "service"), (same_group, "target_group", "target group")] {
            if same {
                self.checker.wrong(&path.key("green").key(key), Code::SameSide(what));
            }
        }
        let strategies = self.checker.strategies(&path.key("strategies"), written.strategies);
        let default = self.checker.default_strategy(&path, written.default, &strategies);
        if written.hold_at_most.is_some() && written.advance_when.is_empty() {
            self.checker.useless(&path, "hold_at_most", "only 'advance_when' prolongs a hold");
        }
        let advance_when = self.checker.rules(&path.key("advance_when"), &written.advance_when);
        let abort_when = self.checker.rules(&path.key("abort_when"), &written.abort_when);
        let alone = |rules: Vec<(Path, Rule)>| rules.into_iter().map(|(_, rule)| rule).collect();
        Traffic {
            listener: self.value("listener", &written.listener),
            blue: self.below("blue").side(&written.blue),
            green: self.below("green").side(&written.green),
            default,
            strategies,
            advance_when: alone(advance_when),
            abort_when: alone(abort_when),
            hold_at_most: self.checker.span(&path.key("hold_at_most"), written.hold_at_most.as_ref()),
        }
    }

    fn side(&mut self, written: &written::Side) -> Side {
        Side { service: self.value("service", &written.service), target_group: self.value("target_group", &written.target_group) }
    }
}

impl Checker<'_> {
    fn strategies(&mut self, path: &Path, written: IndexMap<String, Vec<written::Stage>>) -> IndexMap<String, Vec<Stage>> {
        if written.is_empty() {
            self.wrong(path, Code::Nothing("name a strategy (blue-green: [{ weight: 10, hold: 5m }, { weight: 100 }])"));
        }
        let mut strategies = IndexMap::new();
        for (name, stages) in written {
            let path = path.key(&name);
            let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
            if !is_name {
                let wanted = "a strategy's name (letters, digits, '-', '_' and '.', a letter or digit first)";
                self.wrong_key(&path, Code::Form { text: name.clone(), wanted });
            }
            let stages = self.strategy(&path, stages);
            strategies.insert(name, stages);
        }
        strategies
    }

    fn strategy(&mut self, path: &Path, written: Vec<written::Stage>) -> Vec<Stage> {
        self.something(path, Some(&written), "a strategy has at least one stage ({ weight: 100 })");
        let (count, mut before, mut stages) = (written.len(), 0, Vec::new());
        for (i, stage) in written.into_iter().enumerate() {
            let (at, is_last) = (path.item(i), i + 1 == count);
            self.bounded(&at.key("weight"), stage.weight.into(), 1, 100);
            if i > 0 && stage.weight <= before {
                self.wrong(&at.key("weight"), Code::NoMore { weight: stage.weight, before });
            } else if is_last && stage.weight < 100 {
                self.wrong(&at.key("weight"), Code::NotToTheEnd);
            }
            match (is_last, &stage.hold) {
                (true, Some(_)) => self.useless(&at, "hold", "the last stage stays"),
                (false, None) => self.wrong(&at, Code::MissingKey("hold".to_owned())),
                _ => {}
            }
            before = stage.weight;
            let hold = self.span(&at.key("hold"), stage.hold.as_ref());
            stages.push(Stage { weight: u8::try_from(stage.weight).unwrap_or(100), hold });
        }
        stages
    }

    /// The strategy when nobody names one: the given, or the only one.
    fn default_strategy(&mut self, path: &Path, written: Option<String>, strategies: &IndexMap<String, Vec<Stage>>) -> String {
        match (written, strategies.keys().next()) {
            (Some(name), _) => {
                if !strategies.contains_key(&name) {
                    let near = nearest(&name, strategies.keys().map(String::as_str));
                    self.wrong(&path.key("default"), Code::UnknownStrategy { name: name.clone(), near, known: keys(strategies) });
                }
                name
            }
            (None, Some(only)) if strategies.len() == 1 => only.clone(),
            (None, first) => {
                if first.is_some() {
                    self.wrong(path, Code::MissingKey("default".to_owned()));
                }
                String::new()
            }
        }
    }
}
