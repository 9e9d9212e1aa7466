/**
 * `node scripts/generate-docs.ts [--check]`: writes the generated parts of docs/settings.md and docs/tables.md, from the settings
 * schema, the table of platforms and infra/tables. With `--check` nothing is written: it fails when a part is not up to date.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { SETTING_NAMES, settingsSchema } from '../src/lib/config.ts';
import { PLATFORMS } from '../src/lib/qualys/platforms.ts';

/** A file with generated parts, as it should be. */
export interface GeneratedDoc {
  /** Relative to the project. */
  readonly path: string;
  readonly text: string;
}

/** What the docs tell of a table. */
interface TableFile {
  readonly name: string;
  readonly stream: string;
  readonly description: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly description: string }[];
}

/** As much of a setting's schema as the docs need. */
interface SettingSchema {
  readonly description?: string | undefined;
  readonly safeParse: (value: unknown) => {
    readonly success: boolean;
    readonly data?: unknown;
    readonly error?: { readonly issues: readonly { readonly message: string }[] };
  };
}

type Values = Readonly<Record<string, string>>;

const SHAPE: Readonly<Record<string, SettingSchema>> = settingsSchema.shape;

/** Groups of optional settings by the beginning of their names; what fits none comes last. */
const GROUPS: readonly { readonly title: string; readonly begins: RegExp }[] = [
  { title: 'Login', begins: /^QUALYS_(USERNAME|PASSWORD|AUTH|CLIENT)|^(EDR|VM)_AUTH/ },
  { title: 'Storage', begins: /^AzureWebJobsStorage/ },
  { title: 'All streams', begins: /^(QUALYS|STALE|INCOMPLETE|BACKFILL|INSTALLED|STORAGE)_/ },
  { title: 'Stream edr-events', begins: /^EDR_/ },
  { title: 'Stream vm-detections', begins: /^VM_/ },
  { title: 'Stream edr-incidents', begins: /^INCIDENTS_/ },
  { title: 'Stream vm-knowledge-base', begins: /^KB_/ },
  { title: 'Stream vm-hosts', begins: /^HOSTS_/ },
  { title: 'Enrichment and agents', begins: /^(LOGS_QUERY|MCP)_/ },
  { title: 'Alerts', begins: /^ALERT_/ },
  { title: 'Destination', begins: /^LOGS_/ },
  { title: 'Other', begins: /^/ },
];

/** What nearly every setting refuses, telling what is allowed: a NUL, and what is left open. */
const REFUSED_VALUES = ['\u0000', '('];

/**
 * All files with generated parts.
 * @throws Error when a file lacks the markers of a part.
 */
export function generateDocs(root: string): GeneratedDoc[] {
  const tables = globSync('infra/tables/*.json', { cwd: root })
    .sort()
    .map((path) => JSON.parse(readText(root, path)) as TableFile);
  const sample = (JSON.parse(readText(root, 'local.settings.sample.json')) as { Values: Values }).Values;
  return [
    generate(root, 'docs/settings.md', { settings: settingsPart(sample, tables), platforms: platformsPart() }),
    generate(root, 'docs/tables.md', { columns: tables.map(tablePart).join('\n\n') }),
  ];
}

function readText(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function generate(root: string, path: string, parts: Values): GeneratedDoc {
  let text = readText(root, path);
  for (const [name, part] of Object.entries(parts)) text = replacePart(path, text, name, part);
  return { path, text };
}

function replacePart(path: string, text: string, name: string, part: string): string {
  const [begin, end] = [`<!-- generated: ${name} -->`, '<!-- end of generated part -->'];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`${path} must hold the lines ${begin} and ${end}`);
  return `${text.slice(0, from)}${begin}\n\n${part}\n\n${text.slice(to)}`;
}

function settingsPart(sample: Values, tables: readonly TableFile[]): string {
  const required = SETTING_NAMES.filter((name) => isRequired(name));
  const groups = GROUPS.map(({ title }) => ({ title, names: SETTING_NAMES.filter((name) => groupOf(name) === title) }));
  const rows = (names: readonly string[]): string[][] => names.map((name) => settingRow(name, sample, tables));
  return [{ title: 'Required', names: required }, ...groups]
    .filter(({ names }) => names.length > 0)
    .map(({ title, names }) => `### ${title}\n\n${table(['setting', 'default', 'allowed', 'meaning'], rows(names))}`)
    .join('\n\n');
}

function isRequired(name: string): boolean {
  return SHAPE[name]?.safeParse(undefined).success === false;
}

function groupOf(name: string): string | undefined {
  return isRequired(name) ? undefined : GROUPS.find(({ begins }) => begins.test(name))?.title;
}

function settingRow(name: string, sample: Values, tables: readonly TableFile[]): string[] {
  const streams = `a list of ${tables.map(({ stream }) => stream).join(', ')}`;
  const allowed = name === 'QUALYS_STREAMS' ? streams : allowedIn(name);
  return [`\`${name}\``, defaultOf(name, sample[name]), allowed, SHAPE[name]?.description ?? ''];
}

/** The default as `local.settings.sample.json` spells it, where that means the same. */
function defaultOf(name: string, spelled: string | undefined): string {
  const parsed = SHAPE[name]?.safeParse(undefined);
  if (parsed?.success !== true) return '–';
  if (parsed.data === undefined || parsed.data === '') return 'none';
  const isSame = spelled !== undefined && isDeepStrictEqual(SHAPE[name]?.safeParse(spelled).data, parsed.data);
  return `\`${isSame ? spelled : JSON.stringify(parsed.data)}\``;
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

function tablePart({ name, stream, description, columns }: TableFile): string {
  const rows = columns.map((column) => [`\`${column.name}\``, column.type, column.description]);
  return `### ${name}\n\nStream \`${stream}\`. ${description}\n\n${table(['column', 'type', 'meaning'], rows)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
}

function main(): void {
  const root = join(import.meta.dirname, '..');
  const stale = generateDocs(root).filter(({ path, text }) => readText(root, path) !== text);
  const isCheck = process.argv.includes('--check');
  for (const { path, text } of stale) {
    if (isCheck) console.error(`${path} is not up to date: run scripts/generate-docs.ts`);
    else writeFileSync(join(root, path), text);
    if (!isCheck) console.log(`${path} written`);
  }
  process.exitCode = isCheck && stale.length > 0 ? 1 : 0;
}

if (import.meta.main) main();
