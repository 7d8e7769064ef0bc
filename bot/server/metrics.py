"""/metrics for Prometheus: what happened in this process, and what the bot measures when asked."""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

from bot.core.notices import Answered, CheckEnded, Progress, RunChanged
from bot.core.requests import Measures
from bot.server.backend import Backend
from components.schema.results.values import Verdict

ANSWER_BUCKETS = (0.5, 1, 3, 10, 30, 60, 180, 600, 1_800, 3_600, 10_800)
CHECK_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
HTTP_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30)


class _Measured(Collector):
    """Turns `Backend.measure()` into metrics, at each scrape."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def collect(self) -> Iterator[Metric]:
        """All families; called by prometheus_client."""
        now = self._backend.measure()
        yield _gauges("algoops_jobs", "Jobs by status.", "status", now.queue)
        yield _gauges("algoops_strategies", "Strategies by state.", "state", now.strategies)
        yield _gauges("algoops_sandbox_guests", "Sandbox guests.", "state", now.sandbox)
        yield _gauges(
            "algoops_forge_quota_remaining", "Forge calls left.", "repository", now.forge_quota
        )
        yield _gauges("algoops_orders", "Order sheets of what is deployed.", "state", now.orders)
        yield from _single(now)
        yield _forge_calls(now)
        landed = CounterMetricFamily("algoops_deployments", "Landings.", labels=["kind"])
        for kind, amount in sorted(now.deployments.items()):
            landed.add_metric([kind], amount)
        yield landed


def _gauges(name: str, text: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _single(now: Measures) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "algoops_event_lag_seconds", "Age of the oldest event not taken.", now.event_lag_s
    )
    yield GaugeMetricFamily(
        "algoops_lost_strategies", "Live strategies taken off the base outside the bot.", now.lost
    )
    yield GaugeMetricFamily(
        "algoops_settings_refused", "1: changed settings are broken.", int(now.settings_refused)
    )
    oldest = GaugeMetricFamily(
        "algoops_oldest_job_seconds", "Age of the job that waits longest.", labels=["queue"]
    )
    for queue, seconds in now.oldest_job_s.items():
        oldest.add_metric([queue], seconds)
    yield oldest
    yield GaugeMetricFamily(
        "algoops_database_bytes", "Size of the database with its WAL.", now.database_bytes
    )


def _forge_calls(now: Measures) -> Metric:
    family = CounterMetricFamily(
        "algoops_forge_calls", "Calls of the forge.", labels=["repository", "outcome"]
    )
    for (repository, outcome), amount in sorted(now.forge_calls.items()):
        family.add_metric([repository, outcome], amount)
    return family


class Meters:
    """All metrics of one server; `listen` is told of progress, `request` of each answer."""

    def __init__(self, backend: Backend) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Measured(backend))
        self._checks = Histogram(
            "algoops_check_duration_seconds",
            "How long checks took.",
            ["check", "outcome"],
            buckets=CHECK_BUCKETS,
            registry=self._registry,
        )
        self._runs = Counter(
            "algoops_runs", "Runs that ended.", ["verdict"], registry=self._registry
        )
        self._answers = Histogram(
            "algoops_answer_seconds",
            "From the push until its author was told the first thing, and the verdict.",
            ["until"],
            buckets=ANSWER_BUCKETS,
            registry=self._registry,
        )
        self._requests = Histogram(
            "algoops_http_request_duration_seconds",
            "How long answers took.",
            ["method", "route", "status"],
            buckets=HTTP_BUCKETS,
            registry=self._registry,
        )

        for verdict in Verdict:  # Prometheus sees no increase in a count that begins with 1
            self._runs.labels(verdict.value)
        for until in ("first", "verdict"):
            self._answers.labels(until)

    def listen(self, progress: Progress) -> None:
        """Count what the bot says happened; from any thread."""
        match progress:
            case CheckEnded():
                series = self._checks.labels(progress.check, str(progress.outcome))
                series.observe(progress.duration_s)
            case RunChanged() if progress.verdict:
                self._runs.labels(progress.verdict).inc()
            case Answered():
                self._answers.labels(progress.until).observe(progress.waited_s)
            case _:
                return

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer; `route` is the template, never the path that was asked."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)
