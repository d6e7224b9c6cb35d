//! What steps do, kind by kind.

use std::time::Duration;

use super::{
    super::{
        duration,
        mistake::Code,
        model::{Command, Directory, Expect, From, Http, Invocation, Serve, Text},
        template::Template,
        written,
        yaml::Path,
    },
    Checker, Placed,
    fields::Fields,
};

const SECOND: Duration = Duration::from_secs(1);

impl Checker<'_> {
    pub(super) fn command(&mut self, path: &Path, written: written::Command, templates: &mut Vec<Placed>) -> Option<Command> {
        let run = match (written.argv, written.script) {
            (Some(argv), None) => Some(Invocation::Argv(self.argv(&path.key("argv"), &argv, templates))),
            (None, Some(script)) => {
                let path = path.key("script");
                if script.trim().is_empty() {
                    self.wrong(&path, Code::Nothing("write what is to be run"));
                }
                if script.contains("{{") {
                    self.wrong(&path, Code::TemplateInScript);
                }
                Some(Invocation::Script(script))
            }
            (argv, _) => {
                let found = if argv.is_some() { vec!["argv", "script"] } else { vec![] };
                self.wrong(path, Code::ExactlyOne { of: &["argv", "script"], found });
                None
            }
        };
        if let Some(cwd) = &written.cwd {
            self.path_inside(&path.key("cwd"), cwd);
        }
        let at = path.key("before");
        let before = written.before.iter().enumerate().map(|(i, argv)| self.argv(&at.item(i), argv, templates)).collect();
        Some(Command { run: run?, cwd: written.cwd, before, restartable: written.restartable })
    }

    /// A program and its arguments.
    fn argv(&mut self, path: &Path, written: &[String], templates: &mut Vec<Placed>) -> Vec<Template> {
        match written.first() {
            None => self.wrong(path, Code::Nothing("name a program and its arguments")),
            Some(program) if program.is_empty() || program.starts_with('-') => {
                self.wrong(&path.item(0), Code::Form { text: program.clone(), wanted: "a program (not empty, no '-' first)" });
            }
            Some(_) => {}
        }
        written.iter().enumerate().map(|(i, text)| self.template(&path.item(i), text, templates)).collect()
    }

    pub(super) fn http(&mut self, path: &Path, written: written::Http, templates: &mut Vec<Placed>) -> Http {
        self.web_address(&path.key("url"), &written.url);
        let url = self.template(&path.key("url"), &written.url, templates);
        let method = written.method.unwrap_or_else(|| "GET".to_owned());
        if method.is_empty() || method.len() > 20 || !method.bytes().all(|b| b.is_ascii_uppercase() || b == b'-') {
            self.wrong(&path.key("method"), Code::Form { text: method.clone(), wanted: "a request's method (GET, POST …, in capitals)" });
        }
        let at = path.key("headers");
        let mut headers = indexmap::IndexMap::new();
        for (name, value) in written.headers {
            let path = at.key(&name);
            self.header_name(&path, &name);
            let value = match value {
                written::Text::Plain(text) => Some(Text::Plain(self.header_value(&path, &text, templates))),
                written::Text::Secret(secret) => self.secret(&path.key("secret"), &secret).map(Text::Secret),
            };
            headers.extend(value.map(|value| (name, value)));
        }
        let attempts = written.attempts.unwrap_or(5);
        self.bounded(&path.key("attempts"), attempts.into(), 1, 1000);
        Http {
            url,
            method,
            headers,
            expect: self.expect(&path.key("expect"), written.expect, templates),
            attempts,
            every: self.span(&path.key("every"), written.every.as_ref()).unwrap_or(5 * SECOND),
            timeout: self.span(&path.key("timeout"), written.timeout.as_ref()).unwrap_or(10 * SECOND),
            resolve: written.resolve.map(|text| self.template(&path.key("resolve"), &text, templates)),
        }
    }

    fn expect(&mut self, path: &Path, written: written::Expect, templates: &mut Vec<Placed>) -> Expect {
        let at = path.key("status");
        let status = written.status.map(|several| several.0);
        if status.as_ref().is_some_and(Vec::is_empty) {
            self.wrong(&at, Code::Nothing("name a status, or leave the key out"));
        }
        let status = status.unwrap_or_default();
        for (i, status) in status.iter().enumerate() {
            self.bounded(&at.item(i), (*status).into(), 100, 599);
        }
        let body_contains = written.body_contains.map(|text| self.template(&path.key("body_contains"), &text, templates));
        let at = path.key("headers");
        let mut headers = std::collections::BTreeMap::new();
        for (name, text) in written.headers {
            let path = at.key(&name);
            self.header_name(&path, &name);
            let value = self.header_value(&path, &text, templates);
            headers.insert(name, value);
        }
        Expect { status, body_contains, json: written.json, headers }
    }

    fn header_name(&mut self, path: &Path, name: &str) {
        let is_token = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
        if !is_token {
            self.wrong_key(path, Code::Form { text: name.to_owned(), wanted: "a header's name" });
        }
    }

    fn header_value(&mut self, path: &Path, text: &str, templates: &mut Vec<Placed>) -> Template {
        if text.contains(|c: char| c.is_control()) {
            self.wrong(path, Code::Form { text: text.to_owned(), wanted: "a header's value (one line)" });
        }
        self.template(path, text, templates)
    }

    pub(super) fn directory(&mut self, path: &Path, written: written::Directory, templates: &mut Vec<Placed>) -> Option<Directory> {
        let root = written.root;
        if root.is_empty() || root.starts_with('-') || root.split('/').any(|part| part == "..") {
            self.wrong(&path.key("root"), Code::Form { text: root.clone(), wanted: "a folder of this machine (without '..')" });
        }
        let root = self.template(&path.key("root"), &root, templates);
        let from = match written.from {
            None => Some(From::Repository(".".to_owned())),
            Some(from) => Fields { checker: &mut *self, path: path.clone(), templates: &mut *templates }.from(from),
        };
        let keep = written.keep.unwrap_or(5);
        self.bounded(&path.key("keep"), keep.into(), 1, 1000);
        let serve = written.serve.map(|serve| self.serve(&path.key("serve"), serve, templates));
        let reload = written.reload.map(|argv| self.argv(&path.key("reload"), &argv, templates));
        Some(Directory { root, from: from?, keep, serve, reload })
    }

    fn serve(&mut self, path: &Path, written: written::Serve, templates: &mut Vec<Placed>) -> Serve {
        let command = self.argv(&path.key("command"), &written.command, templates);
        let port = match written.port {
            None => None,
            Some(written::Port::Word(word)) => {
                if word != "auto" {
                    self.wrong(&path.key("port"), Code::Form { text: word, wanted: "a port's number, nor auto" });
                }
                None
            }
            Some(written::Port::Number(number)) => {
                self.bounded(&path.key("port"), number, 1, u16::MAX.into());
                u16::try_from(number).ok()
            }
        };
        let ready = written.ready.unwrap_or_else(|| "/".to_owned());
        if !ready.starts_with('/') || ready.contains(|c: char| c.is_control() || c == ' ') {
            self.wrong(&path.key("ready"), Code::Form { text: ready.clone(), wanted: "a path that begins with '/'" });
        }
        let listen = written.listen.map(|text| {
            let path = path.key("listen");
            let has_port = text
                .rsplit_once(':')
                .is_some_and(|(host, port)| !host.is_empty() && (port.ends_with("}}") || port.parse::<u16>().is_ok_and(|port| port > 0)));
            if !has_port && !text.contains("{{") {
                self.wrong(&path, Code::Form { text: text.clone(), wanted: "an address with a port (127.0.0.1:8080)" });
            }
            self.template(&path, &text, templates)
        });
        Serve { command, port, ready, listen, drain: self.drain(&path.key("drain"), written.drain.as_ref()) }
    }

    /// How long the old process may finish its requests, which may be not at all.
    fn drain(&mut self, path: &Path, written: Option<&written::Span>) -> Duration {
        written.map_or(Ok(10 * SECOND), |span| duration::parse(&span.0)).unwrap_or_else(|error| {
            self.wrong(path, error);
            SECOND
        })
    }
}
