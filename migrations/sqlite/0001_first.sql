-- Times are microseconds since 1970-01-01T00:00:00Z. JSON stands in TEXT. Types are those that PostgreSQL knows too.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Proposals and the deployments that they become share one sequence of numbers.
CREATE TABLE sequence (
    name  TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO sequence (name, value) VALUES ('deployment', 0);

CREATE TABLE delivery (
    seq         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    source      TEXT NOT NULL,
    event       TEXT NOT NULL,
    size        BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    state       TEXT NOT NULL,
    attempts    BIGINT NOT NULL,
    due_at      BIGINT,
    outcome     TEXT
);
CREATE INDEX delivery_due ON delivery (source, due_at, received_at, seq) WHERE state = 'waiting';

-- The bytes as they came, compressed by LZ4; apart, so that settling a delivery does not write them again.
CREATE TABLE delivery_body (
    seq  INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);

-- What happened, whatever delivery told it: see Event::semantic_key.
CREATE TABLE semantic_key (
    key      TEXT NOT NULL PRIMARY KEY,
    delivery TEXT NOT NULL
);

-- The repository that reaches an application, by its numeric id from the first sight on.
CREATE TABLE application_repository (
    application TEXT NOT NULL PRIMARY KEY,
    repository  BIGINT NOT NULL,
    name        TEXT NOT NULL,
    seen_at     BIGINT NOT NULL
);

CREATE TABLE environment (
    id      TEXT NOT NULL PRIMARY KEY,
    slot    BIGINT,
    running BIGINT,
    hold    TEXT,
    -- the target steps that may not be as `running` says
    uncertain TEXT NOT NULL DEFAULT '[]'
);

CREATE TABLE proposal (
    id          BIGINT NOT NULL PRIMARY KEY,
    environment TEXT NOT NULL,
    sha         TEXT NOT NULL,
    version     TEXT NOT NULL,
    origin      TEXT NOT NULL,
    at          BIGINT NOT NULL,
    state       TEXT NOT NULL,
    closed      TEXT,
    decision    TEXT,
    due_at      BIGINT
);
CREATE INDEX proposal_waiting ON proposal (environment, id) WHERE state = 'waiting';
CREATE INDEX proposal_due ON proposal (due_at) WHERE state = 'waiting';

CREATE TABLE approval (
    proposal BIGINT NOT NULL,
    actor    TEXT NOT NULL,
    at       BIGINT NOT NULL,
    roles    TEXT NOT NULL,
    digest   TEXT NOT NULL,
    PRIMARY KEY (proposal, actor, digest)
);

CREATE TABLE deployment (
    id            BIGINT NOT NULL PRIMARY KEY,
    environment   TEXT NOT NULL,
    sha           TEXT,
    version       TEXT,
    origin        TEXT NOT NULL,
    repository    TEXT NOT NULL,
    plan          TEXT NOT NULL,
    digest        TEXT NOT NULL,
    reverts       BIGINT,
    reverted_by   BIGINT,
    begun_at      BIGINT NOT NULL,
    ended_at      BIGINT,
    result        TEXT,
    owner         TEXT,
    epoch         BIGINT NOT NULL,
    claimed_until BIGINT,
    interrupted   BIGINT NOT NULL,
    due_at        BIGINT
);
CREATE INDEX deployment_due ON deployment (due_at) WHERE ended_at IS NULL;
CREATE INDEX deployment_environment ON deployment (environment, id);

CREATE TABLE journal (
    deployment BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    entry      TEXT NOT NULL,
    PRIMARY KEY (deployment, seq)
);

CREATE TABLE environment_lock (
    scope   TEXT NOT NULL PRIMARY KEY,
    owner   TEXT NOT NULL,
    reason  TEXT,
    since   BIGINT NOT NULL,
    expires BIGINT
);

-- What steps print. A piece that comes twice is kept once.
CREATE TABLE output (
    deployment BIGINT NOT NULL,
    run        BIGINT NOT NULL,
    attempt    BIGINT NOT NULL,
    place      BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    text       TEXT NOT NULL,
    PRIMARY KEY (deployment, run, attempt, place)
);

-- What people read about a proposal or deployment, and what was shown of it.
CREATE TABLE surface (
    name     TEXT NOT NULL,
    subject  BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    shown    BIGINT NOT NULL,
    remote   TEXT,
    attempts BIGINT NOT NULL,
    due_at   BIGINT,
    PRIMARY KEY (name, subject)
);
CREATE INDEX surface_due ON surface (name, due_at) WHERE due_at IS NOT NULL;
