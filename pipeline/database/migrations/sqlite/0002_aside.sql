-- What happens to alerts that are in no feed: held back, or of shadow rules. A journal of its own, with its own numbers.

ALTER TABLE projection ADD COLUMN aside INTEGER NOT NULL DEFAULT 0;

CREATE TABLE aside_revisions (
    number INTEGER NOT NULL PRIMARY KEY,
    alert_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'shadow')),
    event TEXT NOT NULL,
    tick INTEGER NOT NULL,
    entered_at TEXT NOT NULL,
    alert TEXT NOT NULL
) STRICT;
CREATE INDEX aside_revisions_alert ON aside_revisions (alert_id, number);

CREATE TABLE aside_causes (
    number INTEGER NOT NULL,
    nth INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    rev INTEGER,
    PRIMARY KEY (number, nth)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER aside_revisions_no_update BEFORE UPDATE ON aside_revisions
BEGIN SELECT RAISE(ABORT, 'revisions are only added'); END;
CREATE TRIGGER aside_revisions_no_delete BEFORE DELETE ON aside_revisions
BEGIN SELECT RAISE(ABORT, 'revisions are only added'); END;
CREATE TRIGGER aside_causes_no_update BEFORE UPDATE ON aside_causes
BEGIN SELECT RAISE(ABORT, 'causes are only added'); END;
CREATE TRIGGER aside_causes_no_delete BEFORE DELETE ON aside_causes
BEGIN SELECT RAISE(ABORT, 'causes are only added'); END;
