import type { Counter, Gauge, Histogram, Meter } from '@opentelemetry/api';
import type { LogFields } from '../log.ts';
import type { Metrics, TelemetryAttributes } from './telemetry.ts';

/** From a quick answer to the longest that a call may take, in seconds. */
const DURATION_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

type Instruments = ReturnType<typeof createInstruments>;

/** Makes the connector's instruments (docs/telemetry.md lists them). */
export function createMetrics(meter: Meter): Metrics {
  const instruments = createInstruments(meter);
  const { counters, durations } = instruments;
  return {
    recordEvent: (event, fields) => EVENTS[event]?.(instruments, fields),
    recordDuration: (of, durationMs, attributes) => {
      if (of === 'call') counters.calls.add(1, attributes);
      durations[of].record(durationMs / 1000, attributes);
    },
    recordFailure: (attributes) => counters.failures.add(1, attributes),
  };
}

function createInstruments(meter: Meter) {
  const counter = (name: string, unit: string, description: string): Counter =>
    meter.createCounter(`qualys.${name}`, { unit, description });
  const gauge = (name: string, unit: string, description: string): Gauge =>
    meter.createGauge(`qualys.${name}`, { unit, description });
  const duration = (name: string, description: string): Histogram =>
    meter.createHistogram(`qualys.${name}.duration`, {
      unit: 's',
      description,
      advice: { explicitBucketBoundaries: DURATION_BUCKETS },
    });
  return {
    counters: {
      ticks: counter('ticks', '{tick}', 'Runs of the planner'),
      rows: counter('rows', '{row}', 'Rows accepted by the destination'),
      bytes: counter('upload.size', 'By', 'JSON text of the rows, before compression'),
      pages: counter('pages', '{page}', 'Pages ingested'),
      calls: counter('calls', '{call}', 'Calls to Qualys'),
      waits: counter('waits', '{wait}', 'Windows put off because Qualys or the destination asked to wait'),
      failures: counter('failures', '{failure}', 'Windows that failed, to be tried again'),
      windows: counter('windows', '{window}', 'Windows ended'),
      alerts: counter('alerts', '{alert}', 'Alerts queued, posted, summarised, refused and given up'),
      unchanged: counter('unchanged', '{record}', 'Records not sent because the table has them as they are'),
      deadLetters: counter('dead_letters', '{row}', 'Rows put aside as dead letters'),
    },
    gauges: {
      lag: gauge('lag', 's', 'Now minus watermark'),
      open: gauge('windows.open', '{window}', 'Live windows not finished'),
      failed: gauge('windows.failed', '{window}', 'Live windows that failed and wait for the planner'),
    },
    durations: {
      call: duration('call', 'A call to Qualys, up to the start of its answer'),
      upload: duration('upload', 'An upload of rows'),
      window: duration('window', 'A window, from its first read to its end'),
    },
  };
}

type RecordEvent = (instruments: Instruments, fields: LogFields) => void;

/** What the events of the log count for. An event that is renamed there fails the test that counts a whole ingestion. */
const EVENTS: Readonly<Record<string, RecordEvent>> = {
  WindowsPlanned: ({ counters, gauges }, fields) => {
    const labels = streamOf(fields);
    counters.ticks.add(1, labels);
    gauges.lag.record(numberIn(fields.lagSeconds), labels);
    gauges.open.record(numberIn(fields.openWindows), labels);
    gauges.failed.record(numberIn(fields.failedWindows), labels);
  },
  WatermarkMoved: ({ gauges }, fields) => gauges.lag.record(numberIn(fields.lagSeconds), streamOf(fields)),
  RowsUploaded: ({ counters }, fields) => {
    counters.rows.add(numberIn(fields.rows), streamOf(fields));
    counters.bytes.add(numberIn(fields.bytes), streamOf(fields));
  },
  PageFetched: ({ counters }, fields) => counters.pages.add(1, streamOf(fields)),
  WindowWaits: ({ counters }, fields) => counters.waits.add(1, streamOf(fields)),
  PageFetchFailed: ({ counters }, fields) => counters.failures.add(1, { ...streamOf(fields), kind: 'retried' }),
  WindowFailed: ({ counters }, fields) => counters.failures.add(1, { ...streamOf(fields), kind: 'failed' }),
  WindowClosed: recordEnd,
  WindowIncomplete: recordEnd,
  AlertsQueued: ({ counters }, fields) => counters.alerts.add(numberIn(fields.alerts), { outcome: 'queued' }),
  AlertDelivered: ({ counters }) => counters.alerts.add(1, { outcome: 'delivered' }),
  AlertSummarised: ({ counters }) => counters.alerts.add(1, { outcome: 'summarised' }),
  AlertRefused: ({ counters }) => counters.alerts.add(1, { outcome: 'refused' }),
  AlertUndelivered: ({ counters }) => counters.alerts.add(1, { outcome: 'undelivered' }),
  AlertUncertain: ({ counters }) => counters.alerts.add(1, { outcome: 'uncertain' }),
  RowDeadLettered: ({ counters }, fields) => counters.deadLetters.add(numberIn(fields.rows), streamOf(fields)),
};

function recordEnd({ counters, durations }: Instruments, fields: LogFields): void {
  const labels = { ...streamOf(fields), state: String(fields.state) };
  counters.windows.add(1, labels);
  if (numberIn(fields.unchanged) > 0) counters.unchanged.add(numberIn(fields.unchanged), streamOf(fields));
  durations.window.record(numberIn(fields.durationMs) / 1000, labels);
}

function streamOf(fields: LogFields): TelemetryAttributes {
  return { stream: typeof fields.stream === 'string' ? fields.stream : 'none' };
}

function numberIn(value: LogFields[string]): number {
  return typeof value === 'number' ? value : 0;
}
