-- Brokers that this schema has met, by the mark that it left there: a number made at random.
CREATE TABLE broker_marks (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mark uuid NOT NULL DEFAULT gen_random_uuid(),
    is_served boolean NOT NULL DEFAULT false,
    left_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON COLUMN broker_marks.is_served IS
    'Whether replicas publish there, or did last. The others were only prepared.';
