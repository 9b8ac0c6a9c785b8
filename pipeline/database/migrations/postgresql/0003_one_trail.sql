-- One audit trail: it is a file beside the state, and what stands here is made from its lines, decisions with it. What was
-- written here before there was one stays as it was, and is taken into the file.

DROP TRIGGER audit_no_update ON audit;
DROP TRIGGER audit_no_delete ON audit;
DROP TRIGGER audit_no_truncate ON audit;
DROP INDEX audit_previous;
ALTER TABLE audit RENAME TO audit_before;
ALTER INDEX audit_pkey RENAME TO audit_before_pkey;
CREATE TRIGGER audit_before_no_update BEFORE UPDATE ON audit_before
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER audit_before_no_delete BEFORE DELETE ON audit_before
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER audit_before_no_truncate BEFORE TRUNCATE ON audit_before
FOR EACH STATEMENT EXECUTE FUNCTION only_added();

DROP TRIGGER dispositions_no_update ON dispositions;
DROP TRIGGER dispositions_no_delete ON dispositions;
DROP TRIGGER dispositions_no_truncate ON dispositions;
DROP INDEX dispositions_alert;
ALTER TABLE dispositions RENAME TO dispositions_before;
ALTER INDEX dispositions_pkey RENAME TO dispositions_before_pkey;
CREATE TRIGGER dispositions_before_no_update BEFORE UPDATE ON dispositions_before
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER dispositions_before_no_delete BEFORE DELETE ON dispositions_before
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER dispositions_before_no_truncate BEFORE TRUNCATE ON dispositions_before
FOR EACH STATEMENT EXECUTE FUNCTION only_added();

CREATE TABLE audit (
    number BIGINT NOT NULL PRIMARY KEY,
    at TEXT COLLATE "C" NOT NULL,
    who TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    division TEXT COLLATE "C",
    outcome TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C" NOT NULL,
    disposition BIGINT,
    previous TEXT COLLATE "C" NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    line TEXT COLLATE "C" NOT NULL
);

CREATE TABLE dispositions (
    number BIGINT NOT NULL PRIMARY KEY,
    alert_id TEXT COLLATE "C" NOT NULL,
    identity TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    decision TEXT COLLATE "C" NOT NULL CHECK (decision IN ('confirmed', 'dismissed', 'in_review', 'reopened')),
    decided_by TEXT COLLATE "C" NOT NULL,
    decided_at TEXT COLLATE "C" NOT NULL,
    amount BIGINT,
    reason TEXT COLLATE "C" NOT NULL,
    audit BIGINT NOT NULL
);
CREATE INDEX dispositions_alert ON dispositions (alert_id, number);
CREATE INDEX dispositions_audit ON dispositions (audit);

-- A state that was put back from a backup takes the database over: what was written of events that it does not have is
-- taken out again, and its revisions are kept beside; `lineage` has the states that it goes back to.

ALTER TABLE projection ADD COLUMN putting_right BIGINT NOT NULL DEFAULT 0;

CREATE TABLE lineage (
    nth BIGINT NOT NULL PRIMARY KEY,
    identity TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    reject BIGINT NOT NULL,
    aside BIGINT NOT NULL
);

CREATE TABLE to_put_right (
    alert_id TEXT COLLATE "C" NOT NULL PRIMARY KEY
);

CREATE TABLE lost_revisions (
    identity TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    alert_id TEXT COLLATE "C" NOT NULL,
    event TEXT COLLATE "C" NOT NULL,
    tick BIGINT NOT NULL,
    entered_at TEXT COLLATE "C" NOT NULL,
    alert TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (identity, sequence)
);

CREATE FUNCTION only_put_right() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF EXISTS (SELECT 1 FROM projection WHERE putting_right = 1) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME;
END
$body$;
DROP TRIGGER revisions_no_delete ON revisions;
DROP TRIGGER causes_no_delete ON causes;
DROP TRIGGER aside_revisions_no_delete ON aside_revisions;
DROP TRIGGER aside_causes_no_delete ON aside_causes;
CREATE TRIGGER revisions_no_delete BEFORE DELETE ON revisions
FOR EACH ROW EXECUTE FUNCTION only_put_right();
CREATE TRIGGER causes_no_delete BEFORE DELETE ON causes
FOR EACH ROW EXECUTE FUNCTION only_put_right();
CREATE TRIGGER aside_revisions_no_delete BEFORE DELETE ON aside_revisions
FOR EACH ROW EXECUTE FUNCTION only_put_right();
CREATE TRIGGER aside_causes_no_delete BEFORE DELETE ON aside_causes
FOR EACH ROW EXECUTE FUNCTION only_put_right();
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION only_put_right();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION only_added();
CREATE TRIGGER dispositions_no_update BEFORE UPDATE ON dispositions
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER dispositions_no_delete BEFORE DELETE ON dispositions
FOR EACH ROW EXECUTE FUNCTION only_put_right();
CREATE TRIGGER dispositions_no_truncate BEFORE TRUNCATE ON dispositions
FOR EACH STATEMENT EXECUTE FUNCTION only_added();
CREATE TRIGGER lost_revisions_no_update BEFORE UPDATE ON lost_revisions
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER lost_revisions_no_delete BEFORE DELETE ON lost_revisions
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER lost_revisions_no_truncate BEFORE TRUNCATE ON lost_revisions
FOR EACH STATEMENT EXECUTE FUNCTION only_added();
