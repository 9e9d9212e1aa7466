import type { ZodType } from 'zod';
import { SETTING_NAMES, settingsSchema } from '../../src/lib/config.ts';
import { PLATFORMS } from '../../src/lib/qualys/platforms.ts';
import { spelledDefault } from '../../src/lib/setting-kinds.ts';
import { replaceParts, type GeneratedFile } from './generated-file.ts';
import { DECLARED, type DeclaredStream } from './streams.ts';

const SHAPE: Readonly<Record<string, ZodType>> = settingsSchema.shape;

/** Groups of optional settings; what fits none comes last. */
const GROUPS: readonly { readonly title: string; readonly holds: (name: string) => boolean }[] = [
  group('Login', /^QUALYS_(USERNAME|PASSWORD|AUTH|CLIENT)|^(EDR|VM)_AUTH/),
  group('Storage', /^AzureWebJobsStorage/),
  group('All streams', /^(QUALYS|STALE|INCOMPLETE|BACKFILL|INSTALLED|STORAGE)_/),
  ...DECLARED.map(({ name, settings }) => ({
    title: `Stream ${name}`,
    holds: (each: string) => settings.includes(each),
  })),
  group('Enrichment and agents', /^(LOGS_QUERY|MCP)_/),
  group('Alerts', /^ALERT_/),
  group('Destination', /^LOGS_/),
  group('Other', /^/),
];

function group(title: string, begins: RegExp): (typeof GROUPS)[number] {
  return { title, holds: (name) => begins.test(name) };
}

/** What nearly every setting refuses, telling what is allowed: a NUL, and what is left open. */
const REFUSED_VALUES = ['\u0000', '('];

/** The generated parts of the docs. */
export function generateDocs(root: string): GeneratedFile[] {
  return [
    replaceParts(root, 'README.md', { streams: streamsPart() }),
    replaceParts(root, 'docs/settings.md', { settings: settingsPart(), platforms: platformsPart() }),
    replaceParts(root, 'docs/tables.md', { columns: byTable.map(tablePart).join('\n\n') }),
  ];
}

const byTable = [...DECLARED].sort((left, right) => (left.table < right.table ? -1 : 1));

function streamsPart(): string {
  const rows = DECLARED.map(({ name, isDefault, api, role, table: of, schedule }) => [
    `\`${name}\`${isDefault ? '' : ' (off)'}`,
    api,
    role,
    'yes',
    `[\`${of}\`](docs/tables.md#${of.toLowerCase()})`,
    schedule,
  ]);
  return table(['stream', 'Qualys API', 'Qualys role', 'rate-limited', 'table', 'default schedule'], rows);
}

function settingsPart(): string {
  const required = SETTING_NAMES.filter((name) => isRequired(name));
  const groups = GROUPS.map(({ title }) => ({ title, names: SETTING_NAMES.filter((name) => groupOf(name) === title) }));
  const rows = (names: readonly string[]): string[][] => names.map((name) => settingRow(name));
  return [{ title: 'Required', names: required }, ...groups]
    .filter(({ names }) => names.length > 0)
    .map(({ title, names }) => `### ${title}\n\n${table(['setting', 'default', 'allowed', 'meaning'], rows(names))}`)
    .join('\n\n');
}

function isRequired(name: string): boolean {
  return SHAPE[name]?.safeParse(undefined).success === false;
}

function groupOf(name: string): string | undefined {
  return isRequired(name) ? undefined : GROUPS.find(({ holds }) => holds(name))?.title;
}

function settingRow(name: string): string[] {
  const streams = `a list of ${DECLARED.map((stream) => stream.name).join(', ')}`;
  const allowed = name === 'QUALYS_STREAMS' ? streams : allowedIn(name);
  return [`\`${name}\``, defaultOf(name), allowed, SHAPE[name]?.description ?? ''];
}

function defaultOf(name: string): string {
  const schema = SHAPE[name];
  if (schema === undefined || isRequired(name)) return '–';
  const spelled = spelledDefault(schema);
  return spelled === '' ? 'none' : `\`${spelled}\``;
}

function allowedIn(name: string): string {
  const refusals = REFUSED_VALUES.map((value) => SHAPE[name]?.safeParse(value).error?.issues[0]?.message);
  const message = refusals.find((refusal) => refusal !== undefined);
  return message?.replace(/^must be /, '') ?? 'any text';
}

function platformsPart(): string {
  const rows = PLATFORMS.map(({ name, api, gateway }) => [name, `\`https://${api}\``, `\`https://${gateway}\``]);
  return table(['platform', '`QUALYS_API_URL`', '`QUALYS_GATEWAY_URL`'], rows);
}

function tablePart({ name, table: of, description, columns }: DeclaredStream): string {
  const rows = columns.map((column) => [`\`${column.name}\``, column.type, column.description]);
  return `### ${of}\n\nStream \`${name}\`. ${description}\n\n${table(['column', 'type', 'meaning'], rows)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
}
