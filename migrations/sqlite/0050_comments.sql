-- Comments with commands, as they were heard: who wrote them where, and what could be seen then.
CREATE TABLE comment (
    id         BIGINT NOT NULL PRIMARY KEY,
    repository BIGINT NOT NULL,
    number     BIGINT NOT NULL,
    delivery   TEXT NOT NULL,
    facts      TEXT NOT NULL
);
CREATE INDEX comment_place ON comment (repository, number);

-- The proposals and deployments that a comment's commands led to.
CREATE TABLE asked_in (
    deployment BIGINT NOT NULL,
    comment    BIGINT NOT NULL,
    PRIMARY KEY (deployment, comment)
);

-- Every head that a pull request was told to have, and since when at the latest.
CREATE TABLE pull_head (
    repository BIGINT NOT NULL,
    number     BIGINT NOT NULL,
    sha        TEXT NOT NULL,
    told_at    BIGINT NOT NULL,
    PRIMARY KEY (repository, number, told_at, sha)
);
