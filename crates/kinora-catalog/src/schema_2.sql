-- Videos: frames with their own vectors, shots.
ALTER TABLE assets ADD COLUMN duration_ms INTEGER;            -- NULL for a picture
ALTER TABLE assets ADD COLUMN analysed INTEGER NOT NULL DEFAULT 1;  -- 0: only its keyframes are known

CREATE TABLE frames (
    row     INTEGER PRIMARY KEY AUTOINCREMENT,
    asset   INTEGER NOT NULL REFERENCES assets (row),
    at_ms   INTEGER NOT NULL,            -- from the start of the presentation
    vector  BLOB NOT NULL,               -- f32 little-endian, dimension of the space
    changed INTEGER NOT NULL,            -- as of assets
    UNIQUE (asset, at_ms)
);
CREATE INDEX frames_changed ON frames (changed);

CREATE TABLE shots (
    asset    INTEGER NOT NULL REFERENCES assets (row),
    start_ms INTEGER NOT NULL,
    end_ms   INTEGER NOT NULL,
    PRIMARY KEY (asset, start_ms)
) WITHOUT ROWID;

-- Counting what is live must not read the vectors, which lie in the same rows.
CREATE INDEX assets_live ON assets (live, duration_ms);
