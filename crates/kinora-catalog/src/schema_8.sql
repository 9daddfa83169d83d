-- What pictures are compared by, and which are near-duplicates of each other. An asset without a row here was added
-- by an older Kinora, or its row was lost: it waits to be compared.
CREATE TABLE signatures (
    asset     INTEGER PRIMARY KEY REFERENCES assets (row),
    signature BLOB NOT NULL              -- of kinora-image, which knows its version
);

CREATE TABLE near_duplicates (
    asset INTEGER NOT NULL REFERENCES assets (row),
    other INTEGER NOT NULL REFERENCES assets (row),  -- each pair both ways
    PRIMARY KEY (asset, other)
) WITHOUT ROWID;
