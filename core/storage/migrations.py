"""The tables, as named steps in order. A step that has been released is never edited; a change is a new step."""

from sqlite_utils import Database, Migrations

from core.identifiers import PersonId, StudyName
from core.provenance import utc_now
from core.reading.audit_trail import Action, Event, responded
from core.storage import audit_trail
from core.storage.curation_tables import CURATION, CURATORS

migrations = Migrations("mrturing")
SCHEMA_VERSION = 5


def _run(db: Database, script: str) -> None:
    """Run statements that a line of two dashes separates, inside the migration's own transaction."""
    for statement in script.split("\n--\n"):
        db.execute(statement)


@migrations(name="m001_people_images_studies_readings")
def _first(db: Database) -> None:
    _run(db, _PEOPLE)
    _run(db, _IMAGES)
    _run(db, _STUDIES)
    _run(db, _READINGS)


@migrations(name="m002_audit_trail_and_withdrawal")
def _audit_trail(db: Database) -> None:
    """Studies that exist get a trail that begins now, with an entry for each response they have."""
    _run(db, _AUDIT_TRAIL)
    for study in list(db.query("SELECT name, protocol_hash FROM studies")):
        name = StudyName(study["name"])
        adopted = Event(
            study=name,
            at=utc_now(),
            person_id=PersonId(""),
            role="migration",
            action=Action.ADOPTED,
            content={"protocol_hash": study["protocol_hash"]},
        )
        audit_trail.append(db, adopted)
        sql = "SELECT reader, r.* FROM responses r JOIN trials USING (trial_id) WHERE study = ? ORDER BY r.rowid"
        for row in list(db.query(sql, [name])):
            audit_trail.append(db, responded(name, PersonId(row.pop("reader")), row))


@migrations(name="m003_blinding_audits")
def _blinding_audits(db: Database) -> None:
    _run(db, _BLINDING_AUDITS)


@migrations(name="m004_repeats_practice_and_two_parts")
def _repeats_practice_and_two_parts(db: Database) -> None:
    """A case may be shown more than once, which the old table forbade: the trials move to a new one."""
    db.execute("PRAGMA defer_foreign_keys = ON")
    _run(db, _REPEATS_PRACTICE_AND_TWO_PARTS)


@migrations(name="m005_curation")
def _curation(db: Database) -> None:
    """Curators are people of a role that the old table forbade: the people move to a new one."""
    db.execute("PRAGMA defer_foreign_keys = ON")
    _run(db, CURATORS)
    _run(db, CURATION)


_PEOPLE = """
CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT
--
CREATE TABLE people (
    person_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('researcher', 'reader')),
    created_at TEXT NOT NULL,
    UNIQUE (role, name)
) STRICT
"""

_IMAGES = """
CREATE TABLE cohorts (
    name TEXT PRIMARY KEY,
    created_at TEXT NOT NULL,
    provenance TEXT NOT NULL,
    screened_out TEXT NOT NULL,
    skipped TEXT NOT NULL
) STRICT
--
CREATE TABLE subjects (
    cohort TEXT NOT NULL REFERENCES cohorts (name) ON DELETE CASCADE,
    subject_id TEXT NOT NULL,
    partition TEXT NOT NULL CHECK (partition IN ('training', 'validation', 'test')),
    PRIMARY KEY (cohort, subject_id)
) STRICT
--
CREATE TABLE image_sets (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('real', 'synthetic')),
    tumor_status TEXT NOT NULL CHECK (tumor_status IN ('tumor', 'nontumor', 'unknown')),
    n_images INTEGER NOT NULL CHECK (n_images > 0),
    sha256 TEXT NOT NULL,
    created_at TEXT NOT NULL,
    cohort TEXT REFERENCES cohorts (name),
    trained_on_cohort TEXT,
    trained_on_partition TEXT CHECK (trained_on_partition IN ('training', 'validation', 'test')),
    trained_on_attested INTEGER,
    provenance TEXT NOT NULL
) STRICT
--
CREATE TABLE images (
    image_set TEXT NOT NULL REFERENCES image_sets (name) ON DELETE CASCADE,
    image_index INTEGER NOT NULL,
    image_id TEXT NOT NULL,
    tumor_status TEXT NOT NULL CHECK (tumor_status IN ('tumor', 'nontumor', 'unknown')),
    subject_id TEXT,
    partition TEXT CHECK (partition IN ('training', 'validation', 'test')),
    slice_index INTEGER,
    seed INTEGER,
    resampling_factor REAL NOT NULL,
    source_name TEXT,
    PRIMARY KEY (image_set, image_index),
    UNIQUE (image_set, image_id)
) STRICT, WITHOUT ROWID
"""

