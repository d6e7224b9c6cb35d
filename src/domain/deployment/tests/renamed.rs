//! A target that was renamed and says so is the target that it was.

use super::*;

/// Both targets, the first under its new name.
fn renamed(was: &str) -> Application {
    let text = APPLICATION.replace("name: web,", &format!("name: site,{was}"));
    manifest::read("shop".parse().expect("a name"), "shop.yaml", &text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

fn plan(application: &Application, good: &Past, unchanged: &[&str]) -> Plan {
    plan::deploy(&Inputs {
        application,
        environment: &environment(),
        version: Some(&version('b')),
        actor: &Actor::Person("ada".to_owned()),
        good: Some(good),
        unchanged: unchanged.iter().map(|name| name.parse().expect("a name")).collect(),
        retried: None,
        promoted: None,
    })
    .expect("a plan")
}

/// The second version, which brought the new name.
fn second(first: &Past) -> Past {
    let plan = plan(&renamed(" was: web,"), first, &[]);
    let (state, _) = carry(&plan, |run| {
        done((run.phase == Phase::Forward && plan::is_target(&run.step.action)).then(|| release(&format!("{}-2", run.step.name))))
    });
    past(2, &version('b'), plan, state)
}

fn back(from: &Past, to: &Past) -> Plan {
    let uncertain = BTreeSet::new();
    plan::rollback(&plan::Back { from, to: Some(to), uncertain: &uncertain, direct: false, undo: false }).expect("a plan")
}

#[test]
fn what_it_left_is_carried_over() {
    let first = good(1, &version('a'), None);
    for (was, observed, release) in [(" was: web,", false, Some("web-1")), ("", true, None)] {
        let plan = plan(&renamed(was), &first, &["site"]);
        let (_, site) = plan.forward(&"site".parse().expect("a name")).expect("a run");
        let carried = site.skip.as_ref().and_then(|skip| skip.release.as_ref()).map(|release| release.id.as_str());
        assert_eq!((site.observe, carried), (observed, release), "{was}");
    }
}

#[test]
fn what_it_left_comes_back_when_it_fails() {
    let first = good(1, &version('a'), None);
    for (was, expected) in [(" was: web,", "1 restore site to web-1"), ("", "1 remove site")] {
        let plan = plan(&renamed(was), &first, &[]);
        let (state, outcome) = carry(&plan, |run| if run.step.name.as_str() == "http" { failed() } else { done(None) });
        let after = aftermath(&past(2, &version('b'), plan, state), outcome, Some(&first), &BTreeSet::new());
        assert_eq!(ops(&after.successor.expect("a rollback"), Phase::Forward)[0], expected);
    }
}

#[test]
fn going_back_over_the_renaming_and_forward_again_finds_it_on_both_sides() {
    let first = good(1, &version('a'), None);
    let second = second(&first);
    assert_eq!(ops(&back(&second, &first), Phase::Forward), ["1 restore site to web-1", "1 restore api to api-1", "2 apply http"]);
    assert_eq!(ops(&back(&first, &second), Phase::Forward), ["1 restore web to site-2", "1 restore api to api-2", "2 apply http"]);
}

#[test]
fn what_was_uncertain_under_the_old_name_is_settled_by_the_new_one() {
    let first = good(1, &version('a'), None);
    let uncertain = BTreeSet::from(["web".parse().expect("a name")]);
    assert!(aftermath(&second(&first), Outcome::Succeeded, Some(&first), &uncertain).uncertain.is_empty());
    let plan = plan(&renamed(""), &first, &[]);
    let (state, _) = carry(&plan, |_| done(None));
    let unrelated = past(2, &version('b'), plan, state);
    assert_eq!(aftermath(&unrelated, Outcome::Succeeded, Some(&first), &uncertain).uncertain, uncertain);
}
