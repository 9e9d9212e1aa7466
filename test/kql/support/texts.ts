import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readFunctions, readHunting, readQuery, readRules } from '../../../infra/sentinel/content.ts';
import { lastDataQuery, SAMPLE_QUERIES } from '../../../infra/sentinel/data-connector.ts';
import { toShortDuration } from '../../../infra/sentinel/generate.ts';
import { createNewestRow } from '../../../src/lib/azure/newest-row.ts';
import {
  eventGroupsQuery,
  newestEventsQuery,
  openCountsQuery,
  titlesQuery,
  worstOpenQuery,
} from '../../../src/lib/enrich/stored-queries.ts';
import type { NamedSubject } from '../../../src/lib/enrich/subject.ts';
import { knowledgeQuery, vulnerableHostsQuery } from '../../../src/lib/enrich/vulnerability-queries.ts';
import { ALERTS_BICEP, ALERT_NAMES, toAlertQuery } from '../../support/alert-query.ts';
import { toDeployedQuery } from '../../support/deployed-query.ts';
import { MICROSOFT_READING, MICROSOFT_USES } from '../../support/microsoft-queries.ts';
import type { Row } from '../../../dev/kql/engine.ts';
import { toMilliseconds } from './times.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** A text of KQL that the project ships. */
export interface KqlText {
  /** Folder of its cases. */
  readonly kind: string;
  /** File name of its cases. */
  readonly id: string;
  /** The text that Azure runs, with the parameters of a case. */
  readonly write: (parameters: Row, now: Date) => string | Promise<string>;
  /** What Azure shows of the past by TimeGenerated; all where it is not bounded. */
  readonly periodMs?: number;
}

/** A scheduled rule with its times. */
export interface RuleText extends KqlText {
  readonly periodMs: number;
  readonly frequencyMs: number;
}

function readMilliseconds(duration: string): number {
  return toMilliseconds(toShortDuration(duration));
}

/** The analytic rules as deployed. */
export const RULES: readonly RuleText[] = readRules().map((rule) => ({
  kind: 'rules',
  id: rule.name,
  write: () => toDeployedQuery(rule),
  periodMs: readMilliseconds(rule.description.queryPeriod),
  frequencyMs: readMilliseconds(rule.description.queryFrequency),
}));

/** The stored functions, called with the arguments of a case. */
const FUNCTIONS: readonly KqlText[] = readFunctions().map(({ description: { alias, parameters } }) => {
  const types = new Map(parameters.split(',').map((parameter) => parameter.trim().split(/[:=]/) as [string, string]));
  return {
    kind: 'functions',
    id: alias,
    write: (given) => {
      const named = Object.entries(given).map(([name, value]) => `${name}=${toLiteral(value, types.get(name))}`);
      return `${alias}(${named.join(', ')})`;
    },
  };
});

function toLiteral(value: unknown, type: string | undefined): string {
  if (type === 'datetime') return `datetime(${String(value)})`;
  return type === 'dynamic' ? `dynamic(${JSON.stringify(value)})` : JSON.stringify(value);
}

const HUNTING: readonly KqlText[] = readHunting().map(({ name, query }) => ({
  kind: 'hunting',
  id: name,
  write: () => query,
}));

