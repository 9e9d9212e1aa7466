/**
 * The page of the local tables, as it stands: no build, types are stripped when it is served. Whatever comes from a row is put in as text,
 * never as markup.
 */
import type { RowList } from '../list-rows.ts';
import type { TableView } from '../row-routes.ts';
import type { KqlResult } from '../../kql/kql-runner.ts';

const PAGE_ROWS = 50;
const numbers = new Intl.NumberFormat('en');

function rowsOf(count: number): string {
  return `${numbers.format(count)} row${count === 1 ? '' : 's'}`;
}

/** The element of an id; the page has it. */
function find(id: string): HTMLElement {
  return document.getElementById(id)!;
}

/** Makes an element with texts and elements in it. */
function make<K extends keyof HTMLElementTagNameMap>(tag: K, ...content: (string | Node)[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.append(...content);
  return element;
}

const [tables, kind, wanted] = [
  find('table') as HTMLSelectElement,
  find('kind') as HTMLSelectElement,
  find('wanted') as HTMLInputElement,
];
const [list, older, detail] = [find('list') as HTMLTableElement, find('older') as HTMLButtonElement, find('detail')];

/** @throws Error in the words of the answer. */
async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(`/local/${path}`, { cache: 'no-store', ...init });
  const body = (await response.json()) as T & { readonly detail?: string };
  if (!response.ok) throw new Error(body.detail ?? `HTTP ${response.status}`);
  return body;
}

function say(id: string, text: string, isBad = false): void {
  find(id).textContent = text;
  find(id).classList.toggle('bad', isBad);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// Rows

let views: readonly TableView[] = [];
/** Ends the search that is under way. */
let searching = new AbortController();
let before: number | null = null;

async function loadTables(): Promise<void> {
  views = await ask<TableView[]>('tables');
  if (tables.options.length > 0) return;
  for (const { stream, table, rows } of views) {
    const option = make('option', rows === 0 ? `${table} (no rows)` : table);
    option.value = stream;
    tables.append(option);
  }
  tables.value = views.find(({ rows }) => rows > 0)?.stream ?? tables.value;
}

function showLosses(): void {
  const view = views.find(({ stream }) => stream === tables.value);
  if (view === undefined) return;
  const { rows, bytes, losses, refusals } = view;
  const size = `${rowsOf(rows)}, ${numbers.format(Math.round(bytes / 1e5) / 10)} MB.`;
  if (losses === null) {
    say('losses', `${size} Nothing was sent to it since the start.`);
    return;
  }
  const { cutFields, droppedColumns, refused, unconvertedValues } = losses;
  const columns = Object.entries(losses.columns).map(
    ([name, kinds]) =>
      `${name} (${Object.entries(kinds)
        .map(([what, times]) => `${what} ${times}`)
        .join(', ')})`,
  );
  const last = refusals.at(-1);
  say(
    'losses',
    [
      `${size} Since the start: ${cutFields} values cut at 64 KB, ${droppedColumns} dropped, ${unconvertedValues} not converted, ${refused} calls refused.`,
      ...(columns.length === 0 ? [] : [`Values lost in ${columns.join(', ')}.`]),
      ...(last === undefined
        ? []
        : [`Refused last: HTTP ${last.status} ${last.code}, ${last.message} (${last.time}).`]),
    ].join(' '),
    columns.length + refused > 0,
  );
}

/** Lists from the newest row, or goes on below what is listed. A search asks again and again until a page is full. */
async function search(goOn: boolean): Promise<void> {
  searching.abort();
  const mine = (searching = new AbortController());
  if (!goOn) {
    list.replaceChildren();
    detail.hidden = true;
    before = null;
  }
  older.hidden = true;
  let [found, looked] = [0, 0];
  try {
    if (!goOn) {
      await loadTables();
      showLosses();
    }
    do {
      const query = new URLSearchParams({ stream: tables.value, limit: String(PAGE_ROWS - found) });
      if (wanted.value.trim() !== '') query.set(kind.value, wanted.value);
      if (before !== null) query.set('before', String(before));
      const part = await ask<RowList>(`list?${query}`, { signal: mine.signal });
      append(part, tables.value);
      found += part.rows.length;
      looked += part.searched;
      before = part.before;
      say('state', `${rowsOf(list.rows.length - 1)} shown; looked at ${numbers.format(looked)} …`);
    } while (found < PAGE_ROWS && before !== null);
    const end = before === null ? 'These are all.' : '';
    say('state', `${rowsOf(Math.max(0, list.rows.length - 1))}, the last to arrive first. ${end}`);
    older.hidden = before === null;
  } catch (error) {
    if (!mine.signal.aborted) say('state', reasonOf(error), true);
  }
}

function append({ columns, rows }: RowList, stream: string): void {
  if (list.tHead === null) {
    const head = make('tr', ...['', ...columns].map((name) => make('th', name)));
    list.append(make('thead', head), make('tbody'));
  }
  const body = list.tBodies[0]!;
  for (const { at, cells } of rows) {
    const button = make('button', String(body.rows.length + 1));
    button.type = 'button';
    button.title = 'Unfold this row';
    const row = make('tr', make('td', button), ...cells.map((cell) => make('td', cell)));
    row.addEventListener('click', () => void unfold(stream, at, row));
    body.append(row);
  }
}

async function unfold(stream: string, at: number, from: HTMLTableRowElement): Promise<void> {
  list.querySelector('[aria-current]')?.removeAttribute('aria-current');
  from.setAttribute('aria-current', 'true');
  try {
    const { table, row } = await ask<{ table: string; row: object }>(
      `row?${new URLSearchParams({ stream, at: String(at) })}`,
    );
    const close = make('button', 'Close');
    close.type = 'button';
    close.addEventListener('click', () => {
      detail.hidden = true;
      from.querySelector('button')?.focus();
    });
    const entries = Object.entries(row).filter(([, value]) => value !== null && value !== '');
    const absent = Object.keys(row).length - entries.length;
    const title = make('h2', `${table}, row ${from.rowIndex}`);
    detail.replaceChildren(title, close, makeTree(entries), make('p', `${absent} columns without a value.`));
    detail.hidden = false;
    detail.focus();
  } catch (error) {
    say('state', reasonOf(error), true);
  }
}

function makeTree(entries: readonly (readonly [string, unknown])[]): HTMLUListElement {
  return make('ul', ...entries.map(([name, value]) => makeBranch(name, value)));
}

/** Branches with much in them are folded. */
const OPEN_UP_TO = 12;

function makeBranch(name: string, value: unknown): HTMLLIElement {
  if (typeof value !== 'object' || value === null) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const isLong = text.includes('\n') || text.length > 200;
    return make('li', make('b', name), ' ', make(isLong ? 'pre' : 'span', text));
  }
  const entries = Array.isArray(value)
    ? value.map((each, place) => [`[${place + 1}]`, each] as const)
    : Object.entries(value);
  const branch = make('details', make('summary', make('b', name), ` ${entries.length}`));
  branch.open = entries.length <= OPEN_UP_TO;
  branch.append(makeTree(entries));
  return make('li', branch);
}

