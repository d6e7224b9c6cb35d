//! Small files with mistakes, area by area, with what is told of each.

use std::fmt::Write as _;

use super::{ENVIRONMENTS, lines, read_shop};

/// The same head before each of these texts; what is told of them stands in a snapshot.
fn told(head: &str, texts: &[&str]) -> String {
    let mut told = String::new();
    for text in texts {
        let mistakes = read_shop(&format!("{head}{text}\n")).expect_err(text);
        let _ = writeln!(told, "{text}\n{}", lines(&mistakes));
    }
    told
}

/// A whole file but for its environments' list of one environment's keys.
const ONE: &str = "repository: acme/shop\nsteps: [{ name: load, except: [production], command: { argv: [make] } }, { name: build, command: { argv: [make] } }]\nenvironments:\n  production: {}\n";

/// A whole file that ends in its list of steps.
const STEPS: &str = r#"repository: acme/shop
environments: { staging: { vars: { port: "1" } }, production: { url: "https://shop.example" } }
metrics: { errors: { probe: { url: "https://x", measure: error_rate } } }
steps:
  - { name: build, command: { argv: [make] }, produces: [dist] }
  - { name: ci, workflow: { file: ci.yml, artifacts: [site] } }
  - { name: made, workflow: { file: made.yml, outputs: artifact } }
"#;

/// A whole file with two environments, to which metrics and a watch can be added.
const SIGNALS: &str = r#"repository: acme/shop
environments: { staging: { vars: { port: "1" } }, production: { url: "https://shop.example" } }
steps: [{ command: { argv: [make] } }]
"#;

/// The same, with metrics of each sort; rules can be added.
const RULES: &str = r#"repository: acme/shop
environments: { staging: {}, production: {} }
steps: [{ command: { argv: [make] } }]
metrics:
  health: { probe: { url: "https://x" } }
  errors: { probe: { url: "https://x", measure: error_rate } }
  latency: { probe: { url: "https://x", measure: latency_p95 } }
  load: { unit: percent, prometheus: { server: "http://p", query: load } }
  crashes: { unit: count, prometheus: { server: "http://p", query: crashes } }
  alarm: { cloudwatch_alarm: down }
"#;

/// A whole file that ends in its map of runbooks.
const RUNBOOKS: &str = r#"repository: acme/shop
environments: { staging: { vars: { port: "1" } }, production: { url: "https://shop.example" } }
steps: [{ name: build, command: { argv: [make] } }]
runbooks:
"#;

