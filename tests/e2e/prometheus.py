"""A real Prometheus with the configuration and the rules of this repository."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
import yaml

from leadwire.db.embedded import free_port
from leadwire.testing import eventually

DEPLOY: Final = Path(__file__).parents[2] / "deploy" / "prometheus"


class Prometheus:
    """Scrapes what it is given every second.

    Args:
        targets: The address of each job, without a scheme.
        directory: Of its configuration and data.
    """

    def __init__(self, *, targets: Mapping[str, str], directory: Path) -> None:
        self._targets = targets
        self._directory = directory
        self._url = f"http://127.0.0.1:{free_port()}"
        self._process: subprocess.Popen[bytes] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        config = self._directory / "prometheus.yml"
        config.write_text(yaml.safe_dump(self._config()))
        self._session = aiohttp.ClientSession(self._url)
        with (self._directory / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={config}",
                    f"--storage.tsdb.path={self._directory / 'prometheus'}",
                    f"--web.listen-address={self._url.removeprefix('http://')}",
                ],
                stdout=log,
                stderr=log,
            )
        await eventually(self._is_ready, within=30, message="Prometheus is ready")
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def query(self, expression: str) -> list[dict[str, str]]:
        """Return the labels of each series that an expression has now."""
        data = await self._get("/api/v1/query", query=expression)
        return [series["metric"] for series in data["result"]]

    async def faults(self) -> list[str]:
        """Return what is wrong with rules; what was not evaluated yet is wrong."""
        groups = (await self._get("/api/v1/rules"))["groups"]
        return [
            f"{rule['name']}: {rule['health']} {rule.get('lastError', '')}"
            for group in groups
            for rule in group["rules"]
            if rule["health"] != "ok"
        ]

    async def _get(self, path: str, **query: str) -> Any:
        assert self._session is not None
        async with self._session.get(path, params=query) as response:
            answer = await response.json()
            assert answer["status"] == "success", answer
            return answer["data"]

    async def _is_ready(self) -> bool:
        assert self._session is not None
        try:
            async with self._session.get("/-/ready") as response:
                return response.status == 200
        except aiohttp.ClientConnectionError:
            return False

    def _config(self) -> dict[str, Any]:
        """The configuration as it stands there, but with addresses of this test."""
        config: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(DEPLOY / file) for file in config["rule_files"]]
        for job in config["scrape_configs"]:
            address = self._targets[job["job_name"]]
            del job["dns_sd_configs"]
            job["static_configs"] = [{"targets": [address]}]
        return config
