-- The pull request in whose conversation a lock was taken: it goes when that closes.
ALTER TABLE environment_lock ADD COLUMN repository BIGINT;
ALTER TABLE environment_lock ADD COLUMN number BIGINT;
