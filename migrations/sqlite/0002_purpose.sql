-- A proposal may be about something else than a version: a runbook, a removal.
ALTER TABLE proposal ADD COLUMN purpose TEXT NOT NULL DEFAULT '"deploy"';
