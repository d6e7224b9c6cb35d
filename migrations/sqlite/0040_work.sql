-- What a deployment is: deploy, rollback, runbook, removal.
ALTER TABLE deployment ADD COLUMN kind TEXT NOT NULL DEFAULT 'deploy';
ALTER TABLE deployment ADD COLUMN runbook TEXT;

-- When each schedule was last answered: a time that was missed since comes once, late.
CREATE TABLE schedule (
    name TEXT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);

-- Versions that are proposed elsewhere when the watch after their deployment is over.
CREATE TABLE promotion (
    deployment  BIGINT NOT NULL,
    environment TEXT NOT NULL,
    due_at      BIGINT NOT NULL,
    PRIMARY KEY (deployment, environment)
);

-- What is known of pull requests that have a preview.
CREATE TABLE pull_request (
    repository BIGINT NOT NULL,
    number     BIGINT NOT NULL,
    facts      TEXT NOT NULL,
    PRIMARY KEY (repository, number)
);
