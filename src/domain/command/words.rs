//! The words of a command: flags taken out first, then names looked up one after the other.

use std::collections::VecDeque;

use super::{Known, Mistake, shortened};
use crate::domain::{
    ids::{ApplicationName, DeploymentId, EnvironmentId, EnvironmentName, RunbookName},
    manifest::mistake::nearest,
    request::Reference,
};

/// What is left of a line.
pub(super) struct Words<'a> {
    command: &'static str,
    plain: VecDeque<String>,
    flags: Vec<(String, Option<String>)>,
    known: &'a Known,
}

/// The flags of a command that take a value, those that take none, and how the command is written.
fn usage(command: &str) -> (&'static [&'static str], &'static [&'static str], &'static str) {
    match command {
        "plan" => (&["strategy", "tag", "emergency"], &["again", "when-free"], "/plan [app] <environment> [ref]"),
        "deploy" => (
            &["strategy", "tag", "emergency"],
            &["again", "when-free"],
            "/deploy [app] <environment> [ref] [--strategy NAME] [--tag TAG] [--again] [--when-free] [--emergency \"reason\"]",
        ),
        "promote" => (&[], &[], "/promote [app] <from> <to>"),
        "rollback" => (&[], &["with-undo", "steal"], "/rollback [app] <environment> [to] [--with-undo] [--steal]"),
        "approve" => (&[], &[], "/approve [deployment]"),
        "reject" => (&[], &[], "/reject [deployment] [reason]"),
        "tick" => (&[], &[], "/tick <n> [deployment]"),
        "cancel" => (&[], &["leave"], "/cancel [deployment] [--leave]"),
        "retry" => (&[], &[], "/retry [deployment]"),
        "lock" => (&["reason", "for"], &["steal"], "/lock [app] <environment> [for 2h] [reason] [--steal]"),
        "unlock" => (&[], &["steal"], "/unlock [app] <environment> [--steal]"),
        "status" => (&[], &[], "/status [app]"),
        "history" => (&[], &[], "/history [app] [environment]"),
        "why" => (&[], &[], "/why [app] <environment>"),
        "run" => (&[], &["undo"], "/run [app] <runbook> [--undo]"),
        _ => (&[], &[], "the command stands alone"),
    }
}

