-- Conversations about the library. A deleted one leaves nothing.
CREATE TABLE conversations (
    row        INTEGER PRIMARY KEY AUTOINCREMENT,
    title      TEXT NOT NULL,
    started_at TEXT NOT NULL,
    changed_at TEXT NOT NULL
);
CREATE TABLE turns (
    conversation INTEGER NOT NULL REFERENCES conversations (row) ON DELETE CASCADE,
    place        INTEGER NOT NULL,       -- from 0
    speaker      TEXT NOT NULL,          -- person, kinora
    text         TEXT NOT NULL,
    citations    TEXT NOT NULL,          -- JSON list of Citation
    model        TEXT,                   -- NULL: no language model was asked
    said_at      TEXT NOT NULL,
    PRIMARY KEY (conversation, place)
) WITHOUT ROWID;
