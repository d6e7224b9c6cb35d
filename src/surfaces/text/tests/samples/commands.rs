//! What becomes of commands that are not understood, and of those that only show.

use super::{ana, at, id, lock, production, version, wide_lock};
use crate::domain::{
    command::Mistake,
    shown::{Help, Ran, Shown, Standing},
};

pub fn mistakes() -> Vec<Mistake> {
    let near = || Some("deploy".to_owned());
    let known = || vec!["production".to_owned(), "staging".to_owned()];
    let usage = "/deploy [app] <environment> [ref]";
    let mut all = vec![
        Mistake::NotACommand,
        Mistake::Quotation,
        Mistake::UnknownCommand { word: "deplyo".to_owned(), near: near() },
        Mistake::UnknownCommand { word: "dance".to_owned(), near: None },
        Mistake::UnknownFlag { command: "deploy".into(), flag: "agian".to_owned(), near: Some("again".to_owned()) },
        Mistake::UnknownFlag { command: "why".into(), flag: "again".to_owned(), near: None },
        Mistake::NoValue("strategy".to_owned()),
        Mistake::TooMuch { word: "please".to_owned(), usage: usage.into() },
        Mistake::Which { name: "staging".to_owned(), applications: vec!["shop".to_owned(), "api".to_owned()] },
        Mistake::WhichDeployment,
        Mistake::OnlyShows,
        Mistake::NotBuiltIn("--strategy".into()),
    ];
    for what in ["an_environment", "a_runbook", "a_point", "a_span"] {
        all.push(Mistake::Missing { command: "deploy".into(), what: what.into(), usage: usage.into() });
    }
    for what in ["environment", "application", "runbook"] {
        all.push(Mistake::Unknown { what: what.into(), name: "produktion".to_owned(), near: None, known: known() });
    }
    all.push(Mistake::Unknown { what: "environment".into(), name: "prod".to_owned(), near: Some("production".to_owned()), known: known() });
    for wanted in ["span", "point", "number", "reference"] {
        all.push(Mistake::Form { text: "-x".to_owned(), wanted: wanted.into() });
    }
    all
}

pub fn shown() -> Vec<Shown> {
    let ran = Ran {
        id: id(41),
        environment: production(),
        version: Some(version("c0ffee0", Some("v1.2.0"))),
        runbook: None,
        by: ana(),
        at: at(0),
        result: Some("succeeded".to_owned()),
    };
    let other = |result: Option<&str>| Ran { result: result.map(str::to_owned), ..ran.clone() };
    let standing = Standing {
        environment: production(),
        runs: Some(ran.clone()),
        under_way: Some(id(42)),
        waiting: vec![id(43)],
        locks: vec![lock(), wide_lock()],
        kept_back: Some(id(40)),
    };
    let nothing = Standing { runs: None, under_way: None, waiting: vec![], locks: vec![], kept_back: None, ..standing.clone() };
    let runbook = Ran { runbook: Some("failover".to_owned()), version: None, ..ran.clone() };
    let history = vec![ran.clone(), other(Some("failed")), other(Some("cancelled")), other(Some("needs_human")), other(None), runbook];
    let name = |text: &str| text.parse().expect("a name");
    vec![
        Shown::Status(vec![standing, nothing]),
        Shown::Status(Vec::new()),
        Shown::History(history),
        Shown::History(Vec::new()),
        Shown::Help(Help {
            deploys: vec![production()],
            others: vec![production()],
            approves: vec![production()],
            runs: vec![(name("shop"), "failover".parse().expect("a name"))],
        }),
        Shown::Help(Help { deploys: Vec::new(), others: Vec::new(), approves: Vec::new(), runs: Vec::new() }),
    ]
}
