import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFactsMaker } from '../dev/simulator/event-facts.ts';
import { createRecordMaker } from '../dev/simulator/event-record.ts';
import { replaceParts } from '../scripts/generators/generated-file.ts';
import { vmDetections } from '../src/lib/streams/vm-detections/index.ts';
import { billedOf } from '../src/lib/cost/billed-bytes.ts';
import { EVENT_COLUMNS } from '../src/lib/streams/edr-events/event-columns.ts';
import { createEdrPageDecoder } from '../src/lib/streams/edr-events/decode-page.ts';
import type { EdrPageOptions } from '../src/lib/streams/edr-events/event-page.ts';
import { createVmPageDecoder } from '../src/lib/streams/vm-detections/decode-page.ts';
import type { VmChunk } from '../src/lib/streams/vm-detections/vm-page.ts';
import { makeEvents } from './edr-page.ts';
import type { BenchResult } from './result.ts';
import { vmPage } from './vm-page.ts';

type Kept = NonNullable<EdrPageOptions['record']>;
type Row = Readonly<Record<string, unknown>>;

const EVENTS = 5000;
const VM_PAGE = { hosts: 100, detectionsPerHost: 100 };
const START = Date.UTC(2026, 2, 1);
const ROOT = join(import.meta.dirname, '..');

/** What Log Analytics bills of events and detections for a byte that Qualys sends. */
export async function run(): Promise<BenchResult[]> {
  const data = { simulator: simulated(), page: makeEvents(EVENTS, 1) };
  await writeColumnCosts(data);
  return [
    line('billed-edr-rest', data.simulator, 'rest', 0.75),
    line('billed-edr-rest-page', data.page, 'rest', 0.85),
    line('billed-edr-none', data.simulator, 'none', 0.45),
    line('billed-edr-none-page', data.page, 'none', 0.45),
    ...detectionLines(),
  ];
}

/** Events as the simulator's default data has them, but for those of 80,000 bytes. */
function simulated(): object[] {
  const [factsOf, recordOf] = [createFactsMaker(1), createRecordMaker(1, 0)];
  return Array.from({ length: EVENTS }, (_, index) => recordOf(index, factsOf(index, START + 100 * index)));
}

function line(name: string, events: readonly object[], kept: Kept, goal: number): BenchResult {
  const ours = billed(rowsOf(events, kept)) / EVENTS;
  const rival = billed(events.map((event) => ({ event }))) / EVENTS;
  const rivalName = "the vendor's record";
  return {
    name,
    unit: 'bytes an event',
    ours,
    rival,
    rivalName,
    ratio: ours / rival,
    goal,
    isBound: true,
    holds: ours <= goal * rival,
  };
}

/** A detection of the page of `vm-decode`, its share of the host's columns with it, as it comes and without its `RESULTS`. */
function detectionLines(): BenchResult[] {
  const decoder = createVmPageDecoder({ generatedAt: new Date(START) });
  let [bytes, optional, sent] = [0, 0, 0];
  const add = (chunks: readonly VmChunk[]): void => {
    for (const { json } of chunks) {
      const chunk = billedOf(json, vmDetections.optionalPart);
      bytes += chunk.bytes;
      optional += chunk.optional;
    }
  };
  for (const part of vmPage(VM_PAGE)) {
    sent += part.length;
    add(decoder.write(part));
  }
  add(decoder.end().chunks);
  const detections = VM_PAGE.hosts * VM_PAGE.detectionsPerHost;
  const lineOf = (name: string, total: number, goal: number): BenchResult => ({
    ...{ name, unit: 'bytes a detection', ours: total / detections, rival: sent / detections },
    ...{ rivalName: 'Qualys’ XML', ratio: total / sent, goal, isBound: true, holds: total <= goal * sent },
  });
  return [lineOf('billed-vm-full', bytes, 1), lineOf('billed-vm-none', bytes - optional, 0.7)];
}

function billed(rows: readonly Row[]): number {
  return billedOf(Buffer.from(JSON.stringify(rows))).bytes;
}

function rowsOf(events: readonly object[], record: Kept): Row[] {
  const decoder = createEdrPageDecoder({
    generatedAt: new Date(START),
    window: { from: '2020-01-01T00:00:00Z', to: '2030-01-01T00:00:00Z' },
    timeField: 'eventProcessedTime',
    severityTable: [
      { from: 5, severity: 'High' },
      { from: 0, severity: 'Informational' },
    ],
    record,
    isUploaded: () => false,
    isFetched: () => false,
  });
  const chunks = [...decoder.write(Buffer.from(JSON.stringify(events))), ...decoder.end().chunks];
  return chunks.flatMap(({ json }) => JSON.parse(Buffer.from(json).toString()) as Row[]);
}

/** What a column costs of an event, in the docs of the tables. */
async function writeColumnCosts({
  page,
  simulator,
}: Readonly<Record<'page' | 'simulator', readonly object[]>>): Promise<void> {
  const rows = [rowsOf(simulator, 'rest'), rowsOf(page, 'rest')];
  const names = [
    'TimeGenerated',
    ...EVENT_COLUMNS.map(({ name }) => name),
    'Record',
    'RowKey',
    'PartNumber',
    'PartCount',
  ];
  const costs = names.map((name) => ({
    name,
    bytes: rows.map((each) => billed(each.map((row) => ({ [name]: row[name] }))) / EVENTS),
  }));
  const full = [simulator, page].map(
    (events) => billed(rowsOf(events, 'full').map(({ Record }) => ({ Record }))) / EVENTS,
  );
  const sorted = costs
    .filter(({ bytes }) => bytes.some((each) => each > 0))
    .sort((a, b) => (b.bytes[0] ?? 0) - (a.bytes[0] ?? 0));
  const told = [...sorted, { name: 'Record, EDR_RECORD=full', bytes: full }].map(
    ({ bytes, name }) => `| \`${name.replace(', ', '`, `')}\` | ${bytes.map((each) => each.toFixed(1)).join(' | ')} |`,
  );
  const part = ['| column | simulator | bench |', '|---|--:|--:|', ...told].join('\n');
  const { path, text } = replaceParts(ROOT, 'docs/tables.md', { cost: part });
  await writeFile(join(ROOT, path), text);
}
