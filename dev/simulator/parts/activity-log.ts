import type { Answer } from '../exchange.ts';
import { findFault } from '../faults.ts';
import { isIndexed } from '../index-lag.ts';
import { cutListPage } from '../list-page.ts';
import { instantOf, type DataSpan, type Part, type PartData } from '../part.ts';
import { createDraws, fraction, hashText } from '../random.ts';
import { vmFamily } from '../vm-family.ts';
import { checkParameters, date, dateParameter, whole, type ParameterRule } from '../vm-parameters.ts';
import type { Visit } from '../world.ts';

/** An entry put in. */
interface EntryChange {
  /** ISO 8601; entries tell whole seconds. */
  readonly time: string;
  readonly details: string;
}

interface Entry {
  /** The vendor's own number, which no entry shows: newer ones are higher. */
  readonly id: number;
  readonly time: number;
  readonly fields: readonly string[];
}

interface LogStore extends PartData {
  /** Newest first. */
  readonly at: (instant: number) => Entry[];
}

const DRAW_ENTRY = 97;
const ACTIONS = ['login', 'request', 'create', 'update'] as const;
const HEADER = ['Date', 'Action', 'Module', 'Details', 'User Name', 'User Role', 'User IP'];
const ROOM = 4_096;

const isoSecond = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;

function createStore({ seed, start, end }: DataSpan, count: number): LogStore {
  const all: Entry[] = [];
  const add = (instant: number, details: string): void => {
    const time = Math.floor(instant / 1_000) * 1_000;
    const draws = createDraws(seed, hashText(details), DRAW_ENTRY);
    const user = `reader_${draws.below(9)}`;
    const fields = [
      isoSecond(time),
      draws.pick(ACTIONS),
      'auth',
      details,
      user,
      'Reader',
      `10.0.0.${draws.below(250)}`,
    ];
    all.push({ id: (time / 1_000) * ROOM + (all.length % ROOM), time, fields });
  };
  for (let index = 0; index < count; index += 1) {
    // Each tenth entry comes twice, word for word, and one holds what CSV has to quote.
    const place = index % 10 === 9 ? index - 1 : index;
    add(start + fraction(seed, place, DRAW_ENTRY) * (end - start), index === 3 ? 'a "b",\nc' : `entry ${place}`);
  }
  const at = (instant: number): Entry[] => all.filter(({ time }) => time <= instant).sort((a, b) => b.id - a.id);
  return {
    at,
    changes: {
      activity: (entries: readonly EntryChange[]) => {
        const times = entries.map(({ time }) => instantOf('time', time));
        entries.forEach(({ details }, index) => add(times[index]!, details));
      },
    },
    ids: ({ first, end: last }, now) =>
      at(now).flatMap(({ fields, time }) => (time >= first && time < last ? [`${fields[0]!} ${fields[3]!}`] : [])),
  };
}

const RULES: Readonly<Record<string, ParameterRule>> = {
  action: (value) => (value === 'list' ? undefined : 'not list'),
  since_datetime: date,
  until_datetime: date,
  truncation_limit: whole,
  id_max: whole,
};

const csvLine = (fields: readonly string[]): string =>
  fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',');

function listEntries(visit: Visit): Answer {
  const { faults, stats, world } = visit;
  const { parameters } = visit.call;
  checkParameters(parameters, RULES);
  const isTimed = findFault(faults, 'ignored-time-filter') === undefined;
  const since = isTimed ? (dateParameter(parameters, 'since_datetime') ?? 0) : 0;
  const until = isTimed ? (dateParameter(parameters, 'until_datetime') ?? Infinity) : Infinity;
  const found = (world.parts.activity as LogStore)
    .at(world.clock.now())
    .filter(({ id, time }) => time >= since && time <= until && isIndexed(world, String(id), time));
  const { items, limit, nextUrl } = cutListPage(visit, found, {
    from: 'id_max',
    idOf: ({ id }) => id,
    limit: Number(parameters.get('truncation_limit') ?? 1_000),
  });
  stats.records += items.length;
  const lines = items.map(({ fields }) => csvLine(fields));
  const body = ['----BEGIN_RESPONSE_BODY_CSV', csvLine(HEADER), ...lines, '----END_RESPONSE_BODY_CSV', ''];
  if (nextUrl !== undefined) {
    const text = `${limit} record limit exceeded. Use URL to get next batch of results.`;
    // The vendor breaks the line inside the quotes.
    const warning = ['WARNING', '"CODE","TEXT","URL"', `"1980","${text}","${nextUrl}\n"`];
    body.push('----BEGIN_RESPONSE_FOOTER_CSV', ...warning, '----END_RESPONSE_FOOTER_CSV', '');
  }
  return { status: 200, headers: { 'content-type': 'text/csv;charset=UTF-8' }, body: body.join('\n') };
}

/** The activity log. */
export const part: Part = {
  name: 'activity',
  routes: [
    {
      name: 'activity-log',
      api: 'vm',
      methods: ['GET', 'POST'],
      pattern: /^\/api\/\d+\.\d+\/fo\/activity_log\/?$/u,
      family: vmFamily,
      answer: listEntries,
    },
  ],
  create: ({ settings, span }) => createStore(span, settings.recordCount),
};
