-- Texts are compared by their bytes, as SQLite does: pages are the same on both.
-- The journal is the authority of all but decisions and the audit trail: what is projected can be made anew from it.
-- Money is fen. Times are China Standard Time, YYYY-MM-DD HH:MM:SS. JSON stands as it was written.

CREATE TABLE projection (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    identity TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    reject BIGINT NOT NULL
);

CREATE TABLE institutions (
    institution TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    division TEXT COLLATE "C" NOT NULL
);

CREATE TABLE incidents (
    incident_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    institution TEXT COLLATE "C",
    division TEXT COLLATE "C",
    family TEXT COLLATE "C" NOT NULL,
    person_kind TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C",
    entered_at TEXT COLLATE "C" NOT NULL
);
CREATE INDEX incidents_institution ON incidents (institution);
CREATE INDEX incidents_person ON incidents (person);

CREATE TABLE alerts (
    alert_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rule TEXT COLLATE "C" NOT NULL,
    rule_version TEXT COLLATE "C" NOT NULL,
    family TEXT COLLATE "C" NOT NULL,
    phase TEXT COLLATE "C" NOT NULL,
    verdict TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
    subject_type TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    institution TEXT COLLATE "C",
    division TEXT COLLATE "C",
    occurred TEXT COLLATE "C" NOT NULL,
    amount BIGINT NOT NULL,
    counted_amount BIGINT NOT NULL,
    exempted_by TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('standing', 'withdrawn', 'aged', 'held', 'shadow')),
    incident_id TEXT COLLATE "C" NOT NULL,
    first_sequence BIGINT NOT NULL,
    last_sequence BIGINT NOT NULL,
    entered_at TEXT COLLATE "C" NOT NULL,
    changed_at TEXT COLLATE "C" NOT NULL,
    alert TEXT COLLATE "C" NOT NULL
);
CREATE INDEX alerts_rule ON alerts (rule, alert_id);
CREATE INDEX alerts_institution ON alerts (institution, alert_id);
CREATE INDEX alerts_division ON alerts (division, alert_id);
CREATE INDEX alerts_incident ON alerts (incident_id);
CREATE INDEX alerts_occurred ON alerts (occurred, alert_id);
CREATE INDEX alerts_amount ON alerts (amount, alert_id);
CREATE INDEX alerts_counted_amount ON alerts (counted_amount, alert_id);
CREATE INDEX alerts_sequence ON alerts (last_sequence);

CREATE TABLE revisions (
    sequence BIGINT NOT NULL PRIMARY KEY,
    alert_id TEXT COLLATE "C" NOT NULL,
    event TEXT COLLATE "C" NOT NULL,
    tick BIGINT NOT NULL,
    entered_at TEXT COLLATE "C" NOT NULL,
    alert TEXT COLLATE "C" NOT NULL
);
CREATE INDEX revisions_alert ON revisions (alert_id, sequence);

CREATE TABLE causes (
    sequence BIGINT NOT NULL,
    nth BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    rev BIGINT,
    PRIMARY KEY (sequence, nth)
);

CREATE TABLE rejects (
    number BIGINT NOT NULL PRIMARY KEY,
    code TEXT COLLATE "C" NOT NULL,
    origin_kind TEXT COLLATE "C" NOT NULL CHECK (origin_kind IN ('file', 'request', 'topic')),
    origin_name TEXT COLLATE "C" NOT NULL,
    origin_partition BIGINT,
    origin_place BIGINT NOT NULL,
    raw TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    message_key TEXT COLLATE "C",
    entered_at TEXT COLLATE "C" NOT NULL
);
CREATE INDEX rejects_code ON rejects (code, number);

CREATE TABLE coverage (
    rule TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tick BIGINT NOT NULL,
    coverage TEXT COLLATE "C" NOT NULL,
    changed_at TEXT COLLATE "C" NOT NULL
);

CREATE TABLE rule_versions (
    number BIGINT NOT NULL PRIMARY KEY,
    rule TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    bank_hash TEXT COLLATE "C" NOT NULL,
    since_tick BIGINT NOT NULL,
    since TEXT COLLATE "C" NOT NULL,
    applied_by TEXT COLLATE "C",
    approved_by TEXT COLLATE "C"
);
CREATE INDEX rule_versions_rule ON rule_versions (rule, number);

CREATE TABLE dispositions (
    number BIGINT NOT NULL PRIMARY KEY,
    alert_id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    decision TEXT COLLATE "C" NOT NULL CHECK (decision IN ('confirmed', 'dismissed', 'in_review', 'reopened')),
    decided_by TEXT COLLATE "C" NOT NULL,
    decided_at TEXT COLLATE "C" NOT NULL,
    amount BIGINT,
    reason TEXT COLLATE "C" NOT NULL
);
CREATE INDEX dispositions_alert ON dispositions (alert_id, number);

CREATE TABLE audit (
    number BIGINT NOT NULL PRIMARY KEY,
    at TEXT COLLATE "C" NOT NULL,
    who TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    division TEXT COLLATE "C",
    outcome TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C" NOT NULL,
    previous TEXT COLLATE "C" NOT NULL,
    hash TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX audit_previous ON audit (previous);

CREATE FUNCTION only_added() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME;
END
$body$;
CREATE TRIGGER revisions_no_update BEFORE UPDATE ON revisions
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER revisions_no_delete BEFORE DELETE ON revisions
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER revisions_no_truncate BEFORE TRUNCATE ON revisions
FOR EACH STATEMENT EXECUTE FUNCTION only_added();
CREATE TRIGGER causes_no_update BEFORE UPDATE ON causes
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER causes_no_delete BEFORE DELETE ON causes
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER causes_no_truncate BEFORE TRUNCATE ON causes
FOR EACH STATEMENT EXECUTE FUNCTION only_added();
CREATE TRIGGER dispositions_no_update BEFORE UPDATE ON dispositions
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER dispositions_no_delete BEFORE DELETE ON dispositions
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER dispositions_no_truncate BEFORE TRUNCATE ON dispositions
FOR EACH STATEMENT EXECUTE FUNCTION only_added();
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION only_added();
