-- Points of a checklist whose time after a deployment is over: told once, and which of them were open then.
CREATE TABLE open_points (
    deployment BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    points     TEXT NOT NULL,
    PRIMARY KEY (deployment, due_at)
);
