"""How many database connections a process of a service holds beside its pool.

One of each says by a lock which broker it has.
"""

BESIDE_THE_POOL = {
    "import-svc": 4,  # the relay listens, and leads or stands by; the lock of its imports
    "manager-svc": 3,  # the relay listens, and leads or stands by
    "notifier-svc": 4,  # as manager-svc; and it leads the replays, or stands by
    "stream-svc": 2,  # the tailer listens
}
