// Asks Grafana Tempo's own parser and engine: traceql SPANS QUERY...
// SPANS is a file with a JSON array of spans. Prints, as a JSON array, the ids of the spans that each query matches.
package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/grafana/tempo/pkg/tempopb"
	"github.com/grafana/tempo/pkg/traceql"
)

type span struct {
	Trace, SpanID, Name, Kind, Status string
	Resource, Tags                    map[string]any
}

var kinds = map[string]traceql.Kind{"client": traceql.KindClient, "internal": traceql.KindInternal}
var statuses = map[string]traceql.Status{"unset": traceql.StatusUnset, "error": traceql.StatusError}

func main() {
	spansets, err := read(os.Args[1])
	if err != nil {
		fail(err)
	}
	found := [][]string{}
	for _, query := range os.Args[2:] {
		matched, err := match(query, spansets)
		if err != nil {
			fail(fmt.Errorf("%s: %w", query, err))
		}
		found = append(found, matched)
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// read gives the spans by trace, as the engine evaluates them.
func read(path string) (storage, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	decoder.UseNumber()
	var spans []span
	if err := decoder.Decode(&spans); err != nil {
		return nil, err
	}
	traces := map[string]*traceql.Spanset{}
	spansets := storage{}
	for _, each := range spans {
		trace, known := traces[each.Trace]
		if !known {
			trace = &traceql.Spanset{TraceID: []byte(each.Trace)}
			traces[each.Trace] = trace
			spansets = append(spansets, trace)
		}
		trace.Spans = append(trace.Spans, each)
	}
	return spansets, nil
}

func match(query string, spansets storage) ([]string, error) {
	request := &tempopb.SearchRequest{Query: query, SpansPerSpanSet: math.MaxInt32}
	answer, err := traceql.NewEngine().ExecuteSearch(context.Background(), request, spansets)
	if err != nil {
		return nil, err
	}
	matched := []string{}
	for _, trace := range answer.Traces {
		for _, each := range trace.SpanSet.Spans {
			matched = append(matched, each.SpanID)
		}
	}
	return matched, nil
}

// storage holds the spans of each trace, and lets the engine decide.
type storage []*traceql.Spanset

func (s storage) Fetch(_ context.Context, request traceql.FetchSpansRequest) (traceql.FetchSpansResponse, error) {
	var results rest
	for _, spanset := range s {
		matched, err := request.SecondPass(spanset)
		if err != nil {
			return traceql.FetchSpansResponse{}, err
		}
		results = append(results, matched...)
	}
	return traceql.FetchSpansResponse{Results: &results}, nil
}

type rest []*traceql.Spanset

func (r *rest) Close() {}

func (r *rest) Next(context.Context) (*traceql.Spanset, error) {
	if len(*r) == 0 {
		return nil, nil
	}
	next := (*r)[0]
	*r = (*r)[1:]
	return next, nil
}

func (s span) ID() []byte {
	id, _ := hex.DecodeString(s.SpanID)
	return id
}
func (s span) StartTimeUnixNanos() uint64 { return 0 }
func (s span) DurationNanos() uint64      { return 0 }

func (s span) Attributes() map[traceql.Attribute]traceql.Static {
	all := map[traceql.Attribute]traceql.Static{
		traceql.NewIntrinsic(traceql.IntrinsicName):   traceql.NewStaticString(s.Name),
		traceql.NewIntrinsic(traceql.IntrinsicKind):   traceql.NewStaticKind(kinds[s.Kind]),
		traceql.NewIntrinsic(traceql.IntrinsicStatus): traceql.NewStaticStatus(statuses[s.Status]),
	}
	for name, value := range s.Resource {
		all[traceql.NewScopedAttribute(traceql.AttributeScopeResource, false, name)] = static(value)
	}
	for name, value := range s.Tags {
		all[traceql.NewScopedAttribute(traceql.AttributeScopeSpan, false, name)] = static(value)
	}
	return all
}

func static(value any) traceql.Static {
	switch value := value.(type) {
	case string:
		return traceql.NewStaticString(value)
	case bool:
		return traceql.NewStaticBool(value)
	case json.Number:
		if whole, err := value.Int64(); err == nil && !strings.ContainsAny(value.String(), ".eE") {
			return traceql.NewStaticInt(int(whole))
		}
		number, _ := value.Float64()
		return traceql.NewStaticFloat(number)
	}
	return traceql.NewStaticNil() // lists, which this Tempo does not search
}