// By keyboard: arrows walk along the rows of the list.
list.addEventListener('keydown', (event) => {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const row = (event.target as Element).closest('tr');
  const next = event.key === 'ArrowDown' ? row?.nextElementSibling : row?.previousElementSibling;
  next?.querySelector('button')?.focus();
  event.preventDefault();
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !detail.hidden) detail.querySelector('button')?.click();
});
find('search').addEventListener('submit', (event) => {
  event.preventDefault();
  void search(false);
});
tables.addEventListener('change', () => void search(false));
older.addEventListener('click', () => void search(true));

// KQL

const [text, result] = [find('text') as HTMLTextAreaElement, find('result') as HTMLTableElement];

async function prepareKql(): Promise<void> {
  const { isInstalled, functions } = await ask<{ isInstalled: boolean; functions: string[] }>('kql');
  find('query').hidden = !isInstalled;
  say(
    'kql-hint',
    isInstalled
      ? `Runs on the newest 5,000 rows of each table, in a model of Kusto by other hands than Microsoft's: what passes here is evidence, not proof. Functions: ${functions.join(', ')}.`
      : 'The engine is not on this machine. npm run test:kql installs it, once (needs Python 3).',
  );
  if (text.value === '')
    text.value = 'QualysEdrEvents()\n| summarize Events = count() by HostName, Severity\n| order by Events desc';
}

async function runKql(): Promise<void> {
  say('kql-state', 'Running …');
  result.replaceChildren();
  try {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ query: text.value });
    const { columns, rows, isCut, milliseconds, seen } = await ask<KqlResult>('kql', { method: 'POST', headers, body });
    const cells = (values: readonly unknown[]): HTMLElement[] =>
      values.map((value) => make('td', typeof value === 'string' ? value : JSON.stringify(value)));
    result.append(
      make('thead', make('tr', ...columns.map((name) => make('th', name)))),
      make('tbody', ...rows.map((row) => make('tr', ...cells(row)))),
    );
    const from = Object.entries(seen).map(([table, count]) => `${numbers.format(count)} of ${table}`);
    const more = isCut ? ' There are more, which are left out.' : '';
    say('kql-state', `${rowsOf(rows.length)} in ${milliseconds} ms, over ${from.join(' and ')}.${more}`);
  } catch (error) {
    say('kql-state', reasonOf(error), true);
  }
}

find('kql').addEventListener(
  'toggle',
  () => void prepareKql().catch((error: unknown) => say('kql-hint', reasonOf(error), true)),
);
find('query').addEventListener('submit', (event) => {
  event.preventDefault();
  void runKql();
});
text.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void runKql();
});

void search(false);
