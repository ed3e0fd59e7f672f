"""How notifications, HTTP, the gateway and the processes do."""

from typing import Final

from leadwire_standalone.dashboard.grafana import Panel, Query, Row
from leadwire_standalone.dashboard.queries import ERROR_SHARE, REQUESTS, quantile_by

NOTIFICATIONS: Final = Row(
    "Journal, emails and webhooks",
    [
        Panel(
            title="Journal",
            meaning="Events written in a second, and those that were sent once more.",
            queries=[
                Query(
                    "sum(rate(leadwire_notifier_journal_entries_total[$__rate_interval]))",
                    "journaled",
                ),
                Query(
                    "sum by (to) (rate(leadwire_notifier_replayed_events_total[$__rate_interval]))",
                    "replayed to a {{to}}",
                ),
            ],
            unit="ops",
            width=6,
        ),
        Panel(
            title="Emails",
            meaning="Attempts in a second.",
            queries=[
                Query(
                    "sum by (kind, outcome)"
                    " (rate(leadwire_notifier_email_attempts_total[$__rate_interval]))",
                    "{{kind}} {{outcome}}",
                )
            ],
            unit="ops",
            width=6,
        ),
        Panel(
            title="Webhooks",
            meaning="Attempts in a second, by where the delivery stands after it.",
            queries=[
                Query(
                    "sum by (status)"
                    " (rate(leadwire_notifier_webhook_attempts_total[$__rate_interval]))",
                    "{{status}}",
                )
            ],
            unit="ops",
            width=6,
        ),
        Panel(
            title="Webhooks down, deliveries parked",
            meaning="Endpoints that are left alone for a time, and what waits for a decision.",
            queries=[
                Query("max(leadwire_notifier_webhooks_down)", "down"),
                Query("max by (kind) (leadwire_notifier_parked_deliveries)", "{{kind}} parked"),
            ],
            width=6,
        ),
    ],
)

HTTP: Final = Row(
    "HTTP",
    [
        Panel(
            title="Requests",
            meaning="Answered in a second, without health checks and Prometheus' own.",
            queries=[Query(REQUESTS, "{{service}}")],
            unit="reqps",
        ),
        Panel(
            title="Errors",
            meaning="Share of requests that are answered with 5xx.",
            queries=[Query(ERROR_SHARE, "{{service}}")],
            unit="percentunit",
        ),
        Panel(
            title="Answers by status",
            meaning="In a second; 499: the client left first.",
            queries=[
                Query(
                    'sum by (status) (rate(leadwire_http_requests_total{service=~"$service"}'
                    "[$__rate_interval]))",
                    "{{status}}",
                )
            ],
            unit="reqps",
        ),
        Panel(
            title="Duration",
            meaning="95 of 100 requests are answered within this time; without streams.",
            queries=[
                Query(
                    quantile_by(
                        "service",
                        0.95,
                        'leadwire_http_request_duration_seconds_bucket{service=~"$service"}',
                    ),
                    "{{service}}",
                )
            ],
            unit="s",
        ),
        Panel(
            title="Slowest routes",
            meaning="The ten with the longest time within which 95 of 100 requests are answered.",
            queries=[
                Query(
                    "topk(10, "
                    + quantile_by(
                        "service, method, route",
                        0.95,
                        'leadwire_http_request_duration_seconds_bucket{service=~"$service"}',
                    )
                    + ")",
                    "{{method}} {{route}}",
                )
            ],
            unit="s",
        ),
        Panel(
            title="In flight",
            meaning="Requests that are being handled, streams included.",
            queries=[
                Query(
                    'sum by (service) (leadwire_http_requests_in_flight{service=~"$service"})',
                    "{{service}}",
                )
            ],
        ),
    ],
)

GATEWAY: Final = Row(
    "Gateway",
    [
        Panel(
            title="Connections of clients",
            meaning="Those that are open, those without a request, and requests being answered.",
            queries=[
                Query("sum(leadwire_gateway_connections_active)", "open"),
                Query("sum(leadwire_gateway_connections_waiting)", "without a request"),
                Query("sum(leadwire_gateway_connections_writing)", "being answered"),
            ],
            width=12,
        ),
        Panel(
            title="Connections in use",
            meaning="To clients with a request and to services, as a share of what it may have.",
            queries=[
                Query(
                    "(leadwire_gateway_connections_active - leadwire_gateway_connections_waiting"
                    " + leadwire_gateway_connections_writing) / leadwire_gateway_connections_max",
                    "{{instance}}",
                )
            ],
            unit="percentunit",
            width=12,
        ),
    ],
)

PROCESSES: Final = Row(
    "Processes",
    [
        Panel(
            title="Database connections",
            meaning="Those of the pool that are in use, as a share of what it may have.",
            queries=[
                Query(
                    'leadwire_database_connections_lent{service=~"$service"}'
                    " / leadwire_database_connections_max",
                    "{{service}} {{instance}}",
                )
            ],
            unit="percentunit",
        ),
        Panel(
            title="Waiting for a connection",
            meaning="Requests, events and loops that wait now, and waits given up in 5 minutes.",
            queries=[
                Query(
                    'sum by (service) (leadwire_database_connections_wanted{service=~"$service"})',
                    "{{service}} waiting",
                ),
                Query(
                    "sum by (service) (increase("
                    'leadwire_database_connections_refused_total{service=~"$service"}[5m]))',
                    "{{service}} given up",
                ),
            ],
        ),
        Panel(
            title="Event loop lag",
            meaning="How much later than due a process comes to its work, in 99 of 100 looks.",
            queries=[
                Query(
                    quantile_by(
                        "service",
                        0.99,
                        'leadwire_event_loop_lag_seconds_bucket{service=~"$service"}',
                    ),
                    "{{service}}",
                )
            ],
            unit="s",
        ),
        Panel(
            title="CPU",
            meaning="Cores that a process keeps busy.",
            queries=[
                Query(
                    'rate(process_cpu_seconds_total{service=~"$service"}[$__rate_interval])',
                    "{{service}} {{instance}}",
                )
            ],
        ),
        Panel(
            title="Memory",
            meaning="Resident memory of a process.",
            queries=[
                Query(
                    'process_resident_memory_bytes{service=~"$service"}',
                    "{{service}} {{instance}}",
                )
            ],
            unit="bytes",
        ),
        Panel(
            title="Open files",
            meaning="Files and sockets, as a share of what a process may have.",
            queries=[
                Query(
                    'process_open_fds{service=~"$service"} / process_max_fds',
                    "{{service}} {{instance}}",
                )
            ],
            unit="percentunit",
        ),
    ],
)
