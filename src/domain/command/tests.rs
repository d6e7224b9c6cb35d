//! Lines, and what they mean.

use proptest::prelude::*;

use super::*;

fn known() -> Known {
    let names = |words: &[&str]| words.iter().map(|word| word.parse().expect("a name")).collect();
    let runbooks = |words: &[&str]| words.iter().map(|word| word.parse().expect("a name")).collect();
    Known {
        applications: vec![
            ("shop".parse().expect("a name"), names(&["staging", "production"]), runbooks(&["failover"])),
            ("blog".parse().expect("a name"), names(&["production", "preview"]), runbooks(&["backup"])),
            ("preview".parse().expect("a name"), names(&["production"]), runbooks(&["backup"])),
        ],
    }
}

fn read(line: &str) -> Result<Command, Mistake> {
    parse(line, &known())
}

fn id(text: &str) -> EnvironmentId {
    text.parse().expect("an environment")
}

fn deploy_to(environment: &str, reference: Option<&str>) -> Deploy {
    Deploy {
        environment: id(environment),
        reference: reference.map(str::to_owned),
        tag: None,
        strategy: None,
        again: false,
        when_free: false,
        emergency: None,
    }
}

#[test]
fn what_people_type_is_understood() {
    let some = |text: &str| Some(text.to_owned());
    let number = |number| Some(DeploymentId(number));
    for (line, command) in [
        ("/deploy staging", Command::Deploy(deploy_to("shop/staging", None))),
        ("  /deploy shop production v1.2.0  ", Command::Deploy(deploy_to("shop/production", Some("v1.2.0")))),
        ("/deploy shop/production", Command::Deploy(deploy_to("shop/production", None))),
        ("/deploy preview production", Command::Deploy(deploy_to("preview/production", None))),
        ("/deploy preview", Command::Deploy(deploy_to("blog/preview", None))),
        ("/deploy blog/preview/17", Command::Deploy(deploy_to("blog/preview/17", None))),
        (
            "/deploy --again staging --strategy canary main --emergency “db is down”",
            Command::Deploy(Deploy {
                again: true,
                strategy: some("canary"),
                emergency: some("db is down"),
                ..deploy_to("shop/staging", Some("main"))
            }),
        ),
        ("/plan staging", Command::Plan(deploy_to("shop/staging", None))),
        ("/promote shop staging production", Command::Promote { from: id("shop/staging"), to: id("shop/production") }),
        ("/promote staging production", Command::Promote { from: id("shop/staging"), to: id("shop/production") }),
        (
            "/rollback staging #41 --with-undo",
            Command::Rollback { environment: id("shop/staging"), to: some("41"), with_undo: true, steal: false },
        ),
        ("/approve", Command::Approve(None)),
        ("/approve #42", Command::Approve(number(42))),
        ("/reject not before Monday", Command::Reject { deployment: None, reason: some("not before Monday") }),
        ("/reject 42 it's late", Command::Reject { deployment: number(42), reason: some("it's late") }),
        ("/tick 3", Command::Tick { point: 3, deployment: None }),
        ("/tick 3 #41", Command::Tick { point: 3, deployment: Some(DeploymentId(41)) }),
        ("/cancel --leave", Command::Cancel { deployment: None, leave: true }),
        ("/retry 7", Command::Retry(number(7))),
        ("/pause", Command::Pause),
        (
            "/lock staging for 2h moving the database",
            Command::Lock {
                environment: id("shop/staging"),
                span: Some(Duration::from_hours(2)),
                reason: some("moving the database"),
                steal: false,
            },
        ),
        ("/unlock shop production --steal", Command::Unlock { environment: id("shop/production"), steal: true }),
        ("/status", Command::Status(None)),
        ("/status blog", Command::Status(Some("blog".parse().expect("a name")))),
        ("/history", Command::History { application: None, environment: None }),
        (
            "/history shop staging",
            Command::History { application: Some("shop".parse().expect("a name")), environment: Some("staging".parse().expect("a name")) },
        ),
        ("/why staging", Command::Why(id("shop/staging"))),
        (
            "/run failover --undo",
            Command::Run { application: "shop".parse().expect("a name"), runbook: "failover".parse().expect("a name"), undo: true },
        ),
        ("/help", Command::Help),
    ] {
        assert_eq!(read(line), Ok(command), "{line}");
    }
}

#[test]
fn what_is_not_understood_says_what_would_be() {
    for (line, why) in [
        ("deploy staging", "a command begins with '/'"),
        ("/deplyo staging", "there is no command '/deplyo'; did you mean '/deploy'?"),
        ("/", "there is no command '/'; /help lists those that there are"),
        ("/deploy stagin", "there is no environment 'stagin'; did you mean 'staging'?"),
        ("/deploy shop stage", "there is no environment 'stage'; there are staging, production"),
        ("/deploy shpo/staging", "there is no application 'shpo'; did you mean 'shop'?"),
        ("/deploy production", "several applications have 'production'; name one before it: shop, blog, preview"),
        ("/deploy staging -rf", "'-rf' is not a branch, a tag or a commit"),
        (
            "/deploy staging main now",
            "'now' is not understood here: /deploy [app] <environment> [ref] [--strategy NAME] [--tag TAG] [--again] [--when-free] [--emergency \"reason\"]",
        ),
        ("/deploy staging --agian", "'/deploy' has no '--agian'; did you mean '--again'?"),
        ("/deploy staging --emergency", "'--emergency' needs a value"),
        ("/deploy staging --emergency \"x", "a quotation mark is not closed"),
        ("/approve now", "'now' is not a deployment's number"),
        ("/tick", "'/tick' needs a point's number: /tick <n> [deployment]"),
        ("/tick one", "'one' is not a point's number"),
        ("/lock staging for ever", "'ever' is not a span of time (30m, 2h, 1d)"),
        ("/run backup", "several applications have 'backup'; name one before it: blog, preview"),
        ("/run faiover", "there is no runbook 'faiover'; did you mean 'failover'?"),
        ("/help me", "'me' is not understood here: the command stands alone"),
    ] {
        assert_eq!(read(line).map_err(|mistake| mistake.to_string()), Err(why.to_owned()), "{line}");
    }
}

proptest! {
    #[test]
    fn nothing_panics_and_no_name_could_be_an_option(line in r"/(deploy|lock|rollback|run|reject) [\PC\n]{0,60}") {
        if let Ok(Command::Deploy(Deploy { reference: Some(reference), .. }) | Command::Plan(Deploy { reference: Some(reference), .. })) = read(&line) {
            prop_assert!(!reference.starts_with('-'));
        }
    }

    #[test]
    fn any_text_at_all_is_read_to_its_end(line in r"\PC{0,80}") {
        let _ = read(&line);
    }
}
