-- What a waiting run waits for, beside a time: see Wake::on.
CREATE TABLE wake (
    deployment BIGINT NOT NULL,
    run        BIGINT NOT NULL,
    key        TEXT NOT NULL,
    PRIMARY KEY (deployment, run)
);
CREATE INDEX wake_key ON wake (key);
