"""OTLP endpoints: which one a signal uses, and the usual mistakes in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit, urlunsplit

from gemini_otel._commands.check.report import Finding

SIGNALS = ("traces", "metrics", "logs")
_GENERIC = "OTEL_EXPORTER_OTLP_ENDPOINT"
_PORTS = {"grpc": 4317, "http": 4318}
_PROTOCOL_NAMES = {"grpc": "grpc", "http": "http/protobuf"}


def protocol_of(signal: str, environ: Mapping[str, str]) -> str | None:
    """`grpc` or `http`, according to the environment; None if it names neither for this signal."""
    text = environ.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL") or environ.get(
        "OTEL_EXPORTER_OTLP_PROTOCOL", ""
    )
    return "grpc" if text.strip() == "grpc" else "http" if text.strip().startswith("http") else None


def endpoint_of(signal: str, protocol: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """The endpoint of the exporter, and the variable that sets it; the variable is "" for the default."""
    specific = f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT"
    if environ.get(specific):
        return environ[specific], specific
    generic = environ.get(_GENERIC)
    base = generic or f"http://localhost:{_PORTS[protocol]}"
    url = f"{base.rstrip('/')}/v1/{signal}" if protocol == "http" else base
    return url, _GENERIC if generic else ""


def environment_problems(signal: str, protocol: str, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Mistakes in the endpoint that the environment sets."""
    url, variable = endpoint_of(signal, protocol, environ)
    if variable:
        yield from problems(signal, protocol, url, f"{variable}={masked(environ[variable])}")


def problems(signal: str, protocol: str, url: str, where: str) -> Iterator[Finding]:
    """Mistakes in `url`, to which the exporter of `signal` sends; `where` is what the user has to change."""
    if "://" not in url:
        yield Finding(
            "error",
            f"{where} has no scheme.",
            f"Begin it with http:// or https://, as in {_example(protocol)}.",
        )
        return
    parts = urlsplit(url)
    port, path = _port(parts.netloc), parts.path.rstrip("/")
    if port == _PORTS[_other(protocol)]:
        yield Finding(
            "error",
            f"{where}: port {port} is that of OTLP over {_PROTOCOL_NAMES[_other(protocol)]}, and the protocol is "
            f"{_PROTOCOL_NAMES[protocol]}.",
            f"Use port {_PORTS[protocol]}, or OTEL_EXPORTER_OTLP_PROTOCOL={_PROTOCOL_NAMES[_other(protocol)]}.",
        )
    if protocol == "http":
        yield from _path_problems(signal, path, where)
    elif path:
        yield Finding(
            "warning",
            f"{where} has a path, which OTLP over grpc ignores.",
            f"Leave it out: {_example(protocol)}.",
        )


def _path_problems(signal: str, path: str, where: str) -> Iterator[Finding]:
    suffix = f"/v1/{signal}"
    before = path.removesuffix(suffix)
    if any(f"/v1/{each}" in before for each in SIGNALS):
        yield Finding(
            "error",
            f"{where}: data is sent to {path}, which contains the signal's path twice.",
            f"End {_GENERIC} before /v1/...; the exporter adds that itself.",
        )
    elif not path.endswith(suffix):
        yield Finding(
            "warning",
            f"{where} does not end in {suffix}; an endpoint of one signal is used unchanged.",
            f"Add {suffix} unless the back end takes {signal} there.",
        )


def masked(url: str) -> str:
    """`url` without the parts that may be secret: user, password and query."""
    parts = urlsplit(url if "://" in url else f"//{url}")
    host = parts.netloc.rpartition("@")[2]
    netloc = f"***@{host}" if "@" in parts.netloc else host
    shown = urlunsplit((parts.scheme, netloc, parts.path, "***" if parts.query else "", ""))
    return shown if "://" in url else shown.removeprefix("//")


def address(protocol: str, url: str) -> tuple[str, int]:
    """Host and port of an endpoint."""
    parts = urlsplit(url if "://" in url else f"//{url}")
    fallback = {"https": 443, "http": 80}.get(parts.scheme, 80) if protocol == "http" else _PORTS["grpc"]
    return parts.hostname or "localhost", _port(parts.netloc) or fallback


def _port(netloc: str) -> int | None:
    text = netloc.rpartition("@")[2].rpartition(":")[2]
    return int(text) if text.isdecimal() else None


def _other(protocol: str) -> str:
    return "http" if protocol == "grpc" else "grpc"


def _example(protocol: str) -> str:
    return f"http://localhost:{_PORTS[protocol]}"
