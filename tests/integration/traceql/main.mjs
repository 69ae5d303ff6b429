// Finds spans by TraceQL: node main.mjs SPANS QUERY...
// SPANS is a file with a JSON array of spans. Prints, as a JSON array, the ids of the spans that each query matches.
// Grafana's grammar parses a query. What a filter means is evaluated here, as https://grafana.com/docs/tempo/latest/traceql/ says;
// `select(...)` after it only adds columns.
import { readFileSync } from "node:fs";
import { parser } from "@grafana/lezer-traceql";

const COMPARE = {
  "=": (left, right) => left === right,
  "!=": (left, right) => left !== right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  "=~": (left, right) => anchored(right).test(left),
  "!~": (left, right) => !anchored(right).test(left),
};
const ORDERED = ["string", "number"];

const anchored = (pattern) => new RegExp(`^(?:${pattern})$`);

/** The one filter of a query; an error where the query is not valid or is more than a filter. */
function filterOf(query) {
  const tree = parser.parse(query);
  tree.iterate({
    enter: (node) => {
      if (node.type.isError) throw new Error(`syntax error at ${node.from} of ${query}`);
    },
  });
  let pipeline = tree.topNode.firstChild;
  const after = pipeline?.getChild("Pipe")?.nextSibling;
  if (after && after.firstChild?.firstChild?.name !== "SelectOperation") throw new Error(`not evaluated: ${query}`);
  while (pipeline?.name === "SpansetPipelineExpression") pipeline = pipeline.firstChild;
  const filter = pipeline?.firstChild;
  if (filter?.name !== "SpansetFilter" || filter.nextSibling) throw new Error(`not one filter: ${query}`);
  return expression(filter.firstChild, query, true);
}

/** A function from a span to the value of an expression; undefined where the span lacks an attribute. */
function expression(node, query, mustDecide = false) {
  const children = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  const text = (child) => query.slice(child.from, child.to);
  if (children.length === 3) {
    const [left, operator, right] = children;
    if (operator.name === "And" || operator.name === "Or") {
      const [first, second] = [left, right].map((side) => expression(side, query, true));
      return operator.name === "And" ? (span) => first(span) && second(span) : (span) => first(span) || second(span);
    }
    const compare = COMPARE[text(operator)];
    if (!compare) throw new Error(`not evaluated: ${text(operator)}`);
    const [first, second] = [left, right].map((side) => expression(side, query));
    if (right.firstChild?.name === "IntrinsicField" && /[<>]/.test(text(operator)))
      throw new Error(`illegal operation: ${text(node)}`);
    return (span) => {
      const [value, wanted] = [first(span), second(span)];
      if (value === undefined || wanted === undefined || typeof value !== typeof wanted) return false;
      return (ORDERED.includes(typeof value) || /^!?=$/.test(text(operator))) && compare(value, wanted);
    };
  }
  if (mustDecide && children[0]?.name !== "FieldExpression") throw new Error(`must resolve to a boolean: ${text(node)}`);
  const [only] = children;
  if (only.name === "FieldExpression") return expression(only, query, mustDecide);
  if (only.name === "IntrinsicField") return intrinsic(text(only));
  if (only.name === "AttributeField") return attribute(text(only));
  if (only.name === "Static") return constant(text(only));
  throw new Error(`not evaluated: ${text(node)}`);
}

function intrinsic(name) {
  const field = { name: "Name", kind: "Kind", status: "Status" }[name];
  if (!field) throw new Error(`not evaluated: ${name}`);
  return (span) => span[field];
}

function attribute(name) {
  const [scope] = name.split(".", 1);
  const field = { resource: "Resource", span: "Tags" }[scope];
  if (!field) throw new Error(`not evaluated: ${name}`);
  const key = name.slice(scope.length + 1);
  return (span) => (Array.isArray(span[field][key]) ? undefined : span[field][key]); // lists are not searched
}

/** A text, a number, a boolean, or a word such as `error` or `client`. */
function constant(written) {
  const quoted = written.startsWith("`") ? written.slice(1, -1) : undefined;
  let value = written;
  try {
    value = quoted ?? JSON.parse(written);
  } catch {} // eslint-disable-line no-empty
  return () => value;
}

try {
  const [file, ...queries] = process.argv.slice(2);
  const spans = JSON.parse(readFileSync(file, "utf-8"));
  const ids = queries.map((query) => spans.filter(filterOf(query)).map((span) => span.SpanID));
  process.stdout.write(`${JSON.stringify(ids)}\n`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
