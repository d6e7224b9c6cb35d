-- What every deployment came to, appended only. Each row's hash is over the one before it, its number and its body; the count
-- and the last hash also stand in `meta` under `history`, so that a tail that was cut off is missed.
CREATE TABLE history (
    seq         BIGINT NOT NULL PRIMARY KEY,
    deployment  BIGINT NOT NULL UNIQUE,
    environment TEXT NOT NULL,
    body        TEXT NOT NULL,
    previous    TEXT NOT NULL,
    hash        TEXT NOT NULL
);
CREATE INDEX history_environment ON history (environment, seq);

-- The deployments that ended before there was a history: the first row's hash is over them.
CREATE TABLE history_before (
    deployment BIGINT NOT NULL PRIMARY KEY
);
INSERT INTO history_before (deployment) SELECT id FROM deployment WHERE ended_at IS NOT NULL;

CREATE TRIGGER history_is_not_changed BEFORE UPDATE ON history BEGIN SELECT RAISE(ABORT, 'the history is appended to only'); END;
CREATE TRIGGER history_is_not_deleted BEFORE DELETE ON history BEGIN SELECT RAISE(ABORT, 'the history is appended to only'); END;
CREATE TRIGGER history_before_is_not_changed BEFORE UPDATE ON history_before BEGIN SELECT RAISE(ABORT, 'it is as it was when the history began'); END;
CREATE TRIGGER history_before_is_not_deleted BEFORE DELETE ON history_before BEGIN SELECT RAISE(ABORT, 'it is as it was when the history began'); END;
CREATE TRIGGER history_before_is_not_added BEFORE INSERT ON history_before BEGIN SELECT RAISE(ABORT, 'it is as it was when the history began'); END;
