"""`/healthz` and `/metrics`."""

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from classroom.relay.hub import Hub
from signaling.context import HUB, KEEPER, LESSONS, SETTINGS, STORE, grant_of
from signaling.keeper import Keeper
from signaling.lessons import Lessons

_REGISTRY = web.AppKey("metrics", CollectorRegistry)
# What the hub counts that goes up and down again; everything else only rises.
_GAUGES = frozenset({"sessions", "publishers", "viewers", "handshakes", "routes", "segment_offload", "tcp_connections"})


class _Relay(Collector):
    """The server's own counters, read when asked; nothing is counted twice."""

    def __init__(self, hub: Hub, lessons: Lessons, keeper: Keeper) -> None:
        self._hub = hub
        self._keeper = keeper
        self._lessons = lessons

    def collect(self) -> list[Metric]:
        metrics: list[Metric] = [
            GaugeMetricFamily("classroom_lessons_open", "lessons open or live", value=self._lessons.open_count)
        ]
        metrics.append(
            GaugeMetricFamily(
                "classroom_recordings_damaged", "recordings with a missing or changed file", value=self._keeper.damaged
            )
        )
        for name, value in self._hub.stats().items():
            if name in _GAUGES:
                metrics.append(GaugeMetricFamily(f"classroom_relay_{name}", name, value=value))
            else:
                metrics.append(CounterMetricFamily(f"classroom_relay_{name}", name, value=value))
        return metrics


async def healthz(request: web.Request) -> web.Response:
    """200 while the store answers."""
    await request.app[STORE].journal.live()
    return web.json_response({"status": "ok"}, headers={"Cache-Control": "no-store"})


async def metrics(request: web.Request) -> web.Response:
    """Prometheus text; the server's secret unless the setting opens it."""
    if not request.app[SETTINGS].metrics:
        await grant_of(request, "read_metrics")
    body = generate_latest(request.app[_REGISTRY])
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _collect(app: web.Application) -> None:
    app[_REGISTRY].register(_Relay(app[HUB], app[LESSONS], app[KEEPER]))


def add_health(app: web.Application) -> None:
    """Register both routes; the collector is registered once hub and lessons exist."""
    app[_REGISTRY] = CollectorRegistry()
    app.on_startup.append(_collect)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/metrics", metrics)
