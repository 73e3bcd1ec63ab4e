"""Prometheus metrics: counts and times by route, status, code and bundle; nothing of a note.

With several workers, ``PROMETHEUS_MULTIPROC_DIR`` (set by ``soapcode serve``) makes `/metrics` speak for all of them.
"""

from __future__ import annotations

import os

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from service.feedback import FeedbackEvent, FeedbackSink

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The counters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.requests = Counter(
            "soapcode_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self.seconds = Histogram(
            "soapcode_request_seconds", "Time to answer.", ("route",), buckets=_SECONDS, registry=registry
        )
        self.under_way = Gauge(
            "soapcode_requests_under_way", "Requests being answered.", registry=registry, multiprocess_mode="livesum"
        )
        self.reading = Histogram(
            "soapcode_reading_seconds", "Time to read a note, waiting included.", buckets=_SECONDS, registry=registry
        )
        self.unread = Counter(
            "soapcode_notes_unread", "Notes given up: too slow, or no thread free.", ("why",), registry=registry
        )
        self.codes = Counter("soapcode_codes_suggested", "Codes suggested.", ("code",), registry=registry)
        self.feedback = Counter("soapcode_feedback", "Decisions kept.", ("action",), registry=registry)
        self.switches = Counter("soapcode_bundle_switches", "Changes of bundle.", ("outcome",), registry=registry)
        self.store_failures = Counter(
            "soapcode_store_failures", "Times the store did not answer.", ("error",), registry=registry
        )
        self.bundle = Gauge(
            "soapcode_bundle",
            "1 for the bundle in use.",
            ("version",),
            registry=registry,
            multiprocess_mode="livemostrecent",
        )

    def use(self, version: str, before: str | None = None) -> None:
        """Say which bundle answers from now on."""
        if before is not None and before != version:
            self.bundle.labels(before).set(0)
        self.bundle.labels(version).set(1)

    def text(self) -> tuple[bytes, str]:
        """The metrics in Prometheus' text format, and its content type."""
        registry = self.registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST


class CountedFeedback:
    """A sink that also counts what it was given."""

    def __init__(self, sink: FeedbackSink, metrics: Metrics) -> None:
        self.sink = sink
        self._metrics = metrics

    def record(self, event: FeedbackEvent) -> None:
        """Keep an event and count it."""
        self.sink.record(event)
        self._metrics.feedback.labels(event.action).inc()
