#!/usr/bin/env bash
# Installs the servers of the integration tests into .servers/bin: Jaeger, a Collector, Tempo and the engine of its TraceQL by the Go
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

build() { # OUTPUT PACKAGE [LINKER FLAG], in the current directory
  local started=$SECONDS
  go build -mod=readonly -p 2 -ldflags="-s -w ${3:-}" -o "$servers/bin/$1.new" "$2"
  mv "$servers/bin/$1.new" "$servers/bin/$1"
  echo "$1 built in $((SECONDS - started)) s"
}

# `go install` would take newer requirements than a program's own go.sum vouches for, so it is built as its own main module.
build_module() { # OUTPUT PACKAGE MODULE FOLDER [LINKER FLAG], with the go.sum of the folder
  [ "$(cat "$servers/$1.version" 2>/dev/null)" != "$3" ] || return 0
  local source
  source="$(cd "$here/$4" && go mod download -json "$3" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')"
  rm -rf "${servers:?}/$1"
  cp -R "$source" "$servers/$1" && chmod -R u+w "$servers/$1" && rm -rf "$servers/$1/vendor"
  (cd "$servers/$1" && build "$1" "$2" "${5:-}")
  rm -rf "${servers:?}/$1"
  echo "$3" >"$servers/$1.version"
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
  build_module jaeger ./cmd/all-in-one "$jaeger" collector
  # Checks the configuration of the playground; of the version whose TraceQL is tested. It reaches into the runtime, which newer
  # linkers want to be told.
  build_module tempo ./cmd/tempo "$(cd "$here/traceql" && go list -m -f '{{.Path}}@{{.Version}}' github.com/grafana/tempo)" traceql -checklinkname=0
else
  echo "no Go toolchain on this machine: Jaeger, the Collector and the engine of TraceQL are not built"
fi
ls "$servers/bin"
