-- When somebody had a delivery dealt with once more, and what had become of it the first time.
ALTER TABLE delivery ADD COLUMN replayed_at BIGINT;
ALTER TABLE delivery ADD COLUMN first_outcome TEXT;
