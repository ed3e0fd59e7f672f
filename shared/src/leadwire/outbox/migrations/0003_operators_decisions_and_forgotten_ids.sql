-- What operators did with parked events; kept when the event itself is gone.
CREATE TABLE parked_decisions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parked_id text NOT NULL, -- 'consumer-' or 'outbox-', and the id of the row that it was
    decision text NOT NULL,
    subscription text, -- null where the event was parked in the outbox
    source text NOT NULL, -- '' where the message named none
    event_id text NOT NULL,
    type text NOT NULL,
    reason text,
    decided_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT parked_decisions_known CHECK (decision IN ('requeued', 'discarded')),
    CONSTRAINT parked_decisions_discarded_for_a_reason CHECK (
        decision <> 'discarded' OR reason IS NOT NULL
    )
);

CREATE INDEX parked_decisions_by_parked_id ON parked_decisions (parked_id, id);
CREATE INDEX parked_decisions_by_time ON parked_decisions (decided_at); -- for the pruner

-- For the pages of one subscription, and to count by subscription without reading bodies.
CREATE INDEX parked_by_subscription ON parked (subscription, id);

-- Ids of what was erased: an event that is parked later may tell nothing more of them.
CREATE TABLE forgotten (
    id uuid PRIMARY KEY
);
