//! Steps with mistakes, and the lines that tell them.

use super::{Cases, STEPS, check};

#[test]
fn mistakes_are_told_with_their_places() {
    for cases in [STEP_NAMES, STEP_COMMON, KINDS, TEMPLATES] {
        check(cases);
    }
}

const STEP_NAMES: Cases = &[
    (
        STEPS,
        "  - directory: { root: /srv, from: { step: a } }
",
        &[":6:36: the key 'path' is missing"],
    ),
    (
        STEPS,
        "  - name: x
",
        &[
            ":6:5: give exactly one of checks, workflow, command, http, directory, image, ecs_service, ecs_task, s3_site, route53, rds_snapshot, kubernetes_deployment, kubernetes_job, kubernetes_scale, helm, vercel, render, firebase_hosting; found none",
        ],
    ),
    (
        STEPS,
        "  - { command: { argv: [a] }, http: { url: https://x } }
",
        &[
            ":6:5: give exactly one of checks, workflow, command, http, directory, image, ecs_service, ecs_task, s3_site, route53, rds_snapshot, kubernetes_deployment, kubernetes_job, kubernetes_scale, helm, vercel, render, firebase_hosting; found command and http",
        ],
    ),
    (
        STEPS,
        "  - parallel: [{ command: { argv: [a] } }, { parallel: [] }]
    name: x
  - parallel: []
",
        &[
            ":6:5: 'parallel' means nothing here: an entry with 'parallel' has no other key",
            ":6:46: 'parallel' means nothing here: it cannot stand within another",
            ":8:15: it is empty; name a step, or leave the entry out",
        ],
    ),
    (
        STEPS,
        r#"  - { name: a, command: { argv: [a] } }
  - { name: a, command: { argv: [a] } }
  - { name: "a b", command: { argv: [a] } }
"#,
        &[
            ":7:13: a step before is called 'a' too; names are unique in a file",
            r#":8:13: "a b" is not a step's name (letters, digits, '-', '_' and '.', a letter or digit first)"#,
        ],
    ),
    (
        STEPS,
        "  - { only: [stagin], command: { argv: [a] } }
  - { except: [x], only: [], command: { argv: [a] } }
",
        &[
            ":6:14: there is no environment 'stagin'; did you mean 'staging'?",
            ":7:16: there is no environment 'x'; there are staging, production",
            ":7:26: it is empty; name an environment, or leave the key out",
        ],
    ),
    (
        STEPS,
        "  - { only: [staging], except: [staging], command: { argv: [a] } }
",
        &[":6:5: 'only' and 'except' together leave no environment in which this step is done"],
    ),
];