impl<'a> Words<'a> {
    /// Splits a line at its spaces, but for those in quotation marks. Typographic ones are as good as plain ones: a phone
    /// writes them by itself. A single one is an apostrophe, and nothing else means anything: this is no shell.
    pub(super) fn split(line: &str, known: &'a Known) -> Result<Self, Mistake> {
        let (mut plain, mut word, mut quoted) = (VecDeque::new(), None::<String>, false);
        for c in line.chars() {
            match c {
                '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => {
                    quoted = !quoted;
                    word.get_or_insert_default();
                }
                c if c.is_whitespace() && !quoted => plain.extend(word.take()),
                c => word.get_or_insert_default().push(c),
            }
        }
        if quoted {
            return Err(Mistake::Quotation);
        }
        plain.extend(word);
        Ok(Self { command: "help", plain, flags: Vec::new(), known })
    }

    /// The command is known: its flags are taken out of the rest.
    pub(super) fn begin(&mut self, command: &'static str) {
        self.command = command;
        let (valued, _, _) = usage(command);
        let mut plain = VecDeque::new();
        while let Some(word) = self.plain.pop_front() {
            let Some(flag) = word.strip_prefix("--").filter(|flag| !flag.is_empty()) else {
                plain.push_back(word);
                continue;
            };
            match flag.split_once('=') {
                Some((name, value)) => self.flags.push((name.to_owned(), Some(value.to_owned()))),
                None if valued.contains(&flag) => {
                    let value = self.plain.pop_front_if(|next| !next.starts_with("--"));
                    self.flags.push((flag.to_owned(), value));
                }
                None => self.flags.push((flag.to_owned(), None)),
            }
        }
        self.plain = plain;
    }

    pub(super) fn next(&mut self) -> Option<String> {
        self.plain.pop_front()
    }

    pub(super) fn has_more(&self) -> bool {
        !self.plain.is_empty()
    }

    /// Takes the next word if it is this one.
    pub(super) fn next_is(&mut self, word: &str) -> bool {
        self.plain.pop_front_if(|next| next == word).is_some()
    }

    /// All that is left, as a reason.
    pub(super) fn rest(&mut self) -> Option<String> {
        let rest = self.plain.drain(..).collect::<Vec<_>>().join(" ");
        (!rest.trim().is_empty()).then_some(rest)
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        let before = self.flags.len();
        // `--again=yes` says no more than `--again`, and `--again=no` is no flag.
        let is_yes = |value: &Option<String>| value.as_deref().is_none_or(|value| matches!(value, "yes" | "true"));
        self.flags.retain(|(flag, value)| flag != name || !is_yes(value));
        self.flags.len() < before
    }

    pub(super) fn value(&mut self, name: &str) -> Result<Option<String>, Mistake> {
        let Some(place) = self.flags.iter().position(|(flag, _)| flag == name) else { return Ok(None) };
        let (_, value) = self.flags.remove(place);
        value.filter(|value| !value.trim_matches(['\'', ' ']).is_empty()).map(Some).ok_or_else(|| Mistake::NoValue(name.to_owned()))
    }

    /// Nothing may be left.
    pub(super) fn end(&mut self) -> Result<(), Mistake> {
        let (valued, bare, how) = usage(self.command);
        if let Some((flag, _)) = self.flags.first() {
            let near = nearest(flag, valued.iter().chain(bare).copied());
            return Err(Mistake::UnknownFlag { command: self.command.into(), flag: shortened(flag), near });
        }
        match self.plain.front() {
            Some(word) => Err(Mistake::TooMuch { word: shortened(word), usage: how.into() }),
            None => Ok(()),
        }
    }

    pub(super) fn missing(&self, what: &'static str) -> Mistake {
        Mistake::Missing { command: self.command.into(), what: what.into(), usage: usage(self.command).2.into() }
    }

    /// `42` or `#42`, if the next word is a number.
    pub(super) fn number(&mut self) -> Result<Option<DeploymentId>, Mistake> {
        let Some(word) = self.plain.front() else { return Ok(None) };
        let digits = word.strip_prefix('#').unwrap_or(word);
        match digits.parse::<i64>() {
            Ok(number) if number > 0 => {
                self.plain.pop_front();
                Ok(Some(DeploymentId(number)))
            }
            _ if self.command == "reject" => Ok(None),
            _ => Err(Mistake::Form { text: shortened(word), wanted: "number".into() }),
        }
    }

    /// A branch, a tag or a SHA; it can never be read as an option.
    pub(super) fn reference(&mut self) -> Result<Option<String>, Mistake> {
        let Some(word) = self.plain.pop_front() else { return Ok(None) };
        let number = word.strip_prefix('#').unwrap_or(&word);
        if number.parse::<u32>().is_ok() || number.parse::<Reference>().is_ok() {
            return Ok(Some(number.to_owned()));
        }
        Err(Mistake::Form { text: shortened(&word), wanted: "reference".into() })
    }

    /// The next word, if it is an application and not an environment that is meant.
    pub(super) fn application_if_it_is_one(&mut self) -> Option<ApplicationName> {
        let word = self.plain.front()?;
        let (name, environments, runbooks) = self.known.applications.iter().find(|(name, ..)| name.as_str() == word)?;
        let second = self.plain.get(1);
        let fits = |second: &String| {
            environments.iter().any(|known| known.as_str() == second) || runbooks.iter().any(|known| known.as_str() == second)
        };
        let elsewhere =
            || self.known.applications.iter().any(|(_, environments, _)| environments.iter().any(|known| known.as_str() == word));
        // A word that is both is the application where what follows is its own.
        if second.is_some_and(fits) || !elsewhere() {
            self.plain.pop_front();
            return Some(name.clone());
        }
        None
    }

    /// `[app]`: nothing, or an application.
    pub(super) fn application(&mut self) -> Result<Option<ApplicationName>, Mistake> {
        let Some(word) = self.plain.pop_front() else { return Ok(None) };
        let found = self.known.applications.iter().find(|(name, ..)| name.as_str() == word);
        found.map(|(name, ..)| Some(name.clone())).ok_or_else(|| unknown("application", &word, self.applications()))
    }

    fn applications(&self) -> Vec<String> {
        self.known.applications.iter().map(|(name, ..)| name.to_string()).collect()
    }

    /// `[app] <environment>`, or `app/environment`.
    pub(super) fn environment(&mut self) -> Result<EnvironmentId, Mistake> {
        if let Some(id) = self.written_in_one() {
            return id;
        }
        if let Some(application) = self.application_if_it_is_one() {
            return self.environment_of(&application);
        }
        let Some(word) = self.plain.pop_front() else { return Err(self.missing("an_environment")) };
        let having = |(name, environments, _): &(ApplicationName, Vec<EnvironmentName>, Vec<RunbookName>)| {
            environments.iter().find(|known| known.as_str() == word).map(|known| EnvironmentId::new(name.clone(), known.clone()))
        };
        let mut found: Vec<EnvironmentId> = self.known.applications.iter().filter_map(having).collect();
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(last), false) => {
                found.push(last);
                let applications = found.iter().map(|id| id.application.to_string()).collect();
                Err(Mistake::Which { name: shortened(&word), applications })
            }
            // Whoever writes two words means an application by the first.
            (None, _) if self.plain.front().is_some_and(|next| self.is_environment(next)) => {
                Err(unknown("application", &word, self.applications()))
            }
            (None, _) => {
                let environments = self.known.applications.iter().flat_map(|(_, environments, _)| environments);
                let mut known: Vec<String> = environments.map(ToString::to_string).collect();
                known.sort();
                known.dedup();
                Err(unknown("environment", &word, known))
            }
        }
    }

    fn is_environment(&self, word: &str) -> bool {
        self.known.applications.iter().any(|(_, environments, _)| environments.iter().any(|known| known.as_str() == word))
    }

    fn written_in_one(&mut self) -> Option<Result<EnvironmentId, Mistake>> {
        let (application, name) = self.plain.front()?.split_once('/')?;
        let (application, name) = (application.to_owned(), name.to_owned());
        self.plain.pop_front();
        let Some((found, ..)) = self.known.applications.iter().find(|(known, ..)| known.as_str() == application) else {
            return Some(Err(unknown("application", &application, self.applications())));
        };
        self.plain.push_front(name);
        Some(self.environment_of(&found.clone()))
    }

    /// `<environment>` of an application.
    pub(super) fn environment_of(&mut self, application: &ApplicationName) -> Result<EnvironmentId, Mistake> {
        let Some(mut word) = self.plain.pop_front() else { return Err(self.missing("an_environment")) };
        // Its own application may stand before it.
        if let Some(rest) = word.strip_prefix(application.as_str()).and_then(|rest| rest.strip_prefix('/')) {
            word = rest.to_owned();
        }
        let known = self.known.applications.iter().find(|(name, ..)| name == application).map_or(&[][..], |(_, known, _)| known);
        let (name, instance) = match word.split_once('/') {
            Some((name, instance)) => (name, instance.parse().ok()),
            None => (word.as_str(), None),
        };
        match known.iter().find(|known| known.as_str() == name) {
            Some(found) => Ok(EnvironmentId { instance, ..EnvironmentId::new(application.clone(), found.clone()) }),
            None => Err(unknown("environment", &word, known.iter().map(ToString::to_string).collect())),
        }
    }

    /// `[app] <runbook>`
    pub(super) fn runbook(&mut self) -> Result<(ApplicationName, RunbookName), Mistake> {
        let application = self.application_if_it_is_one();
        let Some(word) = self.plain.pop_front() else { return Err(self.missing("a_runbook")) };
        let among = self.known.applications.iter().filter(|(name, ..)| application.as_ref().is_none_or(|wanted| wanted == name));
        let all: Vec<(ApplicationName, RunbookName)> =
            among.flat_map(|(name, _, runbooks)| runbooks.iter().map(move |runbook| (name.clone(), runbook.clone()))).collect();
        let mut found: Vec<_> = all.iter().filter(|(_, runbook)| runbook.as_str() == word).cloned().collect();
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(last), false) => {
                found.push(last);
                Err(Mistake::Which { name: shortened(&word), applications: found.iter().map(|(name, _)| name.to_string()).collect() })
            }
            (None, _) if self.plain.front().is_some_and(|next| all.iter().any(|(_, known)| known.as_str() == next)) => {
                Err(unknown("application", &word, self.applications()))
            }
            (None, _) => Err(unknown("runbook", &word, all.iter().map(|(_, runbook)| runbook.to_string()).collect())),
        }
    }
}

fn unknown(what: &'static str, name: &str, known: Vec<String>) -> Mistake {
    let near = nearest(name, known.iter().map(String::as_str));
    Mistake::Unknown { what: what.into(), name: shortened(name), near, known }
}