_STUDIES = """
CREATE TABLE studies (
    name TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('draft', 'locked', 'closed')),
    protocol TEXT NOT NULL,
    protocol_hash TEXT,
    created_at TEXT NOT NULL,
    locked_at TEXT,
    closed_at TEXT
) STRICT
--
CREATE TABLE cases (
    case_id TEXT PRIMARY KEY,
    study TEXT NOT NULL REFERENCES studies (name) ON DELETE CASCADE,
    image_set TEXT NOT NULL,
    image_index INTEGER NOT NULL,
    truth TEXT NOT NULL CHECK (truth IN ('real', 'synthetic')),
    tumor_status TEXT NOT NULL CHECK (tumor_status IN ('tumor', 'nontumor')),
    subject_id TEXT,
    pixels_sha256 TEXT NOT NULL,
    FOREIGN KEY (image_set, image_index) REFERENCES images (image_set, image_index),
    UNIQUE (study, image_set, image_index)
) STRICT
--
CREATE TABLE enrollments (
    study TEXT NOT NULL REFERENCES studies (name) ON DELETE CASCADE,
    reader TEXT NOT NULL REFERENCES people (person_id),
    enrolled_at TEXT NOT NULL,
    consent_version TEXT,
    consented_at TEXT,
    profile TEXT,
    PRIMARY KEY (study, reader)
) STRICT
--
CREATE TABLE invitations (
    invitation_id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (person_id),
    study TEXT REFERENCES studies (name) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    used_at TEXT,
    revoked_at TEXT
) STRICT
"""

_READINGS = """
CREATE TABLE trials (
    trial_id TEXT PRIMARY KEY,
    study TEXT NOT NULL,
    reader TEXT NOT NULL,
    trial_index INTEGER NOT NULL,
    case_id TEXT NOT NULL REFERENCES cases (case_id),
    UNIQUE (study, reader, trial_index),
    UNIQUE (study, reader, case_id),
    FOREIGN KEY (study, reader) REFERENCES enrollments (study, reader)
) STRICT
--
CREATE TABLE tickets (
    ticket TEXT PRIMARY KEY,
    trial_id TEXT NOT NULL REFERENCES trials (trial_id),
    issue INTEGER NOT NULL,
    issued_at TEXT NOT NULL,
    fetched_at TEXT,
    UNIQUE (trial_id, issue)
) STRICT
--
CREATE TABLE responses (
    response_id TEXT PRIMARY KEY,
    trial_id TEXT NOT NULL UNIQUE REFERENCES trials (trial_id),
    protocol_hash TEXT NOT NULL,
    pixels_sha256 TEXT NOT NULL,
    cannot_judge INTEGER NOT NULL CHECK (cannot_judge IN (0, 1)),
    decision TEXT CHECK (decision IN ('real', 'synthetic')),
    confidence INTEGER CHECK (confidence BETWEEN 1 AND 5),
    response_time_ms REAL,
    tumor_decision TEXT CHECK (tumor_decision IN ('tumor', 'nontumor')),
    tumor_confidence INTEGER CHECK (tumor_confidence BETWEEN 1 AND 5),
    tumor_response_time_ms REAL,
    painted_at TEXT NOT NULL,
    answered_at TEXT NOT NULL,
    fetched_at TEXT,
    received_at TEXT NOT NULL,
    window_center REAL NOT NULL,
    window_width REAL NOT NULL,
    zoom REAL NOT NULL,
    pan_x REAL NOT NULL,
    pan_y REAL NOT NULL,
    inverted INTEGER NOT NULL,
    interpolation TEXT NOT NULL,
    viewport_width INTEGER NOT NULL,
    viewport_height INTEGER NOT NULL,
    device_pixel_ratio REAL NOT NULL,
    device_pixels_per_pixel INTEGER NOT NULL,
    paused_ms REAL NOT NULL,
    longest_idle_ms REAL NOT NULL,
    interrupted INTEGER NOT NULL
) STRICT
--
CREATE TRIGGER responses_are_never_changed BEFORE UPDATE ON responses
BEGIN SELECT RAISE(ABORT, 'responses are append-only'); END
--
CREATE TRIGGER responses_are_never_deleted BEFORE DELETE ON responses
BEGIN SELECT RAISE(ABORT, 'responses are append-only'); END
"""

