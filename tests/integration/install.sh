#!/usr/bin/env bash
# Installs the servers of the integration tests into .servers/bin: Jaeger, a Collector and Tempo's engine of TraceQL by the Go
# toolchain, Prometheus and promtool from Debian's packages. What is there already in the right version stays. Without Go or
# apt-get that part is left out.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
servers="$here/../../.servers"
mkdir -p "$servers/bin"
servers="$(cd "$servers" && pwd)"
jaeger="github.com/jaegertracing/jaeger@v1.76.0"
PATH="$PATH:/usr/local/go/bin"
export CGO_ENABLED=0

build() { # OUTPUT PACKAGE, in the current directory
  local started=$SECONDS
  go build -mod=readonly -p 2 -ldflags="-s -w" -o "$servers/bin/$1.new" "$2"
  mv "$servers/bin/$1.new" "$servers/bin/$1"
  echo "$1 built in $((SECONDS - started)) s"
}

# `go install` would take newer requirements than Jaeger's own go.sum vouches for, so Jaeger is built as its own main module.
install_jaeger() {
  local source
  source="$(cd "$here/collector" && go mod download -json "$jaeger" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')"
  rm -rf "$servers/jaeger"
  cp -R "$source" "$servers/jaeger" && chmod -R u+w "$servers/jaeger"
  (cd "$servers/jaeger" && build jaeger ./cmd/all-in-one)
  rm -rf "$servers/jaeger"
  echo "$jaeger" >"$servers/jaeger.version"
}

# Unpacked instead of installed: no service is started, and no part of the machine is changed.
install_prometheus() {
  [ "$(id -u)" != 0 ] || apt-get update -qq
  (cd "$servers" && rm -f prometheus_*.deb && apt-get download -qq -o APT::Sandbox::User=root prometheus)
  dpkg -x "$servers"/prometheus_*.deb "$servers/prometheus"
  mv "$servers"/prometheus/usr/bin/* "$servers/bin/"
  rm -rf "$servers"/prometheus_*.deb "$servers/prometheus"
}

if command -v apt-get >/dev/null; then
  [ -x "$servers/bin/prometheus" ] || install_prometheus
else
  echo "no apt-get on this machine: Prometheus is not installed"
fi
if command -v go >/dev/null; then
  for own in collector traceql; do
    if [ "$here/$own/go.sum" -nt "$servers/bin/$own" ] || [ "$here/$own/main.go" -nt "$servers/bin/$own" ]; then
      (cd "$here/$own" && build "$own" .)
    fi
  done
  [ "$(cat "$servers/jaeger.version" 2>/dev/null)" = "$jaeger" ] || install_jaeger
else
  echo "no Go toolchain on this machine: Jaeger, the Collector and the engine of TraceQL are not built"
fi
ls "$servers/bin"
