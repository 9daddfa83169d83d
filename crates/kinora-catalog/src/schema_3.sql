-- Words of parts of assets, by machines and people; motion of shots. An asset of width 0 is a
-- recording without picture: its vector is empty.
CREATE TABLE passages (
    row        INTEGER PRIMARY KEY AUTOINCREMENT,
    asset      INTEGER NOT NULL REFERENCES assets (row),
    kind       TEXT NOT NULL,            -- speech, text, caption, tag
    text       TEXT NOT NULL,
    start_ms   INTEGER,                  -- NULL: all of the asset
    end_ms     INTEGER,
    region     TEXT,                     -- JSON, four corners in fractions of the picture
    language   TEXT,
    words      TEXT,                     -- JSON, speech word by word
    model      TEXT,                     -- NULL: a person says so
    confidence REAL,
    shown      INTEGER NOT NULL          -- 0: a person said otherwise
);
CREATE INDEX passages_asset ON passages (asset, kind);

-- rowid is passages.row; only what is shown
CREATE VIRTUAL TABLE passage_words USING fts5 (
    text, tokenize = 'porter unicode61 remove_diacritics 2'
);

-- What a person said is not so; an empty text: nothing that a machine says of this kind is.
CREATE TABLE refusals (
    asset INTEGER NOT NULL REFERENCES assets (row),
    kind  TEXT NOT NULL,
    text  TEXT NOT NULL,
    PRIMARY KEY (asset, kind, text)
) WITHOUT ROWID;

-- Title, caption, keywords that a person set by hand: lists of attributions do not change them.
CREATE TABLE edits (
    asset INTEGER NOT NULL REFERENCES assets (row),
    field TEXT NOT NULL,
    PRIMARY KEY (asset, field)
) WITHOUT ROWID;

-- Which model looked for which kind of passage.
CREATE TABLE work (
    asset INTEGER NOT NULL REFERENCES assets (row),
    kind  TEXT NOT NULL,
    model TEXT NOT NULL,
    error TEXT,                          -- why it found nothing, if the file is at fault
    PRIMARY KEY (asset, kind)
) WITHOUT ROWID;

ALTER TABLE shots ADD COLUMN motion TEXT;  -- Motion as JSON
