import type { ZodType } from 'zod';
import { SETTING_NAMES, settingsSchema } from '../../src/lib/config.ts';
import { PLATFORMS } from '../../src/lib/qualys/platforms.ts';
import { spelledDefault } from '../../src/lib/setting-kinds.ts';
import { costPart } from './cost.ts';
import { readText, replaceParts, type GeneratedFile } from './generated-file.ts';
import { readParameters, variableOf } from './parameters.ts';
import { DECLARED, type DeclaredStream } from './streams.ts';

const SHAPE: Readonly<Record<string, ZodType>> = settingsSchema.shape;

/** Groups of the optional settings that are no stream's own; what fits none comes last. */
const GROUPS: readonly { readonly title: string; readonly holds: (name: string) => boolean }[] = [
  group('Login', /^QUALYS_(USERNAME|PASSWORD|AUTH|CLIENT)|^(EDR|VM)_AUTH/),
  group('Storage', /^AzureWebJobsStorage/),
  group('All streams', /^(QUALYS|STALE|INCOMPLETE|BACKFILL|INSTALLED|STORAGE)_/),
  group('Enrichment and agents', /^(LOGS_QUERY|MCP)_/),
  group('Alerts', /^ALERT_/),
  group('Destination', /^LOGS_/),
  group('Other', /^/),
];

const OF_STREAMS = new Set(DECLARED.flatMap(({ settings }) => settings));

function group(title: string, begins: RegExp): (typeof GROUPS)[number] {
  return { title, holds: (name) => begins.test(name) };
}

/** What nearly every setting refuses, telling what is allowed: a NUL, and what is left open. */
const REFUSED_VALUES = ['\u0000', '('];

/** The generated parts of the docs. */
export function generateDocs(root: string): GeneratedFile[] {
  return [
    replaceParts(root, 'README.md', {
      streams: streamsTable(
        DECLARED.filter(({ isDefault }) => isDefault),
        'docs/streams.md',
      ),
    }),
    replaceParts(root, 'docs/settings.md', { settings: settingsPart(), platforms: platformsPart() }),
    replaceParts(root, 'docs/streams.md', {
      overview: streamsTable(DECLARED),
      proofs: DECLARED.map(proofOf).join('\n'),
      streams: DECLARED.map(streamPart).join('\n\n'),
    }),
    replaceParts(root, 'docs/install.md', { parameters: parametersPart(root), cost: costPart(root) }),
  ];
}

/** @param page that describes them; without one, this page. */
function streamsTable(streams: readonly DeclaredStream[], page = ''): string {
  const rows = streams.map(({ name, isDefault, api, role, table: of, schedule }) => [
    `[\`${name}\`](${page}#${name})${isDefault ? '' : ' (off)'}`,
    api,
    role,
    `[\`${of}\`](${page}#${of.toLowerCase()})`,
    schedule,
  ]);
  return table(['stream', 'Qualys API', 'Qualys role', 'table', 'schedule'], rows);
}

/** What proves that a window of the stream is whole, and where to see what it has outlived. */
function proofOf({ name, proof }: DeclaredStream): string {
  return `- [\`${name}\`](#${name}): ${proof} Faults that it outlives: [matrix](../test/lib/streams/${name}/matrix.md).`;
}

/** Every parameter of main.bicep, which has all of the connector's; lists are too long for a cell. */
function parametersPart(root: string): string {
  const rows = readParameters(readText(root, 'infra/main.bicep')).map(
    ({ name, type, default: preset, description }) => {
      const shown = preset === undefined ? '–' : preset.includes('\n') ? 'a list' : `\`${preset}\``;
      return [`\`${variableOf(name)}\``, `\`${name}\``, type.endsWith('?') ? 'none' : shown, description];
    },
  );
  return table(['variable', 'parameter', 'default', 'meaning'], rows);
}

function settingsPart(): string {
  const required = SETTING_NAMES.filter((name) => isRequired(name));
  const common = SETTING_NAMES.filter((name) => !OF_STREAMS.has(name));
  const groups = GROUPS.map(({ title }) => ({ title, names: common.filter((name) => groupOf(name) === title) }));
  return [{ title: 'Required', names: required }, ...groups]
    .filter(({ names }) => names.length > 0)
    .map(({ title, names }) => `### ${title}\n\n${settingsTable(names)}`)
    .join('\n\n');
}

function settingsTable(names: readonly string[]): string {
  return table(['setting', 'default', 'allowed', 'meaning'], names.map(settingRow));
}

function isRequired(name: string): boolean {
  return SHAPE[name]?.safeParse(undefined).success === false;
}

function groupOf(name: string): string | undefined {
  return isRequired(name) ? undefined : GROUPS.find(({ holds }) => holds(name))?.title;
}

function settingRow(name: string): string[] {
  const allowed = name === 'QUALYS_STREAMS' ? 'a list of [streams](streams.md)' : allowedIn(name);
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

function streamPart({ name, table: of, description, columns, settings }: DeclaredStream): string {
  const rows = columns.map((column) => [`\`${column.name}\``, column.type, column.description]);
  return [
    `## ${name}`,
    description,
    settingsTable(settings),
    `### ${of}`,
    table(['column', 'type', 'meaning'], rows),
  ].join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
}
