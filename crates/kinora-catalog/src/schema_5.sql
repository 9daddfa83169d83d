-- From here on every page of the file ends in a checksum (pages.rs). What turns out damaged and can be made
-- again is taken out and waits here.
CREATE TABLE lost (
    asset INTEGER PRIMARY KEY REFERENCES assets (row)  -- its vector is gone: to be embedded again
);
