import { serveHttp } from '../../support/http-server.ts';

/** A span as it arrived. */
export interface ArrivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string }[];
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[];
  readonly isError: boolean;
}

/** A value of a metric as it arrived. */
export interface ArrivedPoint {
  readonly name: string;
  readonly value: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** An OpenTelemetry collector on a free port. */
export interface Collector {
  readonly url: string;
  readonly spans: () => ArrivedSpan[];
  /** All values in order of arrival; of a histogram its count. */
  readonly points: (name: string) => ArrivedPoint[];
  /** The newest value of a metric for each set of attributes that `matching` is part of, summed. */
  readonly total: (name: string, matching?: Readonly<Record<string, unknown>>) => number;
  /** Everything that arrived, as text. */
  readonly text: () => string;
  readonly requests: () => number;
}

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
interface Point {
  readonly attributes?: readonly KeyValue[];
  readonly asInt?: number | string;
  readonly asDouble?: number;
  readonly count?: number | string;
}
interface Metric {
  readonly name: string;
  readonly [kind: string]: unknown;
}
interface Body {
  readonly resourceSpans?: readonly { readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[] }[];
  readonly resourceMetrics?: readonly { readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[] }[];
}
interface RawSpan extends Omit<ArrivedSpan, 'attributes' | 'events' | 'links' | 'isError'> {
  readonly attributes: readonly KeyValue[];
  readonly links?: readonly { readonly traceId: string }[];
  readonly events?: readonly { readonly name: string; readonly attributes: readonly KeyValue[] }[];
  readonly status?: { readonly code?: number };
}

/** Starts a collector; one that `hangs` takes requests and never answers. */
export async function startCollector(hangs = false): Promise<Collector> {
  const server = await serveHttp((_request, response) => {
    if (!hangs) response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  const bodies = (): Body[] => server.arrived.map(({ body }) => JSON.parse(body.toString()) as Body);
  const points = (name: string): ArrivedPoint[] =>
    bodies()
      .flatMap(pointsIn)
      .filter((point) => point.name === name);
  return {
    url: server.url,
    spans: () => bodies().flatMap(spansIn),
    points,
    total: (name, matching = {}) => {
      const newest = new Map(points(name).map((point) => [JSON.stringify(point.attributes), point]));
      const wanted = Object.entries(matching);
      return [...newest.values()]
        .filter(({ attributes }) => wanted.every(([key, value]) => attributes[key] === value))
        .reduce((sum, { value }) => sum + value, 0);
    },
    text: () => server.arrived.map(({ url, body }) => `${url} ${body.toString()}`).join('\n'),
    requests: () => server.arrived.length,
  };
}

function spansIn({ resourceSpans = [] }: Body): ArrivedSpan[] {
  const raw = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  return raw.map(({ attributes, events = [], links = [], status, ...span }) => ({
    ...span,
    attributes: valuesOf(attributes),
    events: events.map((event) => ({ name: event.name, attributes: valuesOf(event.attributes) })),
    links,
    isError: status?.code === 2,
  }));
}

function pointsIn({ resourceMetrics = [] }: Body): ArrivedPoint[] {
  const metrics = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  return metrics.flatMap(({ name, sum, gauge, histogram }) => {
    const { dataPoints } = (sum ?? gauge ?? histogram) as { dataPoints: readonly Point[] };
    return dataPoints.map(({ attributes = [], asInt, asDouble, count }) => ({
      name,
      value: Number(count ?? asInt ?? asDouble),
      attributes: valuesOf(attributes),
    }));
  });
}

function valuesOf(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
