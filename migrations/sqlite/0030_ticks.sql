-- Points of checklists that somebody ticked, for a version: for its commit, and for every commit with the same files.
CREATE TABLE tick (
    environment TEXT NOT NULL,
    sha         TEXT NOT NULL,
    tree        TEXT NOT NULL,
    point       TEXT NOT NULL,
    actor       TEXT NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (environment, sha, point)
);
CREATE INDEX tick_tree ON tick (environment, tree);
