-- What happens to alerts that are in no feed: held back, or of shadow rules. A journal of its own, with its own numbers.

ALTER TABLE projection ADD COLUMN aside BIGINT NOT NULL DEFAULT 0;

CREATE TABLE aside_revisions (
    number BIGINT NOT NULL PRIMARY KEY,
    alert_id TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('held', 'shadow')),
    event TEXT COLLATE "C" NOT NULL,
    tick BIGINT NOT NULL,
    entered_at TEXT COLLATE "C" NOT NULL,
    alert TEXT COLLATE "C" NOT NULL
);
CREATE INDEX aside_revisions_alert ON aside_revisions (alert_id, number);

CREATE TABLE aside_causes (
    number BIGINT NOT NULL,
    nth BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    rev BIGINT,
    PRIMARY KEY (number, nth)
);

CREATE TRIGGER aside_revisions_no_update BEFORE UPDATE ON aside_revisions
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER aside_revisions_no_delete BEFORE DELETE ON aside_revisions
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER aside_revisions_no_truncate BEFORE TRUNCATE ON aside_revisions
FOR EACH STATEMENT EXECUTE FUNCTION only_added();
CREATE TRIGGER aside_causes_no_update BEFORE UPDATE ON aside_causes
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER aside_causes_no_delete BEFORE DELETE ON aside_causes
FOR EACH ROW EXECUTE FUNCTION only_added();
CREATE TRIGGER aside_causes_no_truncate BEFORE TRUNCATE ON aside_causes
FOR EACH STATEMENT EXECUTE FUNCTION only_added();