/** What the workbook's parameter *Time range* is at first. */
const WORKBOOK_RANGE_MS = Number(
  /"label": "Time range",[^]*?"value": \{\s*"durationMs": (\d+)/.exec(
    readFileSync(join(ROOT, 'infra/sentinel/workbook/workbook.template.json'), 'utf8'),
  )?.[1],
);

/** The workbook's queries as it shows them first: in its default time range, of all hosts. */
const WORKBOOK: readonly KqlText[] = readdirSync(join(ROOT, 'infra/sentinel/workbook/queries')).map((file) => {
  const id = basename(file, '.kql');
  return {
    kind: 'workbook',
    id,
    write: (given) => {
      const values = { HostName: '', MinScore: 4, 'TimeRange:grain': '1h', ...given };
      return Object.entries(values).reduce(
        (text, [name, value]) => text.replaceAll(`{${name}}`, String(value)),
        readQuery(id),
      );
    },
    periodMs: WORKBOOK_RANGE_MS,
  };
});

/** What the data connector's page asks: the time that a table was last written to of one table, as of the others. */
const DATA_CONNECTOR: readonly KqlText[] = [
  ...['connected', ...SAMPLE_QUERIES].map((id) => ({
    kind: 'data-connector',
    id,
    write: () => readQuery(id, 'data-connector'),
  })),
  { kind: 'data-connector', id: 'last-data', write: () => lastDataQuery('QualysHostDetectionV3_CL') },
];

const ALARMS: readonly KqlText[] = ALERT_NAMES.map((id) => {
  const [, lookback = 'PT15M'] =
    new RegExp(`alerts/${id}\\.kql'\\)\\}'\\s*lookback: (?:'(\\w+)'|null)`).exec(ALERTS_BICEP) ?? [];
  return {
    kind: 'alarms',
    id,
    // `isRare`: no enabled stream is planned every day.
    write: ({ wanted, isRare }) => {
      const query = toAlertQuery(id, wanted as string | undefined);
      return isRare === true ? query.replace(/(datatable\(.*\))\[.*\];/, '$1[];') : query;
    },
    periodMs: readMilliseconds(lookback),
  };
});

const HOUR_MS = toMilliseconds('1h');

/** What the app itself asks the workspace: of a subject for an enrichment, and for its newest row at a start. */
const ENRICH: readonly KqlText[] = Object.entries({
  'newest-events': newestEventsQuery,
  'event-groups': eventGroupsQuery,
  'open-counts': (subject: NamedSubject, _: unknown, subscription: string) => openCountsQuery(subject, subscription),
  'worst-open': (subject: NamedSubject, _: unknown, subscription: string) => worstOpenQuery(subject, subscription),
}).map(([id, query]) => ({
  kind: 'enrich',
  id,
  write: ({ kind = 'host', value = 'ws-01', subscription = '' }, now) =>
    query(
      { kind, value } as NamedSubject,
      { from: new Date(now.getTime() - 24 * HOUR_MS), to: now },
      String(subscription),
    ),
}));

const TITLES: KqlText = {
  kind: 'enrich',
  id: 'titles',
  write: ({ qids = ['91345'], subscription = '' }) => titlesQuery(qids as string[], String(subscription)),
};

const KNOWLEDGE: KqlText = {
  kind: 'enrich',
  id: 'knowledge',
  write: ({ kind = 'cve', value = 'CVE-2025-2', subscription = '' }) =>
    knowledgeQuery({ kind: kind as 'cve' | 'qid', value: String(value) }, String(subscription)),
};

const VULNERABLE_HOSTS: KqlText = {
  kind: 'enrich',
  id: 'vulnerable-hosts',
  write: ({ qids = ['100'], subscription = '', leavesOutGone = false }) =>
    vulnerableHostsQuery(qids as string[], {
      subscription: String(subscription),
      leavesOutGone: leavesOutGone === true,
    }),
};

const NEWEST_ROW: KqlText = {
  kind: 'enrich',
  id: 'newest-row',
  write: async ({ table = 'QualysEdrEvents_CL', column = 'ProcessedTime', subscription = '' }, now) => {
    const asked: string[] = [];
    const reader = {
      query: (kql: string) => {
        asked.push(kql);
        return Promise.resolve({ rows: [] });
      },
    };
    await createNewestRow(reader, { now: () => now }, String(subscription))(String(table), String(column));
    return asked[0]!;
  },
};

/** The blocks of the docs, numbered within their file. */
const DOCS: readonly KqlText[] = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((file) => `docs/${file}`)]
  .filter((path) => path.endsWith('.md'))
  .flatMap((path) =>
    [...readFileSync(join(ROOT, path), 'utf8').matchAll(/^```kql\n(.*?)^```/gms)].map(([, text = ''], place) => ({
      kind: 'docs',
      id: `${basename(path, '.md')}-${place + 1}`,
      write: () => text,
    })),
  );

/** How Microsoft's solution reads the table, and what its rules and workbook make of that, in words of our own. */
const MICROSOFT: readonly KqlText[] = Object.entries({ reading: MICROSOFT_READING, ...MICROSOFT_USES }).map(
  ([id, text]) => ({ kind: 'microsoft', id, write: () => text }),
);

/** Every text. */
export const TEXTS: readonly KqlText[] = [
  ...FUNCTIONS,
  ...RULES,
  ...HUNTING,
  ...WORKBOOK,
  ...DATA_CONNECTOR,
  ...ALARMS,
  ...ENRICH,
  TITLES,
  KNOWLEDGE,
  VULNERABLE_HOSTS,
  NEWEST_ROW,
  ...DOCS,
  ...MICROSOFT,
];
