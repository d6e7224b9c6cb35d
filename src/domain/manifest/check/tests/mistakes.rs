//! Files and environments with mistakes, and the lines that tell them.

use super::{Cases, ENVIRONMENTS, check};

#[test]
fn mistakes_are_told_with_their_places() {
    for cases in [FILE, ENVIRONMENT] {
        check(cases);
    }
}

const FILE: Cases = &[
    ("", "", &[": there is nothing in it"]),
    ("", "[]", &[":1:1: expected an application (a map), found a list"]),
    ("", "just text", &[r#":1:1: expected an application (a map), found the text "just text""#]),
    (
        "",
        "repository: acme/shop
stepz: []
environments: { a: {} }
",
        &[":2:1: unknown key 'stepz'; did you mean 'steps'?", ":2:8: it is empty; an application has at least one step"],
    ),
    (
        "",
        "repo: acme/shop
steps: [{ comand: { argv: [x] }, http: { urll: x, url: y } }]
environments: { a: { on: [{ psh: main }] } }
",
        &[
            ":1:1: unknown key 'repo'; did you mean 'repository'?",
            ":2:9: give exactly one of checks, workflow, command, http, directory, image, ecs_service, ecs_task, s3_site, route53, rds_snapshot, kubernetes_deployment, kubernetes_job, kubernetes_scale, helm, vercel, render, firebase_hosting; found command and http",
            ":2:11: unknown key 'comand'; did you mean 'command'?",
            ":2:42: unknown key 'urll'; did you mean 'url'?",
            ":3:29: unknown key 'psh'; did you mean 'push'?",
        ],
    ),
    (
        "",
        "repository: shop
steps: [{ command: { argv: [x] } }]
environments: { a: {} }
",
        &[r#":1:13: "shop" is not a repository (owner/name)"#],
    ),
    (
        "",
        "repository: acme/shop
steps: []
environments: {}
",
        &[":2:8: it is empty; an application has at least one step", ":3:15: it is empty; an application has at least one environment"],
    ),
    (
        "",
        "repository: acme/shop
paths: []
steps: [{ command: { argv: [x] } }]
environments: { a: {} }
",
        &[":2:8: it is empty; name a pattern, or leave the key out"],
    ),
    (
        "",
        r#"repository: acme/shop
paths: [ok, "!x", "[z-a]"]
steps: [{ command: { argv: [x] } }]
environments: { a: {} }
"#,
        &[r#":2:19: "[z-a]" is not a pattern: '[…]' names single characters and ranges such as a-z or 0-9, not z-a"#],
    ),
    (
        ENVIRONMENTS,
        "  staging:
    approvals:
    url:
",
        &[
            ":5:5: 'approvals' has no value; give it one, or leave the key out",
            ":6:5: 'url' has no value; give it one, or leave the key out",
        ],
    ),
    (
        ENVIRONMENTS,
        "  staging: { vars: { port: 8080, on: true } }
",
        &[
            r#":4:28: expected a text, found 8080; write it in quotes: "8080""#,
            r#":4:38: expected a text, found true; write it in quotes: "true""#,
        ],
    ),
    (
        ENVIRONMENTS,
        "  staging: here
",
        &[
            ":4:3: it is empty; an application has at least one environment",
            r#":4:12: expected an environment (a map), found the text "here""#,
        ],
    ),
];

const ENVIRONMENT: Cases = &[
    (
        ENVIRONMENTS,
        r#"  "-x": {}
"#,
        &[r#":4:3: "-x" is not an environment's name (letters, digits, '-', '_' and '.', a letter or digit first)"#],
    ),
    (
        ENVIRONMENTS,
        "  a: { queue: newest }
",
        &[r#":4:15: "newest" is not one of latest, every"#],
    ),
    (
        ENVIRONMENTS,
        r#"  a: { on: [{ push: main, tag: v* }, {}, { push: ["!x"] }, { tag: [] }] }
"#,
        &[
            ":4:13: give exactly one of push, tag, pull_request, schedule; found push and tag",
            ":4:38: give exactly one of push, tag, pull_request, schedule; found none",
            ":4:50: a list of patterns needs one without '!' that includes something",
            ":4:67: it is empty; name a pattern, or leave the key out",
        ],
    ),
    (
        ENVIRONMENTS,
        "  a: { on: { push: main } }
",
        &[":4:12: expected a list, found a map"],
    ),
    (
        ENVIRONMENTS,
        "  a: { approvals: { all: [[1, [qa]]] } }\n",
        &[":4:27: expected a part of approvals (a map such as {count: 1, from: [qa]}), found a list"],
    ),
    (
        ENVIRONMENTS,
        "  a: { approvals: { count: 0 } }
",
        &[":4:28: 0 is out of bounds; give a number from 1 to 20"],
    ),
    (
        ENVIRONMENTS,
        "  a: { approvals: { from: [qa] } }
",
        &[":4:19: give exactly one of count, all; found none"],
    ),
    (
        ENVIRONMENTS,
        "  a: { approvals: { count: 1, all: [{ count: 1 }] } }
",
        &[":4:19: give exactly one of count, all; found count and all"],
    ),
    (
        ENVIRONMENTS,
        "  a: { approvals: { all: [], from: [x] } }
",
        &[":4:26: it is empty; name a part, or leave 'approvals' out", ":4:30: 'from' means nothing here: each part of 'all' has its own"],
    ),
    (
        ENVIRONMENTS,
        "  a: { approvals: { count: 1, from: [qaa], expires: 0s } }
",
        &[":4:38: the server's file has no role 'qaa'; did you mean 'qa'?", ":4:53: it must be longer than nothing"],
    ),
    (
        ENVIRONMENTS,
        "  a: { approvals: { all: [{ count: 99, from: [nobody] }] } }
",
        &[":4:36: 99 is out of bounds; give a number from 1 to 20", ":4:47: the server's file has no role 'nobody'; there are devops, qa"],
    ),
    (
        ENVIRONMENTS,
        "  a: { approvals: { count: 1, expires: 24 } }
",
        &[":4:40: expected a span of time (30s, 5m, 1h30m, 14d), found the number 24"],
    ),
    (
        ENVIRONMENTS,
        "  a: { approvals: { count: 1, expires: soon } }
",
        &[r#":4:40: "soon" is not a span of time; write 30s, 5m, 1h30m or 14d, the larger unit first"#],
    ),
    (
        ENVIRONMENTS,
        "  a: { url: ftp://x }
",
        &[r#":4:13: "ftp://x" is not an address (https://…)"#],
    ),
    (
        ENVIRONMENTS,
        r#"  a: { url: "https://{{ vars.x }}{{ steps.a.b }}", vars: { y: "{{ vars.y }}", "z z": "{{ }}" } }
"#,
        &[
            ":4:13: nothing is called 'vars.x' in a template here; did you mean 'vars.y'?",
            ":4:13: nothing is called 'steps.a.b' in a template here; there are version.sha, version.short, version.ref, version.tag, version.pull_request, environment.name, app.name, vars.y, vars.z z",
            ":4:63: nothing is called 'vars.y' in a template here; there are version.sha, version.short, version.ref, version.tag, version.pull_request, environment.name",
            r#":4:79: "z z" is not a variable's name (letters, digits, '_' and '-', a letter or '_' first)"#,
            r#":4:86: not a template: "" is not a name such as version.sha, nor a name and a default such as vars.port | default('8080')"#,
        ],
    ),
];
