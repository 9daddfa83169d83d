-- Who says what of an asset, so that what lies beside a file can change, vanish and come back while a person's words
-- stay: the file's name, the file itself, its sidecars, a list of attributions.
CREATE TABLE told (
    asset INTEGER NOT NULL REFERENCES assets (row),
    layer TEXT NOT NULL,                 -- name, file, sidecar, list
    said  TEXT NOT NULL,                 -- Told as JSON
    list  TEXT,                          -- which list, of layer list
    PRIMARY KEY (asset, layer)
) WITHOUT ROWID;

ALTER TABLE assets ADD COLUMN date_basis TEXT;                -- how taken_at is known; NULL: not remembered
ALTER TABLE files ADD COLUMN beside TEXT NOT NULL DEFAULT ''; -- its sidecars as they were when they were read
