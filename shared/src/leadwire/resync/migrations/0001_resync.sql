-- How far the one resync is, or the last one was. Each batch moves it on in its own
-- transaction, so that one that was killed goes on behind the last batch that was said.
CREATE TABLE resync (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    part text NOT NULL,
    after uuid NOT NULL, -- said up to this id of the part
    up_to uuid NOT NULL, -- later ones announce themselves
    total bigint NOT NULL,
    said bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL,
    finished_at timestamptz
);
