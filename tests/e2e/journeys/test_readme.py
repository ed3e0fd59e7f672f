"""The README's commands, as printed, one after another, in one shell, on a standalone."""

import json
import re
import subprocess
from pathlib import Path

from e2e.at_rest import IN_PLACE_OF_A_SECOND

ROOT = Path(__file__).parents[3]
BASH_BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_commands_of_the_readme_work_as_printed(standalone_address: str, tmp_path: Path) -> None:
    blocks = BASH_BLOCK.findall((ROOT / "README.md").read_text())
    separator = "\necho; echo ---\n"
    script = "set -euo pipefail\n" + IN_PLACE_OF_A_SECOND + separator.join(blocks)
    done = subprocess.run(
        ["bash", "-c", script.replace("127.0.0.1:8080", standalone_address)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    _managers, receipt, marked, journal_and_stream = done.stdout.split("\n---\n")
    assert json.loads(receipt)["imported"] == 3
    assert json.loads(receipt)["failures"][0]["codes"] == ["cellphone_invalid"]
    assert json.loads(marked)["lead"]["name"] == "Barbara"
    assert json.loads(marked)["next_lead"]["name"] == "Frances"
    assert '"type":"lead_interested_created"' in journal_and_stream
    assert '"barbara@example.com"' in journal_and_stream
    assert journal_and_stream.rstrip().endswith('{"type":"end","count":1}')
