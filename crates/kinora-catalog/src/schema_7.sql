-- What a person took out of the library: it stays out when its folder is added again.
ALTER TABLE assets ADD COLUMN removed TEXT;                   -- when, ISO 8601; NULL: it was not

-- Files and folders that could not be taken, or only in part.
CREATE TABLE problems (
    path     BLOB PRIMARY KEY,           -- bytes of the name, which need not be Unicode
    bytes    INTEGER NOT NULL,           -- size and time then, to see whether it has changed
    mtime_ns INTEGER NOT NULL,
    message  TEXT NOT NULL,
    hint     TEXT,
    since    TEXT NOT NULL,              -- ISO 8601
    lasting  INTEGER NOT NULL,           -- 1: it stays so until the file changes
    taken    INTEGER NOT NULL,           -- 1: what can be read of it is in the library
    version  TEXT NOT NULL               -- Kinora that found it; another one tries again
);