const STEP_COMMON: Cases = &[
    (
        STEPS,
        "  - { retries: 11, timeout: 0s, command: { argv: [a] } }
",
        &[":6:16: 11 is out of bounds; give a number from 0 to 10", ":6:29: it must be longer than nothing"],
    ),
    (
        STEPS,
        "  - { retries: -1, verify: on, timeout: 5 minutes, command: { argv: [a], restartable: 1 } }
",
        &[
            ":6:16: expected a whole number, found the number -1",
            r#":6:28: expected true or false, found the text "on""#,
            r#":6:41: "5 minutes" is not a span of time; write 30s, 5m, 1h30m or 14d, the larger unit first"#,
            ":6:87: expected true or false, found the number 1",
        ],
    ),
    (
        STEPS,
        r#"  - { retries: 2, timeout: -5m, paths: "", command: { argv: [a] } }
"#,
        &[
            r#":6:28: "-5m" is not a span of time; write 30s, 5m, 1h30m or 14d, the larger unit first"#,
            r#":6:40: "" is not a pattern: it is empty"#,
        ],
    ),
    (
        STEPS,
        r#"  - command: { argv: [a] }
    env: { 1A: x, BOTADURA_X: y, OK: z, A-B: x }
    secrets: { OK: { env: X }, B: {}, C: { env: X, file: y }, D: { env: "x y" }, E: { file: ../x }, F: { aws_secret: a b } }
"#,
        &[
            r#":7:12: "1A" is not a variable's name (letters, digits and '_', no digit first, not BOTADURA_… which are the server's)"#,
            r#":7:19: "BOTADURA_X" is not a variable's name (letters, digits and '_', no digit first, not BOTADURA_… which are the server's)"#,
            r#":7:41: "A-B" is not a variable's name (letters, digits and '_', no digit first, not BOTADURA_… which are the server's)"#,
            ":8:16: 'OK' stands in 'env' and in 'secrets'",
            ":8:35: give exactly one of env, file, aws_secret, aws_parameter; found none",
            ":8:42: give exactly one of env, file, aws_secret, aws_parameter; found env and file",
            r#":8:73: "x y" is not a variable's name (letters, digits and '_', no digit first)"#,
            r#":8:93: "../x" is not a file's path (without '..')"#,
            r#":8:118: "a b" is not the name of a secret (name, or name#key)"#,
        ],
    ),
    (
        STEPS,
        r#"  - command: { argv: [a] }
    produces: [/etc, a/../b, "", ok/dist]
    keep: ["!x", "[", "*.sql.gz", ../x]
"#,
        &[
            r#":7:16: "/etc" is not a path within the repository (relative, without '..')"#,
            r#":7:22: "a/../b" is not a path within the repository (relative, without '..')"#,
            r#":7:30: "" is not a path within the repository (relative, without '..')"#,
            r#":8:12: "!x" is not a pattern of files to keep"#,
            r#":8:18: "[" is not a pattern: '[' is not closed by ']'"#,
            r#":8:35: "../x" is not a path within the repository (relative, without '..')"#,
        ],
    ),
    (
        STEPS,
        "  - { http: { url: https://x }, env: { A: b }, secrets: { B: { env: C } }, produces: [a], keep: [b] }
  - { directory: { root: /srv }, build: true }
",
        &[
            ":6:33: 'env' means nothing here: a request runs no program that could read it",
            ":6:48: 'secrets' means nothing here: a request runs no program that could read it; a header may be {secret: …}",
            ":6:76: 'produces' means nothing here: only a 'command' has a workspace to take files from",
            ":6:91: 'keep' means nothing here: only a 'command' has a workspace to take files from",
            ":7:34: 'build' means nothing here: a 'directory' changes its environment",
        ],
    ),
    (
        STEPS,
        r#"  - { command: { argv: [a] }, undo: { automatic: true } }
  - { command: { argv: [a] }, undo: { command: { script: "echo {{ vars.port }}" } } }
"#,
        &[
            ":6:37: give exactly one of checks, workflow, command, http, directory, image, ecs_service, ecs_task, s3_site, route53, rds_snapshot, kubernetes_deployment, kubernetes_job, kubernetes_scale, helm, vercel, render, firebase_hosting; found none",
            r#":7:58: a script has no templates, so that no value can ever be read as a command; put it into 'env' (env: { NAME: "{{ … }}" }) and write "$NAME""#,
        ],
    ),
    (
        STEPS,
        "  - { command: { argv: [a] }, secrets: { A: { file: /run/key } } }
",
        &[":6:45: this secret is the server's own; no application may read it"],
    ),
];

