-- What a page's styles are, as sources of a content security policy: who sends the page does not read it.
ALTER TABLE snapshot_files ADD COLUMN styles TEXT NOT NULL DEFAULT '';
