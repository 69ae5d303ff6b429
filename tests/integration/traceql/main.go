// Parses the TraceQL queries that it gets as arguments, as Grafana Tempo does.
package main

import (
	"fmt"
	"os"

	"github.com/grafana/tempo/pkg/traceql"
)

func main() {
	failed := false
	for _, query := range os.Args[1:] {
		if _, err := traceql.Parse(query); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", query, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
