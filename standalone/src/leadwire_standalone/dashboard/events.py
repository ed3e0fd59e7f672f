"""How events go, and what follows from them."""

from typing import Final

from leadwire_standalone.dashboard.grafana import Panel, Query, Row
from leadwire_standalone.dashboard.queries import quantile_by, quantiles

EVENTS: Final = Row(
    "Events",
    [
        Panel(
            title="Relay lag",
            meaning="How long the oldest event of a service has waited to be published.",
            queries=[
                Query("max by (service) (leadwire_outbox_oldest_pending_seconds)", "{{service}}")
            ],
            unit="s",
        ),
        Panel(
            title="Outbox",
            meaning="Events that the broker has not accepted yet.",
            queries=[Query("max by (service) (leadwire_outbox_backlog_events)", "{{service}}")],
        ),
        Panel(
            title="Publications",
            meaning="What the broker answered, in a second.",
            queries=[
                Query(
                    "sum by (service, outcome)"
                    " (rate(leadwire_outbox_outcomes_total[$__rate_interval]))",
                    "{{service}} {{outcome}}",
                )
            ],
            unit="ops",
        ),
        Panel(
            title="Confirmation",
            meaning="95 of 100 batches are confirmed by the broker within this time.",
            queries=[
                Query(
                    quantile_by("service", 0.95, "leadwire_outbox_confirm_seconds_bucket"),
                    "{{service}}",
                )
            ],
            unit="s",
        ),
        Panel(
            title="Waiting for subscribers",
            meaning="Events that Leadwire's own consumers have not taken yet.",
            queries=[Query("max by (subscription) (leadwire_waiting_events)", "{{subscription}}")],
        ),
        Panel(
            title="Handled",
            meaning="Deliveries in a second, by what the handler said of them.",
            queries=[
                Query(
                    "sum by (subscription, verdict)"
                    " (rate(leadwire_events_handled_total[$__rate_interval]))",
                    "{{subscription}} {{verdict}}",
                )
            ],
            unit="ops",
        ),
        Panel(
            title="Handling",
            meaning="95 of 100 deliveries are handled within this time.",
            queries=[
                Query(
                    quantile_by("subscription", 0.95, "leadwire_event_handling_seconds_bucket"),
                    "{{subscription}}",
                )
            ],
            unit="s",
        ),
        Panel(
            title="Parked",
            meaning="What waits for somebody's decision, by subscription and in outboxes.",
            queries=[
                Query(
                    "max by (service, subscription) (leadwire_parked_events)", "{{subscription}}"
                ),
                Query("max by (service) (leadwire_outbox_parked_events)", "outbox of {{service}}"),
            ],
        ),
        Panel(
            title="Missing at the broker",
            meaning="Queues and bindings that a service needs and the broker lacks.",
            queries=[Query("max by (service) (leadwire_broker_missing)", "{{service}}")],
        ),
    ],
)

STREAMS: Final = Row(
    "Streams",
    [
        Panel(
            title="Open streams",
            meaning="Streams that are being served, and reads that wait for the projection.",
            queries=[
                Query("sum(leadwire_streams_open)", "streams"),
                Query("sum(leadwire_reads_waiting)", "waiting reads"),
            ],
        ),
        Panel(
            title="Lag of followers",
            meaning="Age of the newest change that a live follower is told of.",
            queries=quantiles("leadwire_stream_lag_seconds"),
            unit="s",
        ),
        Panel(
            title="Lag of the projection",
            meaning="From an event's time to its effect on what is read.",
            queries=quantiles("leadwire_projection_lag_seconds"),
            unit="s",
        ),
        Panel(
            title="Written to streams",
            meaning="Bytes in a second.",
            queries=[Query("sum(rate(leadwire_stream_bytes_total[$__rate_interval]))", "bytes")],
            unit="Bps",
            width=12,
        ),
        Panel(
            title="Streams cut",
            meaning="Readers that took nothing in time, in an hour.",
            queries=[Query("sum(increase(leadwire_streams_cut_total[1h]))", "cut")],
            width=12,
        ),
    ],
)
