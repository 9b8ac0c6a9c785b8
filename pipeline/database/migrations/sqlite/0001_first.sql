-- The journal is the authority of all but decisions and the audit trail: what is projected can be made anew from it.
-- Money is fen. Times are China Standard Time, YYYY-MM-DD HH:MM:SS. JSON stands as it was written.

CREATE TABLE projection (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    identity TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    reject INTEGER NOT NULL
) STRICT;

CREATE TABLE institutions (
    institution TEXT NOT NULL PRIMARY KEY,
    division TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE incidents (
    incident_id TEXT NOT NULL PRIMARY KEY,
    institution TEXT,
    division TEXT,
    family TEXT NOT NULL,
    person_kind TEXT NOT NULL,
    person TEXT,
    entered_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX incidents_institution ON incidents (institution);
CREATE INDEX incidents_person ON incidents (person);

CREATE TABLE alerts (
    alert_id TEXT NOT NULL PRIMARY KEY,
    rule TEXT NOT NULL,
    rule_version TEXT NOT NULL,
    family TEXT NOT NULL,
    phase TEXT NOT NULL,
    verdict TEXT NOT NULL,
    severity TEXT NOT NULL,
    subject_type TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    institution TEXT,
    division TEXT,
    occurred TEXT NOT NULL,
    amount INTEGER NOT NULL,
    counted_amount INTEGER NOT NULL,
    exempted_by TEXT,
    state TEXT NOT NULL CHECK (state IN ('standing', 'withdrawn', 'aged', 'held', 'shadow')),
    incident_id TEXT NOT NULL,
    first_sequence INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL,
    entered_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    alert TEXT NOT NULL
) STRICT;
CREATE INDEX alerts_rule ON alerts (rule, alert_id);
CREATE INDEX alerts_institution ON alerts (institution, alert_id);
CREATE INDEX alerts_division ON alerts (division, alert_id);
CREATE INDEX alerts_incident ON alerts (incident_id);
CREATE INDEX alerts_occurred ON alerts (occurred, alert_id);
CREATE INDEX alerts_amount ON alerts (amount, alert_id);
CREATE INDEX alerts_counted_amount ON alerts (counted_amount, alert_id);
CREATE INDEX alerts_sequence ON alerts (last_sequence);

CREATE TABLE revisions (
    sequence INTEGER NOT NULL PRIMARY KEY,
    alert_id TEXT NOT NULL,
    event TEXT NOT NULL,
    tick INTEGER NOT NULL,
    entered_at TEXT NOT NULL,
    alert TEXT NOT NULL
) STRICT;
CREATE INDEX revisions_alert ON revisions (alert_id, sequence);

CREATE TABLE causes (
    sequence INTEGER NOT NULL,
    nth INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    rev INTEGER,
    PRIMARY KEY (sequence, nth)
) STRICT, WITHOUT ROWID;

CREATE TABLE rejects (
    number INTEGER NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    origin_kind TEXT NOT NULL CHECK (origin_kind IN ('file', 'request', 'topic')),
    origin_name TEXT NOT NULL,
    origin_partition INTEGER,
    origin_place INTEGER NOT NULL,
    raw TEXT NOT NULL,
    text TEXT NOT NULL,
    message_key TEXT,
    entered_at TEXT NOT NULL
) STRICT;
CREATE INDEX rejects_code ON rejects (code, number);

CREATE TABLE coverage (
    rule TEXT NOT NULL PRIMARY KEY,
    tick INTEGER NOT NULL,
    coverage TEXT NOT NULL,
    changed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE rule_versions (
    number INTEGER NOT NULL PRIMARY KEY,
    rule TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    bank_hash TEXT NOT NULL,
    since_tick INTEGER NOT NULL,
    since TEXT NOT NULL,
    applied_by TEXT,
    approved_by TEXT
) STRICT;
CREATE INDEX rule_versions_rule ON rule_versions (rule, number);

CREATE TABLE dispositions (
    number INTEGER NOT NULL PRIMARY KEY,
    alert_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('confirmed', 'dismissed', 'in_review', 'reopened')),
    decided_by TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    amount INTEGER,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX dispositions_alert ON dispositions (alert_id, number);

CREATE TABLE audit (
    number INTEGER NOT NULL PRIMARY KEY,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    role TEXT NOT NULL,
    operation TEXT NOT NULL,
    division TEXT,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX audit_previous ON audit (previous);

CREATE TRIGGER revisions_no_update BEFORE UPDATE ON revisions
BEGIN SELECT RAISE(ABORT, 'revisions are only added'); END;
CREATE TRIGGER revisions_no_delete BEFORE DELETE ON revisions
BEGIN SELECT RAISE(ABORT, 'revisions are only added'); END;
CREATE TRIGGER causes_no_update BEFORE UPDATE ON causes
BEGIN SELECT RAISE(ABORT, 'causes are only added'); END;
CREATE TRIGGER causes_no_delete BEFORE DELETE ON causes
BEGIN SELECT RAISE(ABORT, 'causes are only added'); END;
CREATE TRIGGER dispositions_no_update BEFORE UPDATE ON dispositions
BEGIN SELECT RAISE(ABORT, 'dispositions are only added'); END;
CREATE TRIGGER dispositions_no_delete BEFORE DELETE ON dispositions
BEGIN SELECT RAISE(ABORT, 'dispositions are only added'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
