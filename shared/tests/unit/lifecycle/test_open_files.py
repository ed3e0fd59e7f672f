import subprocess
import sys

import pytest

PROGRAM = """
import resource
from leadwire.lifecycle import allow_many_open_files
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
allow_many_open_files()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(("soft", "hard"), [(256, 512), (512, 512)])
def test_a_process_has_as_many_open_files_as_it_may_allow_itself(soft: int, hard: int) -> None:
    # In a process of its own: a lowered hard limit cannot be raised again.
    program = PROGRAM.format(soft=soft, hard=hard)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["512", "512"]
