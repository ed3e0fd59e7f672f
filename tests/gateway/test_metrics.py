"""What Prometheus is told of the gateway, and that nobody else is."""

from gateway.conftest import StartGateway, Upstreams
from gateway.nginx import Gateway
from gateway.upstream import Exchange
from gateway.wire import connected, exchange, request
from prometheus_client.parser import text_string_to_metric_families

from leadwire.testing import eventually
from leadwire_standalone.metrics_reference import metrics_by_owner

METRICS = request("GET", "/metrics")


async def measured(gateway: Gateway) -> dict[str, float]:
    answer = await exchange(gateway.metrics_port, METRICS)
    assert answer.status == 200
    assert answer.header("Content-Type") == "text/plain; version=0.0.4"
    families = list(text_string_to_metric_families(answer.body.decode()))
    for family in families:
        assert [sample.labels for sample in family.samples] == [{"service": "gateway"}]
    return {
        sample.name.removeprefix("leadwire_gateway_connections_"): sample.value
        for family in families
        for sample in family.samples
    }


async def test_its_connections_are_counted_by_what_they_do(
    start_gateway: StartGateway, upstreams: Upstreams
) -> None:
    gateway = await start_gateway(GATEWAY_WORKERS="3", GATEWAY_WORKER_CONNECTIONS="70")

    async def stream(each: Exchange) -> None:
        await each.send(b"HTTP/1.1 200 OK\r\n\r\n{}\n")
        await each.reader.read()

    upstreams["stream-svc"].script = stream
    async with connected(gateway.port) as following, connected(gateway.port) as idle:
        await following.send(request("GET", "/v1/leads/stream"))
        assert (await following.head()).status == 200
        await idle.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await idle.head()).status == 200

        async def told() -> bool:
            # The follower, who waits, and Prometheus itself; who asked before may be leaving still.
            assert await measured(gateway) == {
                "active": 3, "reading": 0, "writing": 2, "waiting": 1, "max": 210,
            }  # fmt: skip
            return True

        await eventually(told, within=15, message="what is open is counted")


async def test_what_it_prints_is_what_the_reference_lists(gateway: Gateway) -> None:
    body = (await exchange(gateway.metrics_port, METRICS)).body.decode()
    printed = {
        (family.name, family.type, family.documentation)
        for family in text_string_to_metric_families(body)
    }
    listed = {(each.name, each.kind, each.meaning) for each in metrics_by_owner()["gateway"]}
    assert printed == listed


async def test_at_the_port_for_prometheus_there_is_nothing_else(
    gateway: Gateway, upstreams: Upstreams
) -> None:
    for path in ("/", "/v1/leads", "/healthz", "/docs", "/openapi.json", "/-/problem", "/metrics/"):
        assert (await exchange(gateway.metrics_port, request("GET", path))).status == 404, path
    assert not any(server.exchanges for server in upstreams.values())
    assert gateway.requests() == [], "nor does it log who asks"


async def test_the_counts_are_not_told_to_clients(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(GATEWAY_HOSTS="leads.example")
    for host in ("leads.example", f"leads.example:{gateway.metrics_port}"):
        answer = await exchange(gateway.port, request("GET", "/metrics", host=host))
        assert (answer.status, answer.code) == (404, "not_found")