# A draft that is deleted leaves its audit trail, so that nothing here refers to the studies.
_AUDIT_TRAIL = """
CREATE TABLE audit_trail (
    study TEXT NOT NULL,
    position INTEGER NOT NULL CHECK (position > 0),
    at TEXT NOT NULL,
    person_id TEXT NOT NULL,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    content TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (study, position)
) STRICT, WITHOUT ROWID
--
CREATE TABLE audit_trail_heads (
    study TEXT PRIMARY KEY,
    length INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) STRICT, WITHOUT ROWID
--
CREATE TRIGGER audit_trail_goes_on_at_its_end BEFORE INSERT ON audit_trail
WHEN NEW.position != 1 + coalesce((SELECT length FROM audit_trail_heads WHERE study = NEW.study), 0)
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
--
CREATE TRIGGER audit_trail_moves_its_head AFTER INSERT ON audit_trail
BEGIN
    INSERT INTO audit_trail_heads VALUES (NEW.study, NEW.position, NEW.sha256)
    ON CONFLICT (study) DO UPDATE SET length = NEW.position, sha256 = NEW.sha256;
END
--
CREATE TRIGGER audit_trail_is_never_changed BEFORE UPDATE ON audit_trail
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
--
CREATE TRIGGER audit_trail_is_never_deleted BEFORE DELETE ON audit_trail
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
--
CREATE TRIGGER audit_trail_heads_only_move_on BEFORE UPDATE ON audit_trail_heads
WHEN NEW.study != OLD.study OR NEW.length != OLD.length + 1
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
--
CREATE TRIGGER audit_trail_heads_are_never_deleted BEFORE DELETE ON audit_trail_heads
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
--
ALTER TABLE enrollments ADD COLUMN withdrawn_at TEXT
--
CREATE TRIGGER withdrawals_are_never_changed BEFORE UPDATE OF withdrawn_at ON enrollments
WHEN OLD.withdrawn_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a withdrawal is final'); END
--
DROP TRIGGER responses_are_never_deleted
--
CREATE TRIGGER responses_are_deleted_by_withdrawal_only BEFORE DELETE ON responses
WHEN NOT EXISTS (
    SELECT 1 FROM trials t JOIN enrollments e ON (e.study, e.reader) = (t.study, t.reader)
    WHERE t.trial_id = OLD.trial_id AND e.withdrawn_at IS NOT NULL
)
BEGIN SELECT RAISE(ABORT, 'responses are append-only'); END
--
CREATE TRIGGER responses_end_with_withdrawal BEFORE INSERT ON responses
WHEN EXISTS (
    SELECT 1 FROM trials t JOIN enrollments e ON (e.study, e.reader) = (t.study, t.reader)
    WHERE t.trial_id = NEW.trial_id AND e.withdrawn_at IS NOT NULL
)
BEGIN SELECT RAISE(ABORT, 'the reader has withdrawn'); END
"""

_BLINDING_AUDITS = """
CREATE TABLE blinding_audits (
    study TEXT PRIMARY KEY REFERENCES studies (name) ON DELETE CASCADE,
    audit TEXT NOT NULL,
    override_reason TEXT
) STRICT
--
CREATE TRIGGER blinding_audits_are_never_changed BEFORE UPDATE ON blinding_audits
BEGIN SELECT RAISE(ABORT, 'the audit of a locked study stays'); END
"""

# Practice trials have an index below 0. `question`: the one that is asked, where the protocol's are not together.
_REPEATS_PRACTICE_AND_TWO_PARTS = """
ALTER TABLE cases ADD COLUMN is_practice INTEGER NOT NULL DEFAULT 0 CHECK (is_practice IN (0, 1))
--
CREATE TABLE moving_trials AS SELECT * FROM trials
--
DROP TABLE trials
--
CREATE TABLE trials (
    trial_id TEXT PRIMARY KEY,
    study TEXT NOT NULL,
    reader TEXT NOT NULL,
    trial_index INTEGER NOT NULL,
    case_id TEXT NOT NULL REFERENCES cases (case_id),
    is_repeat INTEGER NOT NULL DEFAULT 0 CHECK (is_repeat IN (0, 1)),
    question TEXT CHECK (question IN ('realism', 'tumor')),
    UNIQUE (study, reader, trial_index),
    FOREIGN KEY (study, reader) REFERENCES enrollments (study, reader)
) STRICT
--
CREATE UNIQUE INDEX trials_show_a_case_once_and_again
ON trials (study, reader, case_id, is_repeat, coalesce(question, ''))
--
INSERT INTO trials (trial_id, study, reader, trial_index, case_id)
SELECT trial_id, study, reader, trial_index, case_id FROM moving_trials
--
DROP TABLE moving_trials
"""
