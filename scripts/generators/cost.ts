import { settingsSchema } from '../../src/lib/config.ts';
import { spelledDefault } from '../../src/lib/setting-kinds.ts';
import { readText } from './generated-file.ts';

/** A line of `bench/results.json`, as far as it is told here. */
interface Line {
  readonly name: string;
  readonly ours: number;
  readonly rival: number;
}

/** The estate of the examples. */
const [EVENTS, HOSTS, DETECTIONS] = [1_000_000, 10_000, 100];
/** Agents report every four hours. */
const REPORTS_A_DAY = 6;
const MONTH_DAYS = 30;
const BYTES_A_GIGABYTE = 1e9;

/** What is billed of events and detections, and how often the same comes again: by the bench and the defaults of the settings. */
export function costPart(root: string): string {
  const lines = JSON.parse(readText(root, 'bench/results.json')) as Line[];
  const price = Number(defaultOf('PRICE_PER_GB'));
  return [
    `At ${money(price)} a GB (\`PRICE_PER_GB\`), by the benchmark's bytes ([performance](performance.md)): of events the simulator's and the larger ones of \`edr-decode\`.`,
    '',
    '| what | how often the same comes again | GB | $ |',
    '|---|---|--:|--:|',
    ...eventRows(lines, price),
    ...detectionRows(lines, price),
  ].join('\n');
}

function eventRows(lines: readonly Line[], price: number): string[] {
  const bytes = (mode: string): number[] =>
    ['', '-page'].map((suffix) => {
      const [rest, none] = [lineOf(lines, `billed-edr-rest${suffix}`), lineOf(lines, `billed-edr-none${suffix}`)];
      // The whole record beside the columns.
      return mode === 'full' ? none.ours + rest.rival : (mode === 'rest' ? rest : none).ours;
    });
  const now = defaultOf('EDR_RECORD');
  return ['rest', 'full', 'none'].map((mode) => {
    const what = `a million EDR events, \`EDR_RECORD=${mode}\`${mode === now ? ' (default)' : ''}`;
    const often = mode === now ? 'once; again only what a crash or a retry sends twice' : '';
    return row(
      what,
      often,
      bytes(mode).map((each) => (each * EVENTS) / BYTES_A_GIGABYTE),
      price,
    );
  });
}

function detectionRows(lines: readonly Line[], price: number): string[] {
  const once = (name: string): number => (lineOf(lines, name).ours * HOSTS * DETECTIONS) / BYTES_A_GIGABYTE;
  const estate = `${HOSTS.toLocaleString('en')} hosts with ${DETECTIONS} detections`;
  const [full, none] = [once('billed-vm-full'), once('billed-vm-none')];
  const refreshDays = Number(defaultOf('VM_REFRESH_DAYS'));
  const week = lineOf(lines, 'billed-vm-changed-hosts');
  const month = REPORTS_A_DAY * MONTH_DAYS;
  return [
    row(`${estate}, sent once`, '', [full], price),
    row('the same, `VM_RESULTS=none`', '', [none], price),
    row(
      'a month of them, `VM_INGEST=all`',
      `with each report of an agent: every four hours, ${month} times`,
      [full * month],
      price,
    ),
    row(
      'a month of them, `VM_INGEST=changed-hosts` (default), where nothing changes',
      `once in ${refreshDays} days (\`VM_REFRESH_DAYS\`)`,
      [(full * MONTH_DAYS) / refreshDays],
      price,
    ),
    row(
      'the same, where detections change as in the benchmark',
      'a host whole with each change of it, and at least so often',
      [(full * month * week.ours) / week.rival],
      price,
    ),
  ];
}

/** A row for one figure or the least and the most. */
function row(what: string, often: string, gigabytes: readonly number[], price: number): string {
  const range = (figures: readonly number[], text: (figure: number) => string): string =>
    [...new Set(figures.map(text))].join(' – ');
  return `| ${what} | ${often} | ${range(gigabytes, (each) => each.toFixed(2))} | ${range(gigabytes, (each) => money(each * price))} |`;
}

function money(amount: number): string {
  return amount.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function lineOf(lines: readonly Line[], name: string): Line {
  const found = lines.find((line) => line.name === name);
  if (found === undefined) throw new Error(`bench/results.json has no line ${name}: run npm run bench`);
  return found;
}

function defaultOf(name: keyof typeof settingsSchema.shape): string {
  return spelledDefault(settingsSchema.shape[name]);
}
