"""How many files and connections a process may have open at once."""

import resource
from typing import Final

_ENOUGH: Final = 65_536


def allow_many_open_files() -> None:
    """Let a process that serves have as many as it may allow itself, up to 65,536.

    Each follower of the stream is one, and engines of containers start processes with 1,024.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
