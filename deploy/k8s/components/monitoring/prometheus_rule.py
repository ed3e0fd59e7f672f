"""Write `prometheus-rule.yaml` out of the alert rules; with `--check`, only say whether it is so.

Kustomize puts no file into a resource, so the rules stand there a second time.
"""

import sys
from pathlib import Path
from textwrap import indent

HERE = Path(__file__).parent
RULES = HERE.parents[2] / "prometheus" / "leadwire-alerts.yml"
RESOURCE = HERE / "prometheus-rule.yaml"

HEAD = """\
# Written by prometheus_rule.py out of deploy/prometheus/leadwire-alerts.yml.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: leadwire
spec:
"""


def main() -> int | str:
    """Write or check; returns what `sys.exit` takes."""
    _, groups, rules = RULES.read_text().partition("groups:\n")
    wanted = HEAD + indent(groups + rules, "  ")
    if sys.argv[1:] == ["--check"]:
        return 0 if RESOURCE.read_text() == wanted else f"{RESOURCE} is stale: run {__file__}"
    RESOURCE.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
