-- Lists and filters read this instead of the rows, which hold vectors.
CREATE INDEX IF NOT EXISTS assets_listed ON assets (
    live, taken_at, added_at, latitude, longitude, width, duration_ms, licence, author, camera, title, keywords
);
CREATE INDEX IF NOT EXISTS passages_tags ON passages (lower(text), asset) WHERE kind = 'tag' AND shown = 1;
