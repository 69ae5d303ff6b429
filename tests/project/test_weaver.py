"""OpenTelemetry's own checker, weaver, on the registry and on everything that is emitted."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import Histogram
from opentelemetry.trace import SpanKind

from gemini_otel._facts import names
from support import ROOT
from support.emissions import collect

WEAVER = shutil.which("weaver")
REGISTRY = ROOT / "docs" / "registry"
pytestmark = pytest.mark.skipif(
    WEAVER is None, reason="weaver is not installed: https://github.com/open-telemetry/weaver"
)


def weaver(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(WEAVER), "registry", *arguments], capture_output=True, text=True, timeout=100, check=False
    )


def test_the_registry() -> None:
    """The registry is valid by weaver's newest rules."""
    done = weaver("check", "-r", str(REGISTRY), "--future")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("profile", names.PROFILE_NAMES)
def test_live_check(profile: str, tmp_path: Path) -> None:
    """Weaver's live check finds no violation in anything that is emitted."""
    emissions = collect(profile)
    samples = [*map(span_sample, emissions.spans), *map(metric_sample, emissions.metrics)]
    samples += map(log_sample, emissions.log_records)
    samples = list({shape(each): each for each in samples}.values())
    path = tmp_path / "samples.json"
    path.write_text(json.dumps(samples), encoding="utf-8")
    done = weaver(
        "live-check",
        *("-r", str(REGISTRY), "--input-source", str(path), "--input-format", "json"),
        *("--format", "json", "--output", str(tmp_path), "--no-stream=true"),
    )
    report = json.loads((tmp_path / "live_check.json").read_text(encoding="utf-8"))
    violations = {each["message"] for each in advice(report) if each["level"] == "violation"}
    assert sorted(violations) == []
    assert report["statistics"]["total_entities"] >= len(samples)
    assert done.returncode == 0, done.stdout + done.stderr


def shape(sample: Any) -> str:
    """A sample without its values, of which one with the same names and types is as good as a hundred."""
    if isinstance(sample, dict):
        named = {
            k: v if k in {"name", "kind", "unit", "instrument", "code"} else shape(v)
            for k, v in sample.items()
        }
        return json.dumps(named, sort_keys=True)
    if isinstance(sample, list):
        return "|".join(sorted(set(map(shape, sample))))
    return type(sample).__name__


def advice(report: Any) -> Iterator[dict[str, Any]]:
    """Every finding, wherever it hangs in the report."""
    if isinstance(report, dict):
        yield from report.get("all_advice", ())
        report = list(report.values())
    if isinstance(report, list):
        for each in report:
            yield from advice(each)


def attributes(found: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in (found or {}).items()]


def span_sample(span: Any) -> dict[str, Any]:
    events = [{"name": event.name, "attributes": attributes(event.attributes)} for event in span.events]
    return {
        "span": {
            "name": span.name,
            "kind": SpanKind(span.kind).name.lower(),
            "status": {
                "code": span.status.status_code.name.lower(),
                "message": span.status.description or "",
            },
            "attributes": attributes(span.attributes),
            "span_events": events,
            "span_links": [],
        }
    }


def metric_sample(metric: Any) -> dict[str, Any]:
    histogram = isinstance(metric.data, Histogram)
    return {
        "metric": {
            "name": metric.name,
            "unit": metric.unit,
            "instrument": "histogram" if histogram else "counter",
            "data_points": [point_sample(point, histogram) for point in metric.data.data_points],
        }
    }


def point_sample(point: Any, histogram: bool) -> dict[str, Any]:
    if not histogram:
        return {"attributes": attributes(point.attributes), "value": point.value}
    return {
        "attributes": attributes(point.attributes),
        "count": point.count,
        "sum": point.sum,
        "min": point.min,
        "max": point.max,
        "bucket_counts": list(point.bucket_counts),
        "explicit_bounds": list(point.explicit_bounds),
        "exemplars": [],
        "flags": 0,
        "positive": None,
        "negative": None,
        "scale": 0,
        "zero_count": 0,
    }


def log_sample(record: Any) -> dict[str, Any]:
    return {
        "log": {
            "event_name": getattr(record, "event_name", None) or record.attributes["event.name"],
            "severity_number": record.severity_number.value,
            "severity_text": record.severity_text,
            "body": str(record.body or ""),
            "attributes": attributes(record.attributes),
        }
    }