const KINDS: Cases = &[
    (
        STEPS,
        "  - command: {}
  - command: { argv: [], cwd: /x }
  - command: { argv: [--x], before: [[]] }
",
        &[
            ":6:14: give exactly one of argv, script; found none",
            ":7:22: it is empty; name a program and its arguments",
            r#":7:31: "/x" is not a path within the repository (relative, without '..')"#,
            r#":8:23: "--x" is not a program (not empty, no '-' first)"#,
            ":8:38: it is empty; name a program and its arguments",
        ],
    ),
    (
        STEPS,
        "  - command: { argv: [x], before: [[a, 1]] }
",
        &[r#":6:40: expected a text, found 1; write it in quotes: "1""#],
    ),
    (
        STEPS,
        r#"  - command: { argv: [a], script: b }
  - command: { script: "" }
  - command:
      script: |
        echo {{ version.sha }}
"#,
        &[
            ":6:14: give exactly one of argv, script; found argv and script",
            ":7:24: it is empty; write what is to be run",
            r#":10:9: a script has no templates, so that no value can ever be read as a command; put it into 'env' (env: { NAME: "{{ … }}" }) and write "$NAME""#,
        ],
    ),
    (
        STEPS,
        r#"  - command: { argv: [-x], cwd: a/../../b, before: [[], [""]] }
"#,
        &[
            r#":6:23: "-x" is not a program (not empty, no '-' first)"#,
            r#":6:33: "a/../../b" is not a path within the repository (relative, without '..')"#,
            ":6:53: it is empty; name a program and its arguments",
            r#":6:58: "" is not a program (not empty, no '-' first)"#,
        ],
    ),
    (
        STEPS,
        r#"  - http: { url: example.com, method: get, headers: { "a b": x, C: "x\ny", D: { secret: { env: "" } } } }
"#,
        &[
            r#":6:18: "example.com" is not an address (https://…)"#,
            r#":6:39: "get" is not a request's method (GET, POST …, in capitals)"#,
            r#":6:55: "a b" is not a header's name"#,
            r#":6:68: "x\ny" is not a header's value (one line)"#,
            r#":6:96: "" is not a variable's name (letters, digits and '_', no digit first)"#,
        ],
    ),
    (
        STEPS,
        r#"  - http: { url: https://x, attempts: 0, every: 0s, timeout: 1m, expect: { status: [20, 200], headers: { "": x } } }
"#,
        &[
            ":6:39: 0 is out of bounds; give a number from 1 to 1000",
            ":6:49: it must be longer than nothing",
            ":6:85: 20 is out of bounds; give a number from 100 to 599",
            r#":6:106: "" is not a header's name"#,
        ],
    ),
    (
        STEPS,
        "  - http: { url: https://x, attempts: 1001, expect: { status: ok } }
",
        &[
            ":6:39: 1001 is out of bounds; give a number from 1 to 1000",
            r#":6:63: expected a number or a list of numbers, found the text "ok""#,
        ],
    ),
    (
        STEPS,
        "  - http: { url: https://x, expect: { status: [], json: { error: null } }, headers: { A: 1 } }
",
        &[
            ":6:47: it is empty; name a status, or leave the key out",
            r#":6:90: expected a text or a map ({secret: …}), found 1; write it in quotes: "1""#,
        ],
    ),
    (
        STEPS,
        "  - http: { url: https://x, headers: { A: { secrets: { env: X } } } }
",
        &[":6:45: unknown key 'secrets'; did you mean 'secret'?"],
    ),
    (
        STEPS,
        r#"  - directory: { root: "" }
  - directory: { root: ../x, from: /x, keep: 0, reload: [] }
"#,
        &[
            r#":6:24: "" is not a folder of this machine (without '..')"#,
            r#":7:24: "../x" is not a folder of this machine (without '..')"#,
            r#":7:36: "/x" is not a path within the repository (relative, without '..')"#,
            ":7:46: 0 is out of bounds; give a number from 1 to 1000",
            ":7:57: it is empty; name a program and its arguments",
        ],
    ),
    (
        STEPS,
        "  - directory: { root: /srv, serve: { command: [], port: any, ready: health, listen: here, drain: 0s } }
",
        &[
            ":6:48: it is empty; name a program and its arguments",
            r#":6:58: "any" is not a port's number, nor auto"#,
            r#":6:70: "health" is not a path that begins with '/'"#,
            r#":6:86: "here" is not an address with a port (127.0.0.1:8080)"#,
        ],
    ),
    (
        STEPS,
        r#"  - directory: { root: /srv, serve: { command: [a], port: 70000, ready: "/a b", listen: "127.0.0.1:x", drain: x } }
"#,
        &[
            ":6:59: 70000 is out of bounds; give a number from 1 to 65535",
            r#":6:73: "/a b" is not a path that begins with '/'"#,
            r#":6:89: "127.0.0.1:x" is not an address with a port (127.0.0.1:8080)"#,
            r#":6:111: "x" is not a span of time; write 30s, 5m, 1h30m or 14d, the larger unit first"#,
        ],
    ),
    (
        STEPS,
        "  - directory: { root: /srv, serve: { command: [a], port: -1 } }
",
        &[":6:59: expected a port's number or auto, found the number -1"],
    ),
];

const TEMPLATES: Cases = &[
    (
        STEPS,
        r#"  - command: { argv: ["{{ version.shaa }}", "{{ nothing }}", "{{ vars.portt }}", "{{ a b }}", "{{"] }
"#,
        &[
            ":6:23: nothing is called 'version.shaa' in a template here; did you mean 'version.sha'?",
            ":6:45: nothing is called 'nothing' in a template here; there are version.sha, version.short, version.ref, version.tag, version.pull_request, environment.name, environment.url, app.name, actor, vars.port, steps.NAME.OUTPUT",
            ":6:62: nothing is called 'vars.portt' in a template here; did you mean 'vars.port'?",
            r#":6:82: not a template: "a b" is not a name such as version.sha, nor a name and a default such as vars.port | default('8080')"#,
            r#":6:95: not a template: '{{' is not closed by '}}' in "{{""#,
        ],
    ),
    (
        STEPS,
        r#"  - command: { argv: ["{{ vars.port }}"] }
  - { only: [staging], command: { argv: ["{{ vars.port }}"] } }
  - command: { argv: ["{{ vars.port | default(1) }}"] }
"#,
        &[":6:23: 'vars.port' has no value in the environment 'production', where this step is done; give it one there, or a default here"],
    ),
    (
        STEPS,
        r#"  - command: { argv: ["{{ environment.url }}"] }
  - command: { argv: ["{{ environment.url | default(vars.x) }}"] }
"#,
        &[
            ":6:23: the environment 'staging' has no 'url', and no step before this one serves one",
            ":7:23: nothing is called 'vars.x' in a template here; there are version.sha, version.short, version.ref, version.tag, version.pull_request, environment.name, environment.url, app.name, actor, vars.port, steps.NAME.OUTPUT",
        ],
    ),
    (
        STEPS,
        r#"  - { name: a, command: { argv: ["{{ steps.b.status }}", "{{ steps.a.status }}", "{{ steps.c.status }}", "{{ steps.b }}"] } }
  - { name: b, only: [production], http: { url: https://x } }
  - { name: c, command: { argv: ["{{ steps.b.status }}", "{{ steps.b.statu | default(1) }}", "{{ steps.b.status | default(1) }}"] } }
"#,
        &[
            ":6:34: the step 'b' is not done before this one",
            ":6:58: the step 'a' is not done before this one",
            ":6:82: the step 'c' is not done before this one",
            ":6:106: nothing is called 'steps.b' in a template here; there are version.sha, version.short, version.ref, version.tag, version.pull_request, environment.name, environment.url, app.name, actor, vars.port, steps.NAME.OUTPUT",
            ":8:34: the step 'b' is not done in the environment 'staging', where this step is",
            ":8:58: the step 'b' has no output 'statu'; there is status",
        ],
    ),
    (
        STEPS,
        r#"  - parallel:
      - { name: a, http: { url: https://x } }
      - { name: b, command: { argv: ["{{ steps.a.status }}"] } }
"#,
        &[":8:38: the step 'a' is not done before this one"],
    ),
    (
        STEPS,
        r#"  - { name: a, command: { argv: [a] }, produces: [dist], only: [staging] }
  - directory: { root: /srv, from: { step: a, path: dist } }
  - directory: { root: /srv, from: { step: a, path: out }, serve: { command: [x] } }
    only: [staging]
  - directory: { root: /srv, from: { step: z, path: ../out } }
  - { only: [staging], http: { url: "{{ environment.url }}" } }
"#,
        &[
            ":7:44: the step 'a' is not done in the environment 'production', where this step is",
            ":8:53: the step 'a' does not produce 'out'; there is dist",
            ":10:44: no step is called 'z'; there are a, directory, directory-2",
            r#":10:53: "../out" is not a path within the repository (relative, without '..')"#,
        ],
    ),
];
