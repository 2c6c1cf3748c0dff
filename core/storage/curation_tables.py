"""The tables of curation, as one step of the migrations made them."""

CURATORS = """
CREATE TABLE moving_people AS SELECT * FROM people
--
DROP TABLE people
--
CREATE TABLE people (
    person_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('researcher', 'reader', 'curator')),
    created_at TEXT NOT NULL,
    UNIQUE (role, name)
) STRICT
--
INSERT INTO people SELECT * FROM moving_people
--
DROP TABLE moving_people
"""

# `images`: ascending positions in the set, uint32 little-endian; an act is one row, for it may be of 100,000.
# What was decided on a set goes with it; nothing else takes a decision away.
CURATION = """
CREATE TABLE curation_acts (
    position INTEGER PRIMARY KEY,
    act_id TEXT NOT NULL UNIQUE,
    image_set TEXT NOT NULL REFERENCES image_sets (name) ON DELETE CASCADE,
    curator TEXT NOT NULL REFERENCES people (person_id),
    verdict TEXT CHECK (verdict IN ('keep', 'discard', 'defer', 'correct')),
    images BLOB NOT NULL CHECK (length(images) > 0 AND length(images) % 4 = 0),
    reason TEXT CHECK ((reason IS NULL) = (verdict IS NOT 'discard')),
    note TEXT NOT NULL,
    tumor_status TEXT CHECK (tumor_status IN ('tumor', 'nontumor', 'unknown')),
    settles INTEGER NOT NULL CHECK (settles IN (0, 1)),
    undoes TEXT UNIQUE REFERENCES curation_acts (act_id) ON DELETE CASCADE,
    decided_at TEXT NOT NULL,
    received_at TEXT NOT NULL,
    CHECK ((tumor_status IS NULL) = (verdict IS NOT 'correct'))
) STRICT
--
CREATE INDEX curation_acts_of_a_set ON curation_acts (image_set, curator, position)
--
CREATE TRIGGER curation_acts_are_never_changed BEFORE UPDATE ON curation_acts
BEGIN SELECT RAISE(ABORT, 'curation decisions are append-only'); END
--
CREATE TRIGGER curation_acts_go_with_their_set_only BEFORE DELETE ON curation_acts
WHEN EXISTS (SELECT 1 FROM image_sets WHERE name = OLD.image_set)
BEGIN SELECT RAISE(ABORT, 'curation decisions are append-only'); END
--
CREATE TABLE curation_reasons (
    kind TEXT NOT NULL CHECK (kind IN ('real', 'synthetic')),
    code TEXT NOT NULL,
    title TEXT NOT NULL,
    added_at TEXT NOT NULL,
    PRIMARY KEY (kind, code)
) STRICT
--
CREATE TABLE sample_reviews (
    review INTEGER PRIMARY KEY,
    image_set TEXT NOT NULL REFERENCES image_sets (name) ON DELETE CASCADE,
    seed INTEGER NOT NULL,
    population BLOB NOT NULL CHECK (length(population) > 0),
    sample BLOB NOT NULL CHECK (length(sample) > 0),
    started_at TEXT NOT NULL
) STRICT
--
CREATE TABLE releases (
    name TEXT PRIMARY KEY,
    image_set TEXT NOT NULL REFERENCES image_sets (name),
    sha256 TEXT NOT NULL,
    created_at TEXT NOT NULL,
    data_sheet TEXT NOT NULL
) STRICT
--
CREATE TABLE release_images (
    release TEXT NOT NULL REFERENCES releases (name) ON DELETE CASCADE,
    image_index INTEGER NOT NULL,
    tumor_status TEXT NOT NULL CHECK (tumor_status IN ('tumor', 'nontumor', 'unknown')),
    PRIMARY KEY (release, image_index)
) STRICT, WITHOUT ROWID
--
CREATE TRIGGER releases_are_never_changed BEFORE UPDATE ON releases
BEGIN SELECT RAISE(ABORT, 'a release is frozen'); END
--
CREATE TRIGGER release_images_are_never_changed BEFORE UPDATE ON release_images
BEGIN SELECT RAISE(ABORT, 'a release is frozen'); END
--
CREATE TRIGGER release_images_go_with_their_release_only BEFORE DELETE ON release_images
WHEN EXISTS (SELECT 1 FROM releases WHERE name = OLD.release)
BEGIN SELECT RAISE(ABORT, 'a release is frozen'); END
"""
