#!/usr/bin/env bash
# Installs the servers of the integration tests into .servers/bin: Jaeger and a Collector by the Go toolchain, Prometheus and promtool
# and a browser from Debian's packages, a reader of TraceQL and what draws dashboards by npm. What is there already in the right version stays. Without Go, apt-get or npm
# that part is left out. README.md beside this file lists the licence of each.
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

# `go install` would take newer requirements than a program's own go.sum vouches for, so it is built as its own main module.
build_module() { # OUTPUT PACKAGE MODULE FOLDER, with the go.sum of the folder
  [ "$(cat "$servers/$1.version" 2>/dev/null)" != "$3 $2" ] || return 0
  local source
  source="$(cd "$here/$4" && go mod download -json "$3" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')"
  rm -rf "${servers:?}/$1"
  cp -R "$source" "$servers/$1" && chmod -R u+w "$servers/$1" && rm -rf "$servers/$1/vendor"
  (cd "$servers/$1" && build "$1" "$2")
  rm -rf "${servers:?}/$1"
  echo "$3 $2" >"$servers/$1.version"
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
  # A browser has too many libraries to be unpacked: it is installed where that is allowed.
  if ! command -v chromium >/dev/null && [ "$(id -u)" = 0 ]; then
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
  fi
else
  echo "no apt-get on this machine: Prometheus and Chromium are not installed"
fi
install_traceql() {
  rm -rf "${servers:?}/traceql"
  cp -R "$here/traceql" "$servers/traceql"
  (cd "$servers/traceql" && npm install --silent --ignore-scripts --no-audit --no-fund --no-package-lock)
  printf '#!/bin/sh\nexec node "%s/traceql/main.mjs" "$@"\n' "$servers" >"$servers/bin/traceql"
  chmod +x "$servers/bin/traceql"
}

# Grafana's components draw the dashboard in a browser; `npm ci` takes exactly the versions of package-lock.json.
install_renderer() {
  rm -rf "${servers:?}/renderer"
  cp -R "$here/renderer" "$servers/renderer"
  (cd "$servers/renderer" && npm ci --silent && node licences.mjs && node build.mjs)
  printf '#!/bin/sh\nexec node "%s/renderer/draw.mjs" "$@"\n' "$servers" >"$servers/bin/draw-dashboard"
  chmod +x "$servers/bin/draw-dashboard"
}

stale() { # FOLDER PROGRAM: whether a file of the folder is newer than the program
  [ ! -e "$2" ] || [ -n "$(find "$1" -type f -newer "$2" -print -quit)" ]
}

if command -v npm >/dev/null; then
  if stale "$here/renderer" "$servers/bin/draw-dashboard"; then
    install_renderer
  fi
  if [ "$here/traceql/main.mjs" -nt "$servers/bin/traceql" ] || [ "$here/traceql/package.json" -nt "$servers/bin/traceql" ]; then
    install_traceql
  fi
else
  echo "no npm on this machine: the reader of TraceQL and what draws dashboards are not installed"
fi
if command -v go >/dev/null; then
  if [ "$here/collector/go.sum" -nt "$servers/bin/collector" ] || [ "$here/collector/main.go" -nt "$servers/bin/collector" ]; then
    (cd "$here/collector" && build collector .)
  fi
  build_module jaeger ./cmd/jaeger "$jaeger" collector
else
  echo "no Go toolchain on this machine: Jaeger and the Collector are not built"
fi
ls "$servers/bin"
