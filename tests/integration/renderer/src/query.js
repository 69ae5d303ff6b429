// What Grafana does between a dashboard and its data: it fills in variables, asks the data sources and makes data frames of the answers.
import { FieldType, toDataFrame } from '@grafana/data';

const UNITS = { s: 1, m: 60, h: 3600 };
const STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600];
const seconds = (text) => UNITS[text.slice(-1)] * Number(text.slice(0, -1));

export function filled(text, view, step = 0) {
  const resolution = seconds(view.variables.resolution);
  const rate = Math.max(step + resolution, 4 * resolution);
  const own = { __rate_interval: `${rate}s`, __rate_interval_ms: rate * 1000, __range: `${Math.round((view.to - view.from) / 1000)}s` };
  return text.replace(/\$\{(\w+)(?::\w+)?\}|\$(\w+)/g, (all, braced, plain) => own[braced || plain] ?? view.variables[braced || plain] ?? all);
}

export async function ask(panel, view, width) {
  const asked = await Promise.all(panel.targets.map((target) => (target.expr ? askPrometheus(target, view, width) : askJaeger(target, view))));
  return { frames: asked.flatMap((each) => each.frames), errors: asked.flatMap((each) => each.error ?? []) };
}

async function askPrometheus(target, view, width) {
  const step = STEPS.find((each) => each >= Math.max(seconds(view.variables.resolution), (view.to - view.from) / 1000 / width)) ?? 600;
  const [start, end] = [view.from, view.to].map((at) => Math.floor(at / 1000 / step) * step);
  const query = filled(target.expr, view, step);
  const path = target.instant ? '/prometheus/api/v1/query' : '/prometheus/api/v1/query_range';
  const time = target.instant ? { time: view.to / 1000 } : { start, end, step };
  const answer = await (await fetch(path, { method: 'POST', body: new URLSearchParams({ query, ...time }) })).json();
  if (answer.status !== 'success') return { frames: [], error: [answer.error] };
  const rows = answer.data.result;
  if (target.format === 'table') return { frames: rows.length ? [tableOf(rows, target)] : [] };
  return { frames: rows.map((row) => seriesOf(row, target, { start, end, step })) };
}

function tableOf(rows, target) {
  const labels = [...new Set(rows.flatMap((row) => Object.keys(row.metric)))];
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: rows.map((row) => row.value[0] * 1000) },
      ...labels.map((name) => ({ name, type: FieldType.string, values: rows.map((row) => row.metric[name] ?? '') })),
      { name: 'Value', type: FieldType.number, values: rows.map((row) => Number(row.value[1])) },
    ],
  });
}

function seriesOf(row, target, { start, end, step }) {
  const known = new Map((row.values ?? [row.value]).map(([at, value]) => [at * 1000, Number(value)]));
  const times = target.instant ? [...known.keys()] : Array.from({ length: (end - start) / step + 1 }, (_, index) => (start + index * step) * 1000);
  return toDataFrame({
    refId: target.refId,
    meta: { type: 'timeseries-multi' },
    fields: [
      { name: 'Time', type: FieldType.time, values: times, config: { interval: step * 1000 } },
      { name: 'Value', type: FieldType.number, labels: row.metric, values: times.map((at) => known.get(at) ?? null), config: { displayNameFromDS: nameOf(row.metric, target) } },
    ],
  });
}

function nameOf(metric, { legendFormat }) {
  if (legendFormat && legendFormat !== '__auto') return legendFormat.replace(/\{\{\s*(\S+?)\s*\}\}/g, (_, name) => metric[name] ?? '');
  const labels = Object.entries(metric);
  return labels.length === 1 ? labels[0][1] : labels.map(([name, value]) => `${name}="${value}"`).join(', ') || 'Value';
}

// As Grafana's data source for Jaeger shows what a search finds.
async function askJaeger(target, view) {
  const tags = Object.fromEntries(filled(target.tags, view).split(' ').filter(Boolean).map((pair) => pair.split('=')));
  const query = { service: filled(target.service, view), limit: target.limit, start: view.from * 1000, end: view.to * 1000, tags: JSON.stringify(tags) };
  const answer = await (await fetch(`/jaeger/api/traces?${new URLSearchParams(query)}`)).json();
  if (answer.errors) return { frames: [], error: answer.errors.map((each) => each.msg) };
  const traces = answer.data.map(summaryOf).sort((one, other) => other.start - one.start);
  const column = (name, type, key) => ({ name, type, values: traces.map((each) => each[key]) });
  const fields = [column('Trace ID', FieldType.string, 'id'), column('Trace name', FieldType.string, 'name'), column('Start time', FieldType.time, 'start'), { ...column('Duration', FieldType.number, 'duration'), config: { unit: 'µs' } }];
  return { frames: traces.length ? [toDataFrame({ refId: target.refId, fields })] : [] };
}

function summaryOf({ traceID, spans, processes }) {
  const ids = new Set(spans.map((span) => span.spanID));
  const root = spans.find((span) => !span.references.some((each) => ids.has(each.spanID))) ?? spans[0];
  return { id: traceID, name: `${processes[root.processID].serviceName}: ${root.operationName}`, start: root.startTime / 1000, duration: root.duration };
}
