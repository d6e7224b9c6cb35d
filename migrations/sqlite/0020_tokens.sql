-- Tokens of the API. Of the token itself only SHA-256 is kept, in hexadecimal. A name is never given twice.
CREATE TABLE token (
    name       TEXT NOT NULL PRIMARY KEY,
    digest     TEXT NOT NULL UNIQUE,
    scopes     TEXT NOT NULL,
    made_by    TEXT NOT NULL,
    made_at    BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    used_at    BIGINT
);