#[test]
fn people_and_places() {
    let head =
        "repository: acme/shop\nsteps: [{ command: { argv: [make] } }]\nenvironments: { staging: { vars: { a: x } }, production: {} }\n";
    let told = told(
        head,
        &[
            "slack: deploys",
            "slack: \"#de ploys\"",
            "locale: fr",
            "locale: e",
            "contacts: [{ name: \"\", role: devop, slack: lucia, email: lucia }]",
            "contacts: [{ role: devops }]",
            "contacts: [{ name: Lucia, phone: \"1\" }]",
            "links: { logs: logs, ok: \"https://x/{{ app.name }}\", a: \"https://x/{{ vars.a }}\", b: \"https://x/{{ vars.b }}\" }",
            "links: { s: \"https://x/{{ steps.command.id }}\", t: \"https://x/{{ actor }}\", u: \"{{ environment.url }}\" }",
            "watches: {}",
            "runbook: {}",
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn triggers_and_previews() {
    let told = told(
        ONE,
        &[
            "  a: { on: [{ pull_request: { label: preview } }] }",
            "  a: { transient: true }",
            "  a: { transient: true, on: [{ pull_request: {} }] }",
            "  a: { transient: true, on: [{ pull_request: { label: \"{{ x }}\" } }] }",
            "  a: { transient: true, on: [{ pull_request: { label: \"-x\" } }], limits: {} }",
            "  a: { transient: true, on: [{ pull_request: { label: x } }], limits: { count: 0, age: 0s } }",
            "  a: { limits: { count: 2 } }",
            "  a: { on: [{ schedule: \"0 4 * * 1\" }] }",
            "  a: { on: [{ schedule: \"0 4 * * 1\" }, { push: \"release/*\" }] }",
            "  a: { on: [{ push: main }, { schedule: \"0 4 30 2 *\" }] }",
            "  a: { on: [{ push: main }, { schedule: \"0 4 * *\" }] }",
            "  a: { on: [{ push: main }, { schedule: \"61 4 * * *\" }] }",
            "  a: { on: [{ push: main }, { schedule: \"0 4 * * *\", zone: America/Mexico }] }",
            "  a: { on: [{ push: main, zone: UTC }] }",
            "  a: { on: [{ push: main, schedule: \"0 4 * * *\" }] }",
            "  a: { on: [{ pull_requests: { label: x } }] }",
            "  a: { on: [main] }",
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn gates() {
    let told = told(
        ONE,
        &[
            "  a: { deployers: [devop] }",
            "  a: { deployers: devops }",
            "  a: { trusted_pushers: everybody }",
            "  a: { queue: lates }",
            "  a: { forks: maybe, drafts: no, outdated: warned }",
            "  a: { production: true, forks: allow }",
            "  a: { production: yes }",
            "  a: { require_tag: \"[\" }",
            "  a: { require_tag: [] }",
            "  a: { approvals: { count: 21 } }",
            "  a: { github_release: { notes: none } }",
            "  a: { github_release: { tag: { create: { bump: mino } } } }",
            "  a: { github_release: { tag: { bump: minor } } }",
            "  a: { goals: { success: 95, downtime: 1 } }",
            "  a: { goals: { success: 101%, deployment: 0s, rollback: fast, downtime: \"-1%\" } }",
            "  a: { goals: { deploymnt: 5m } }",
            "  a: { incident: { labels: [x] } }",
            "  a: { incident: { issue: { labels: [\"\"] } } }",
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn roads_between_environments() {
    let told = told(
        ONE,
        &[
            "  a: { after: { environment: a } }",
            "  a: { after: { environment: b } }\n  b: { after: { environment: a } }",
            "  a: { after: { environment: b } }\n  b: { after: { environment: c } }\n  c: { after: { environment: b } }",
            "  staging: {}\n  next: { after: { environment: stagin } }",
            "  staging: {}\n  next: { after: { environment: staging, soak: 0s, promote: automatc } }",
            "  staging: {}\n  next: { after: { environment: staging, checklist: true } }",
            "  staging: { checklist: { before: [x] } }\n  next: { after: { environment: staging, checklist: true } }",
            "  staging: {}\n  next: { after: staging }",
            "  staging: {}\n  next: { after: { soak: 1h } }",
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn checklists() {
    let told = told(
        ONE,
        &[
            "  a: { checklist: [] }",
            "  a: { checklist: {} }",
            "  a: { checklist: Login works }",
            "  a: { checklist: [Login works, Logout works, Login works] }",
            "  a: { checklist: { before: [x], after: [{ within: 30m, points: [y, x] }] } }",
            "  a: { checklist: { after: [{ within: 0s, points: [] }] } }",
            "  a: { checklist: { after: [{ points: [x] }] } }",
            "  a: { checklist: { before: [x], during: [y] } }",
            "  a: { checklist: [{ text: x, satisfied_by: {} }] }",
            "  a: { checklist: [{ text: x, satisfied_by: { step: load, changed: y } }] }",
            "  a: { checklist: [{ text: x, satisfied_by: { step: lod } }] }",
            "  a: { checklist: [{ text: x, satisfied_by: { step: deploy } }] }",
            "  a: { checklist: [{ text: x, satisfied_by: { changed: [] } }] }",
            "  a: { checklist: [{ satisfied_by: { step: build } }] }",
            "  a: { checklist: [\"\", 5] }",
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn a_point_that_no_step_ever_ticks() {
    let head = "repository: acme/shop\nsteps: [{ name: load, only: [staging], command: { argv: [make] } }]\nenvironments:\n";
    let point = "checklist: [{ text: x, satisfied_by: { step: load } }]";
    let told = told(head, &[&format!("  staging: {{}}\n  production: {{ {point} }}")]);
    insta::assert_snapshot!(told);
    let reached = format!("{head}  staging: {{}}\n  production: {{ {point}, after: {{ environment: staging }} }}\n");
    assert!(read_shop(&reached).is_ok());
}

#[test]
fn windows() {
    let told = told(
        ENVIRONMENTS,
        &[
            "  a: { freeze: [{ from: \"Fri 16:00\", to: \"Fri 16:00\" }] }",
            "  a: { freeze: [{ from: \"22:00\", to: \"22:00\" }] }",
            "  a: { freeze: [{ from: \"22:00\", to: \"06:00\" }, { from: \"06:00\", to: \"22:00\" }] }",
            "  a: { freeze: [{ from: \"Fri 16:00\", to: \"08:00\" }] }",
            "  a: { freeze: [{ from: \"2026-12-24 12:00\", to: \"2026-12-20 12:00\" }] }",
            "  a: { freeze: [{ from: Friday, to: \"Mon 8:00\" }] }",
            "  a: { freeze: [{ from: \"25:00\", to: \"2026-02-30 12:00\" }] }",
            "  a: { freeze: [{ from: \"Fri 16:00\", to: \"Mon 08:00\", zone: Mexico City }] }",
            "  a: { freeze: [{ from: \"Fri 16:00\" }] }",
            "  a: { freeze: { from: \"Fri 16:00\", to: \"Mon 08:00\" } }",
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn metrics() {
    let told = told(
        SIGNALS,
        &[
            "metrics: { m: {} }",
            "metrics: { m: { probe: { url: \"https://x\" }, cloudwatch_alarm: x } }",
            "metrics: { m: { prometeus: { server: \"http://p\", query: up } } }",
            "metrics: { alert: { cloudwatch_alarm: x }, \"a b\": { cloudwatch_alarm: \"-x\" } }",
            "metrics: { m: { prometheus: { server: prometheus, query: \"\" } } }",
            "metrics: { m: { unit: second, no_data: ignore, prometheus: { server: \"http://p\", query: up } } }",
            "metrics: { m: { unit: percent, probe: { url: \"https://x\", measure: error_rate } } }",
            "metrics: { m: { unit: count, probe: { url: \"https://x\", measure: latency_p95 } } }",
            "metrics: { m: { unit: seconds, cloudwatch_alarm: x } }",
            "metrics: { m: { probe: { url: x, every: 0s, timeout: 1, measure: latency } } }",
            "metrics: { m: { probe: { url: x, every: 0s, timeout: 1s, measure: latency } } }",
            "metrics: { m: { cloudwatch: {} } }",
            "metrics: { m: { cloudwatch: { name: Errors } } }",
            "metrics: { m: { cloudwatch: { namespace: A, name: B, statistic: sum, period: 90s, region: \"-x\" } } }",
            "metrics: { m: { cloudwatch: { namespace: A, name: B, statistic: p100 } } }",
            "metrics: { m: { cloudwatch: { namespace: A, statistic: Sum, ratio: [{ namespace: A, name: B, statistic: Sum }] } } }",
            "metrics: { m: { cloudwatch: { name: B, ratio: [] } } }",
            "metrics: { m: { prometheus: { server: \"http://p\", query: 'up{a=\"{{ vars.prt }}\"}' } } }",
            "metrics: { m: { prometheus: { server: \"http://p\", query: '{{ steps.command.id }} {{ actor }}' } } }",
            "metrics: { m: { prometheus: { server: \"http://p\", query: '{{ vars.port }}' } } }\nwatch: { for: 1h, tell_when: [m > 5 for 1m] }",
            "metrics: { m: { prometheus: { server: \"http://p\", query: '{{ traffic.target_group }}' } } }\nwatch: { for: 1h, tell_when: [m > 5 for 1m] }",
            "metrics: { m: { prometheus: { server: \"http://p\", query: '{{ environment.url }}' } } }\nwatch: { for: 1h, tell_when: [m > 5 for 1m] }",
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn rules() {
    let told = told(
        RULES,
        &[
            "watch: { rollback_when: [errors > 5% for 5m] }",
            "watch: { for: 0s }",
            "watch: { for: 1h, rollback_if: [] }",
            "watch: { for: 1h, rollback_when: errors > 5% for 5m }",
            "watch: { for: 1h, rollback_when: [eror > 5% for 5m, nothing fires, erors > 5% for 5m] }",
            "watch: { for: 1h, rollback_when: [errors > 5%, errors is high, errors > 5% for 0s, errors > 5 % for 1m, errors => 5% for 1m] }",
            "watch: { for: 1h, rollback_when: [errors > 5ms for 5m, latency > 5% for 5m, crashes > 5% for 5m, load > 5s for 5m] }",
            "watch: { for: 1h, rollback_when: [errors > 100% for 5m, load > 101 for 5m, latency < 0 for 5m, crashes >= 0 for 5m] }",
            "watch: { for: 1h, tell_when: [errors > 500% for 5m, errors > previous + 100% for 5m] }",
            "watch: { for: 1h, rollback_when: [errors fails for 3m, errors fires, health > 1 for 3m, health fires, alarm fails for 3m, alarm > 1 for 3m] }",
            "watch: { for: 30m, rollback_when: [errors > 5% for 1h, health fails for 31m], tell_when: [errors > 5% for 1h] }",
            "watch: { for: 1h, tell_when: [alert fires, alert -x fires] }",
            "watch: { for: 1h, rollback_when: [\"errors > {{ vars.limit }} for 5m\"] }",
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn steps() {
    let told = told(
        STEPS,
        &[
            "  - { name: web, was: build, command: { argv: [a] } }",
            "  - { name: web, was: old, command: { argv: [a] } }\n  - { name: api, was: old, command: { argv: [a] } }",
            "  - { name: web, was: \"-x\", command: { argv: [a] } }",
            "  - { comand: { argv: [a] } }",
            "  - { helm: {}, vercel: {} }",
            "  - { render: { service: a, token: { env: A } }, verify: true, build: true, env: { A: b }, produces: [x] }",
            "  - { checks: [a], keep: [x], build: true, verify: true }",
            "  - { workflow: { file: x.yml }, secrets: { A: { env: B } } }",
            "  - { command: { argv: [a] }, undo: { helm: { release: a, chart: ../x, namespace: b } } }",
            "  - { command: { argv: [a] }, undo: { command: { argv: [b] }, http: { url: https://x } } }",
            "  - { command: { argv: [a] }, secrets: { A: { aws_secret: \"a b\" }, B: { aws_parameter: \"\" }, C: { aws_secret: \"a#\" }, D: { vault: x } } }",
            "  - { command: { argv: [a], env: { A: b } } }",
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn kinds_of_github() {
    let told = told(
        STEPS,
        &[
            "  - checks: []",
            "  - checks: test",
            "  - checks: [test, lint, test, \"\", -x]",
            "  - checks: { names: [test], appear_within: 0s }",
            "  - checks: { name: test }",
            "  - workflow: {}",
            "  - workflow: { file: .github/workflows/build.yml }",
            "  - workflow: { file: build, outputs: artefact, artifacts: [\"{{ version.sha }}\"] }",
            "  - workflow: { file: b.yml, inputs: { sha: \"{{ version.sah }}\", \"a b\": x } }",
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn kinds_of_clouds() {
    let told = told(
        STEPS,
        &[
            "  - image: { repository: a }",
            "  - image: { registry: {}, repository: a }",
            "  - image: { registry: { ecr: {}, host: ghcr.io }, repository: a }",
            "  - image: { registry: { ecr: {}, username: x }, repository: \"\", context: /x, dockerfile: ../D }",
            "  - image: { registry: { host: https://ghcr.io/x, username: a }, repository: -x, scan: { fail_on: hihg } }",
            "  - image: { registry: { host: ghcr.io }, repository: a, platform: arm, tags: [\"a b\", -x, \"{{ version.sha }}\"], move_tags: [\"\"] }",
            "  - image: { registry: ghcr.io, repository: a }",
            "  - ecs_task: { cluster: c }",
            "  - ecs_task: { cluster: c, task: t, service: \"-s\", expect: { stdout: x } }",
            "  - ecs_task: { cluster: c, task: t, service: s, container: \"{{ vars.x }}\" }",
            "  - s3_site: { bucket: b, from: /dist, cloudfront: { distribution: E, paths: [] } }",
            "  - s3_site: { bucket: b, from: { step: build, path: dist }, cloudfront: { distribution: E, paths: [index.html] } }",
            "  - route53: { zone: Z, record: r, to: 1.2.3.4 }",
            "  - route53: { zone: Z, record: \"a\\nb\", to: { alias: {} } }",
            "  - rds_snapshot: {}",
            "  - rds_snapshot: { instance: a, cluster: b }",
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn kinds_of_clusters_and_sites() {
    let told = told(
        STEPS,
        &[
            "  - kubernetes_deployment: { namespace: n, deployment: d }",
            "  - kubernetes_deployment: { namespace: n, deployment: d, image: i, cluster: wset }",
            "  - kubernetes_job: { namespace: n, manifest: /k8s/job.yaml, container: c }",
            "  - kubernetes_scale: { namespace: n, deployment: d, replicas: -1 }",
            "  - kubernetes_scale: { namespace: n, deployment: d, replicas: 10001 }",
            "  - helm: { release: -r, chart: \"\", namespace: n, values: [../v.yaml], set: { a: 1 } }",
            "  - helm: { release: r, chart: c, namespace: n, set: { a: { secret: { env: \"1\" } } } }",
            "  - vercel: { project: p }",
            "  - vercel: { project: p, token: vercel_123456 }",
            "  - vercel: { project: p, token: { file: /run/key } }",
            "  - render: { token: { env: A } }",
            "  - firebase_hosting: { site: s, from: { step: build }, credentials: { file: f } }",
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn traffic() {
    let service = |rest: &str| format!("  - ecs_service: {{ cluster: c, {rest} }}");
    let sides = "listener: l, blue: { service: b, target_group: tb }, green: { service: g, target_group: tg }";
    let traffic = |rest: &str| service(&format!("image: i, traffic: {{ {sides}, {rest} }}"));
    let all = "strategies: { all: [{ weight: 100 }] }";
    let texts = [
        service("image: i"),
        service("service: s"),
        service("service: s, image: i, traffic: { listener: l }"),
        service(&format!("image: i, service: s, traffic: {{ {sides}, {all} }}")),
        service("service: s, force: true, image: i, container: x, environment: { A: b }"),
        service(&format!("force: true, traffic: {{ {sides}, {all} }}")),
        traffic("strategies: {}"),
        traffic("strategies: { canary: [] }"),
        traffic("strategies: { canary: [{ weight: 10, hold: 5m }, { weight: 50 }] }"),
        traffic("strategies: { canary: [{ weight: 50, hold: 5m }, { weight: 10, hold: 5m }, { weight: 100, hold: 5m }] }"),
        traffic("strategies: { canary: [{ weight: 10 }, { weight: 10, hold: 0s }, { weight: 101 }] }"),
        traffic("strategies: { a: [{ weight: 100 }], b: [{ weight: 100 }] }"),
        traffic("default: canry, strategies: { canary: [{ weight: 100 }] }"),
        traffic("strategies: { \"-x\": [{ weight: 100 }] }"),
        traffic(&format!("{all}, hold_at_most: 1h")),
        traffic(&format!("{all}, abort_when: [errs > 2% for 1m, errors > 2s for 1m], advance_when: [errors < 0% for 1m]")),
        format!(
            "  - ecs_service: {{ cluster: c, image: i, traffic: {{ listener: l, blue: {{ service: s, target_group: t }}, green: {{ service: s, target_group: t }}, {all} }} }}"
        ),
        service("service: \"{{ traffic.target_group }}\", image: i"),
    ];
    let told = told(STEPS, &texts.iter().map(String::as_str).collect::<Vec<_>>());
    insta::assert_snapshot!(told);
}

#[test]
fn files_and_outputs_of_other_steps() {
    let told = told(
        STEPS,
        &[
            "  - s3_site: { bucket: b, from: { step: build, path: dits } }",
            "  - s3_site: { bucket: b, from: { step: build, artifact: dist } }",
            "  - s3_site: { bucket: b, from: { step: ci, path: site } }",
            "  - s3_site: { bucket: b, from: { step: ci, artifact: sites } }",
            "  - s3_site: { bucket: b, from: { step: made, artifact: site } }",
            "  - s3_site: { bucket: b, from: { step: ci, artifact: site, path: x } }",
            "  - s3_site: { bucket: b, from: { step: bild, path: dist } }",
            "  - { command: { argv: [a] }, undo: { s3_site: { bucket: b, from: { step: build, path: x } } } }",
            "  - http: { url: \"https://x/{{ steps.ci.image }}\" }",
            "  - http: { url: \"https://x/{{ steps.made.image }}{{ steps.mad.image }}\" }",
            "  - { name: push, image: { registry: { ecr: {} }, repository: a } }\n  - http: { url: \"https://x/{{ steps.push.ref }}\" }",
            "  - helm: { release: r, chart: c, namespace: \"{{ vars.port }}\", set: { a: \"{{ nothing }}\" } }",
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn runbooks() {
    let told = told(
        RUNBOOKS,
        &[
            "  \"-x\": { environment: staging, steps: [{ http: { url: https://x } }] }",
            "  x: { steps: [{ http: { url: https://x } }] }",
            "  x: { environment: stagin, steps: [{ http: { url: \"https://{{ vars.port }}\" } }] }",
            "  x: { environment: staging, steps: [] }",
            "  x: { environment: staging, deployers: [dev], approvals: { count: 0 }, steps: [{ http: { url: https://x } }] }",
            "  x: { environment: staging, on: [{ schedule: \"0 0 31 4 *\" }, { schedule: x, zone: Y }], steps: [{ http: { url: https://x } }] }",
            "  x: { environment: staging, on: [{ push: main }], steps: [{ http: { url: https://x } }] }",
            "  x: { environment: staging, ref: \"-x\", steps: [{ http: { url: https://x } }] }",
            "  x: { environment: staging, steps: [{ command: { argv: [a, \"{{ version.sha }}\", \"{{ vars.prt }}\"] } }] }",
            "  x: { environment: production, steps: [{ command: { argv: [a, \"{{ vars.port }}\"] } }] }",
            "  x: { environment: staging, steps: [{ helm: { release: r, chart: c, namespace: n } }, { checks: [a] }] }",
            "  x: { environment: staging, steps: [{ s3_site: { bucket: b, from: dist }, paths: [a] }] }",
            "  x: { environment: staging, steps: [{ command: { argv: [a] }, only: [staging], verify: true, was: y }] }",
            "  x: { environment: staging, steps: [{ command: { argv: [a] }, undo: { kubernetes_job: { namespace: n, manifest: m } } }] }",
            "  x: { environment: staging, steps: [{ http: { url: \"https://x/{{ steps.build.id }}\" } }] }",
            "  x: { environment: staging, concurrent: maybe, after: x, steps: [{ http: { url: https://x } }] }",
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn what_cannot_be_read_hides_nothing_of_the_rest() {
    let told = told(
        "",
        &[
            "null",
            "repository: shop\nsteps: 5\nenvironments: { a: { on: [{ push: '-main' }], after: { environment: b } } }",
            "repository: 5\nsteps: [{ command: { argv: [make] }, timeout: nope }]\nenvironments: { a: { after: b, approvals: { count: 1, from: [qq] } } }",
            "repository: acme/shop\nsteps: [{ command: { argv: 7 }, only: [b] }, 5, { http: {} }]\nenvironments: { a: { production: maybe } }",
            "repository:\nsteps: [{ name: a, command: { argv: [make] }, timeout: }, { name: a, command: { argv: [make] } }]\nenvironments: { a: { vars: { x: 1 } } }",
            "steps: [{ wait: {} , retries: many }]",
            "repository: acme/shop\nsteps: [{ command: { argv: [make] } }]\nenvironments: { a: { freeze: [{ from: 25:00, to: '08:00', zone: Mars }, { from: Fri, to: [] , zone: X }], on: [{ schedule: x, zone: y }] } }",
            "repository: acme/shop\nsteps: [{ command: { argv: [make] }, only: [b] }]\nenvironments: { a: 7, c: { after: { environment: a }, deployers: { x: y } } }",
            "repository: acme/shop\nsteps: [{ command: { argv: [make] } }]\nenvironments: { a: {} }\nmetrics: { errors: { probe: 5 }, health: 3 }\nwatch: { for: x, rollback_when: [errors > 5% for 5m, latency > 5ms for 1m] }",
            "repository: acme/shop\nslack:\nenvironments: { a: { after: { environment: b } }, b: { after: { environment: a } } }\nmetrics: { h: { probe: { url: 'https://x' } } }\nwatch: { for: 5m, rollback_when: [h fails for 1h], tell_when: [h fails for 20m] }\nsteps:\n  - { name: build, command: { argv: [make] }, produces: [dist] }\n  - { directory: { root: '/srv/{{ vars.colr }}', from: { step: build, path: dst } } }",
            "repository: acme/shop\nsteps:\n  - { name: build, comand: { argv: [npm] }, prodces: [dist] }\n  - { directory: { root: /srv, from: { step: build, path: dist } } }\nenvironments: { a: { transiet: true, on: [{ pull_request: { label: x } }] } }",
            "repo: acme/shop\nstpes: [{ nme: a, command: { argv: [npm], cwd: /x } }]\nenviroments: { a: { queue: evry } }\nmetrcs: { lat: { probe: { url: 'https://x', mesure: latency_p95 } }, e: { probe: { url: 'https://x', measure: eror_rate } } }\nwach: { fr: 5m, rollback_when: [lat > 300ms, e > 5%, no > 1] }",
            "repository: acme/shop\nsteps: [{ name: x }, { command: { argv: npm } }]\nenvironments: { a: { production: yes, approvals: { from: [qa] } }, b: { approvals: { count: 2, from: [qa] }, vars: [1] } }",
            "repository: acme/shop\nslack: '#a'\nslack: '#b'\nslack: '#c'\n3: x\nlocale: !foo en\nsteps: [{ command: { argv: [make] }, retries: 99999999999999999999 }]\nenvironments: { a: { queue: evry } }",
            "repository: acme/shop\nmetrics: { h: { probe: { url: 'https://x', every: 10h } } }\nwatch: { for: 5m, rollback_when: [h fails] }\nsteps: [{ command: { argv: [make] }, env: { A: {{ vars.a }} } }]\nenvironments: { a: {} }",
        ],
    );
    insta::assert_snapshot!(told);
}
