CREATE TABLE library (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    name     TEXT NOT NULL,
    space    TEXT NOT NULL,              -- EmbeddingSpace as JSON
    revision INTEGER NOT NULL            -- raised by every change
);

CREATE TABLE assets (
    row          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
    width        INTEGER NOT NULL,
    height       INTEGER NOT NULL,
    bytes        INTEGER NOT NULL,
    format       TEXT NOT NULL,
    taken_at     TEXT,                   -- ISO 8601, local time of the camera
    latitude     REAL,
    longitude    REAL,
    camera       TEXT,
    title        TEXT,
    caption      TEXT,
    keywords     TEXT NOT NULL,          -- JSON list
    licence      TEXT,
    author       TEXT,
    source       TEXT,
    added_at     TEXT NOT NULL,
    vector       BLOB NOT NULL,          -- f32 little-endian, dimension of the space
    phash        INTEGER NOT NULL,
    duplicate_of BLOB,                   -- id of the older near-duplicate
    superseded_by BLOB,                  -- id of the newer revision at the same path
    live         INTEGER NOT NULL,       -- 1 while a present file holds these bytes
    changed      INTEGER NOT NULL        -- revision at which it entered, left or came back
);
CREATE INDEX assets_changed ON assets (changed);
CREATE INDEX assets_taken ON assets (taken_at);
CREATE INDEX assets_place ON assets (latitude, longitude);

CREATE TABLE files (
    path     TEXT PRIMARY KEY,
    asset    INTEGER NOT NULL REFERENCES assets (row),
    bytes    INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    present  INTEGER NOT NULL
);
CREATE INDEX files_asset ON files (asset);

-- rowid is assets.row
CREATE VIRTUAL TABLE words USING fts5 (
    title, caption, keywords, names,
    tokenize = 'porter unicode61 remove_diacritics 2'
);

CREATE TABLE films (
    master  BLOB PRIMARY KEY CHECK (length(master) = 32),
    path    TEXT NOT NULL,
    made_at TEXT NOT NULL,
    record  TEXT NOT NULL                -- FilmRecord as JSON
);
CREATE TABLE film_sources (
    master BLOB NOT NULL REFERENCES films (master) ON DELETE CASCADE,
    shot   TEXT NOT NULL,
    asset  BLOB NOT NULL
);
CREATE INDEX film_sources_asset ON film_sources (asset);
