//! Who is told and called, and where they look.

use indexmap::IndexMap;

use super::{
    super::{
        mistake::{Code, nearest},
        model::{Contact, Environment, Step},
        template::Template,
        written,
        yaml::Path,
    },
    Checker,
};
use crate::domain::ids::EnvironmentName;

impl Checker<'_> {
    /// Roles that the server's file has.
    pub(super) fn roles(&mut self, path: &Path, names: &[String]) {
        for (i, name) in names.iter().enumerate() {
            self.role(&path.item(i), name);
        }
    }

    fn role(&mut self, path: &Path, name: &str) {
        if let Some(known) = self.around.roles.as_ref().filter(|known| !known.contains(name)) {
            let near = nearest(name, known.iter().map(String::as_str));
            let code = Code::UnknownRole { name: name.to_owned(), near, known: known.iter().cloned().collect() };
            self.wrong(path, code);
        }
    }

    /// A channel of Slack: its name, or its id.
    pub(super) fn channel(&mut self, path: &Path, text: &str) {
        if !is_named(text, '#') && !is_id(text, &['C', 'G']) {
            self.form(path, text, "a channel of Slack (#deploys)");
        }
    }

    pub(super) fn contacts(&mut self, path: &Path, written: Vec<written::Contact>) -> Vec<Contact> {
        let mut contacts = Vec::new();
        for (i, contact) in written.into_iter().enumerate() {
            let path = path.item(i);
            self.plain(&path.key("name"), &contact.name);
            if let Some(role) = &contact.role {
                self.role(&path.key("role"), role);
            }
            if let Some(slack) = &contact.slack
                && !is_named(slack, '@')
                && !is_named(slack, '#')
                && !is_id(slack, &['U', 'W', 'S', 'C', 'G'])
            {
                self.form(&path.key("slack"), slack, "somebody or something on Slack (@name, #channel)");
            }
            if let Some(email) = &contact.email {
                let is_address = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
                if !is_address || email.starts_with('-') || email.contains(|c: char| c.is_whitespace() || c.is_control()) {
                    self.form(&path.key("email"), email, "an address (name@example.com)");
                }
            }
            contacts.push(Contact { name: contact.name, role: contact.role, slack: contact.slack, email: contact.email });
        }
        contacts
    }

    pub(super) fn links(
        &mut self,
        path: &Path,
        written: IndexMap<String, String>,
        environments: &IndexMap<EnvironmentName, Environment>,
        stages: &[Vec<Step>],
    ) -> IndexMap<String, Template> {
        let mut placed = Vec::new();
        let mut links = IndexMap::new();
        for (name, text) in written {
            let path = path.key(&name);
            self.web_address(&path, &text);
            links.insert(name, self.template(&path, &text, &mut placed));
        }
        self.names_everywhere(&placed, environments, stages);
        links
    }
}

/// A sign, and a name after it.
fn is_named(text: &str, sign: char) -> bool {
    text.strip_prefix(sign).is_some_and(|name| !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control()))
}

/// One of these letters, and what Slack puts after it.
fn is_id(text: &str, letters: &[char]) -> bool {
    text.len() >= 9 && text.starts_with(letters) && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}
