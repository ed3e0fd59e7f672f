"""How many database connections a process of a service holds beside its pool."""

BESIDE_THE_POOL = {
    "import-svc": 3,  # the relay listens, and leads or stands by; the lock of its imports
    "manager-svc": 2,  # the relay listens, and leads or stands by
    "notifier-svc": 3,  # as manager-svc; and it leads the replays, or stands by
    "stream-svc": 1,  # the tailer listens
}
