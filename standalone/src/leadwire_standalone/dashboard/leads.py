"""How leads come in and go to managers."""

from typing import Final

from leadwire_standalone.dashboard.grafana import Panel, Query, Row
from leadwire_standalone.dashboard.queries import ERROR_SHARE, quantiles

NOW: Final = Row(
    "Now",
    [
        Panel(
            title="Leads waiting",
            meaning="Leads without a manager and a decision.",
            queries=[Query("max(leadwire_waiting_leads)", "waiting")],
            kind="stat",
            width=4,
        ),
        Panel(
            title="Oldest waiting lead",
            meaning="Its age, since it came in.",
            queries=[Query("max(leadwire_oldest_waiting_lead_seconds)", "age")],
            unit="s",
            kind="stat",
            alarming=86_400,
            width=4,
        ),
        Panel(
            title="Relay lag",
            meaning="How long the oldest event has waited to be published.",
            queries=[Query("max(leadwire_outbox_oldest_pending_seconds)", "lag")],
            unit="s",
            kind="stat",
            alarming=60,
            width=4,
        ),
        Panel(
            title="Parked",
            meaning="Events and deliveries that wait for somebody's decision.",
            queries=[
                Query(
                    "sum(max by (service, subscription) (leadwire_parked_events))"
                    " + sum(max by (service) (leadwire_outbox_parked_events))",
                    "parked",
                )
            ],
            kind="stat",
            alarming=1,
            width=4,
        ),
        Panel(
            title="HTTP errors",
            meaning="Share of requests that are answered with 5xx, at the worst service.",
            queries=[Query(f"max({ERROR_SHARE}) or vector(0)", "5xx")],
            unit="percentunit",
            kind="stat",
            alarming=0.05,
            width=4,
        ),
        Panel(
            title="Replicas that answer",
            meaning="Processes that Prometheus reaches, by job.",
            queries=[Query('sum by (job) (up{job=~".*-svc|gateway"})', "{{job}}")],
            kind="stat",
            width=4,
        ),
    ],
)

IMPORTS: Final = Row(
    "Imports",
    [
        Panel(
            title="Rows of imports",
            meaning="Stored in a second, as leads or as failures.",
            queries=[
                Query(
                    "sum by (outcome) (rate(leadwire_import_rows_total[$__rate_interval]))",
                    "{{outcome}}",
                )
            ],
            unit="rowsps",
        ),
        Panel(
            title="Leads one by one",
            meaning="Created in a second by the form, or over the API.",
            queries=[
                Query(
                    "sum by (origin) (rate(leadwire_single_leads_total[$__rate_interval]))",
                    "{{origin}}",
                )
            ],
            unit="ops",
        ),
        Panel(
            title="Imports",
            meaning="Those that a process works on, and those in the background that none does.",
            queries=[
                Query("max(leadwire_imports_running)", "running"),
                Query("max(leadwire_imports_waiting)", "waiting"),
            ],
        ),
    ],
)

ASSIGNMENT: Final = Row(
    "Assignment",
    [
        Panel(
            title="Waiting leads and free places",
            meaning="With automatic assignment, one of the two is 0 nearly always.",
            queries=[
                Query("max(leadwire_waiting_leads)", "waiting leads"),
                Query("max(leadwire_free_places)", "free places"),
            ],
        ),
        Panel(
            title="Time to assignment",
            meaning="From a lead's creation to the first time that a manager got it.",
            queries=quantiles("leadwire_assignment_wait_seconds"),
            unit="s",
        ),
        Panel(
            title="First assignments",
            meaning="Leads that got a manager for the first time, in a second.",
            queries=[
                Query(
                    "sum(rate(leadwire_assignment_wait_seconds_count[$__rate_interval]))",
                    "assigned",
                )
            ],
            unit="ops",
        ),
    ],
)
