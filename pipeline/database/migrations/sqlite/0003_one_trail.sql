-- One audit trail: it is a file beside the state, and what stands here is made from its lines, decisions with it. What was
-- written here before there was one stays as it was, and is taken into the file.

DROP TRIGGER audit_no_update;
DROP TRIGGER audit_no_delete;
DROP INDEX audit_previous;
ALTER TABLE audit RENAME TO audit_before;
CREATE TRIGGER audit_before_no_update BEFORE UPDATE ON audit_before
BEGIN SELECT RAISE(ABORT, 'what was before is not added to'); END;
CREATE TRIGGER audit_before_no_delete BEFORE DELETE ON audit_before
BEGIN SELECT RAISE(ABORT, 'what was before is not added to'); END;

DROP TRIGGER dispositions_no_update;
DROP TRIGGER dispositions_no_delete;
DROP INDEX dispositions_alert;
ALTER TABLE dispositions RENAME TO dispositions_before;
CREATE TRIGGER dispositions_before_no_update BEFORE UPDATE ON dispositions_before
BEGIN SELECT RAISE(ABORT, 'what was before is not added to'); END;
CREATE TRIGGER dispositions_before_no_delete BEFORE DELETE ON dispositions_before
BEGIN SELECT RAISE(ABORT, 'what was before is not added to'); END;

CREATE TABLE audit (
    number INTEGER NOT NULL PRIMARY KEY,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    role TEXT NOT NULL,
    operation TEXT NOT NULL,
    division TEXT,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    disposition INTEGER,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    line TEXT NOT NULL
) STRICT;

CREATE TABLE dispositions (
    number INTEGER NOT NULL PRIMARY KEY,
    alert_id TEXT NOT NULL,
    identity TEXT NOT NULL,
    revision INTEGER NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('confirmed', 'dismissed', 'in_review', 'reopened')),
    decided_by TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    amount INTEGER,
    reason TEXT NOT NULL,
    audit INTEGER NOT NULL
) STRICT;
CREATE INDEX dispositions_alert ON dispositions (alert_id, number);
CREATE INDEX dispositions_audit ON dispositions (audit);

-- A state that was put back from a backup takes the database over: what was written of events that it does not have is
-- taken out again, and its revisions are kept beside; `lineage` has the states that it goes back to.

ALTER TABLE projection ADD COLUMN putting_right INTEGER NOT NULL DEFAULT 0;

CREATE TABLE lineage (
    nth INTEGER NOT NULL PRIMARY KEY,
    identity TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    reject INTEGER NOT NULL,
    aside INTEGER NOT NULL
) STRICT;

CREATE TABLE to_put_right (
    alert_id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE lost_revisions (
    identity TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    alert_id TEXT NOT NULL,
    event TEXT NOT NULL,
    tick INTEGER NOT NULL,
    entered_at TEXT NOT NULL,
    alert TEXT NOT NULL,
    PRIMARY KEY (identity, sequence)
) STRICT, WITHOUT ROWID;

DROP TRIGGER revisions_no_delete;
DROP TRIGGER causes_no_delete;
DROP TRIGGER aside_revisions_no_delete;
DROP TRIGGER aside_causes_no_delete;
CREATE TRIGGER revisions_no_delete BEFORE DELETE ON revisions
WHEN NOT EXISTS (SELECT 1 FROM projection WHERE putting_right = 1)
BEGIN SELECT RAISE(ABORT, 'revisions are only added'); END;
CREATE TRIGGER causes_no_delete BEFORE DELETE ON causes
WHEN NOT EXISTS (SELECT 1 FROM projection WHERE putting_right = 1)
BEGIN SELECT RAISE(ABORT, 'causes are only added'); END;
CREATE TRIGGER aside_revisions_no_delete BEFORE DELETE ON aside_revisions
WHEN NOT EXISTS (SELECT 1 FROM projection WHERE putting_right = 1)
BEGIN SELECT RAISE(ABORT, 'revisions are only added'); END;
CREATE TRIGGER aside_causes_no_delete BEFORE DELETE ON aside_causes
WHEN NOT EXISTS (SELECT 1 FROM projection WHERE putting_right = 1)
BEGIN SELECT RAISE(ABORT, 'causes are only added'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN NOT EXISTS (SELECT 1 FROM projection WHERE putting_right = 1)
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
CREATE TRIGGER dispositions_no_update BEFORE UPDATE ON dispositions
BEGIN SELECT RAISE(ABORT, 'dispositions are only added'); END;
CREATE TRIGGER dispositions_no_delete BEFORE DELETE ON dispositions
WHEN NOT EXISTS (SELECT 1 FROM projection WHERE putting_right = 1)
BEGIN SELECT RAISE(ABORT, 'dispositions are only added'); END;
CREATE TRIGGER lost_revisions_no_update BEFORE UPDATE ON lost_revisions
BEGIN SELECT RAISE(ABORT, 'revisions are only added'); END;
CREATE TRIGGER lost_revisions_no_delete BEFORE DELETE ON lost_revisions
BEGIN SELECT RAISE(ABORT, 'revisions are only added'); END;
