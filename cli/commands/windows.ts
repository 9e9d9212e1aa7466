import { InvalidArgumentError, type Command } from 'commander';
import type { WindowView } from '../../src/lib/pipeline/window-answer.ts';
import { WINDOW_STATES } from '../../src/lib/pipeline/ports.ts';
import { windowList } from '../../src/lib/openapi/operations/windows.ts';
import { EXIT } from '../cli-error.ts';
import type { Connector } from '../connector.ts';
import { readStreams } from '../read-status.ts';
import { action, type Session } from '../session.ts';
import { count, counted, printable, table } from '../text.ts';
import { spanOption } from '../time.ts';

const HOUR_MS = 3_600_000;
/** As much as the route takes. */
const MOST = '999h';
const DIFFERS =
  'UPLOADED is not FETCHED where a neighbour has the records of the second between them, hosts are unchanged, or one takes several rows (--help).';

interface Options {
  readonly stream?: string;
  readonly state?: readonly string[];
  /** In milliseconds. */
  readonly since: number;
}

/** `windows`: what is read, and how it went. */
export function addWindows(program: Command): void {
  program
    .command('windows')
    .description('list windows of time: those of the last hours, and all that need attention')
    .option('--stream <name>', 'only of this stream')
    .option('--state <states>', `only in these states, comma-separated: ${WINDOW_STATES.join(', ')}`, parseStates)
    .addOption(
      spanOption('--since <span>', 'finished ones that end within this span before now', { usual: '24h', most: MOST }),
    )
    .addHelpText(
      'after',
      `
EXPECTED is Qualys' own count (EDR events) or the number of ids it lists (hosts, KnowledgeBase), FETCHED what came
(VM: hosts), UPLOADED the rows that Azure accepted. Finished windows are kept for eight days.
UPLOADED and FETCHED of a closed window may differ, and nothing is missing. Fewer are uploaded: neighbours both read the second
between them, and one of them uploads its records (EDR events); unchanged hosts are not sent (VM_INGEST); a look for late
records meets known ones. More: a long record or a large host takes several rows. Rows that Azure refused: qualys dead-letters.
--since goes by whole hours, rounded up.

Examples:
  qualys windows --stream edr-events --since 2h
  qualys windows --state failed,incomplete
  qualys windows --json | jq '.[].windows[] | select(.attempts > 0)'`,
    )
    .action(
      action<Options>(async (session, { stream, state, since }) => {
        const { connector, isJson, printJson } = session;
        const hours = Math.max(1, Math.ceil(since / HOUR_MS));
        const found: { stream: string; windows: WindowView[] }[] = [];
        for (const name of stream === undefined ? await enabledStreams(connector) : [stream]) {
          const windows = await listWindows(connector, name, String(hours));
          found.push({ stream: name, windows: windows.filter((each) => state?.includes(each.state) ?? true) });
        }
        if (isJson) printJson(found);
        else showWindows(found, session);
        return EXIT.fine;
      }),
    );
}

async function enabledStreams(connector: Connector): Promise<string[]> {
  return (await readStreams(connector)).filter(({ enabled }) => enabled).map(({ name }) => name);
}

/** The windows of a stream: those that ended within so many hours, and all that need attention. */
export async function listWindows(connector: Connector, stream: string, hours: string): Promise<WindowView[]> {
  const path = `windows/${encodeURIComponent(stream)}`;
  return (await connector.ask({ path, query: { hours }, schema: windowList })).body.windows;
}

function showWindows(found: readonly { stream: string; windows: WindowView[] }[], { print, color }: Session): void {
  for (const { stream, windows } of found) {
    print(color('bold', `${printable(stream)}: ${counted(windows.length, 'window')}`));
    const head = ['WINDOW', 'STATE', 'EXPECTED', 'FETCHED', 'UPLOADED', 'PAGES', 'CALLS', 'TRIES', 'NEXT TRY'];
    const [first = '', ...lines] = table(head, windows.map(toRow));
    if (windows.length > 0) print(color('dim', first));
    for (const [index, line] of lines.entries()) {
      const { state, error } = windows[index] ?? {};
      print(state === 'failed' ? color('red', line) : state === 'incomplete' ? color('yellow', line) : line);
      if (typeof error === 'string') print(`  ${printable(error)}`);
    }
  }
  if (found.some(({ windows }) => windows.some(differs))) print(color('dim', DIFFERS));
}

/** Whether a reader may take it for a loss. */
function differs({ state, fetched, uploaded }: WindowView): boolean {
  return state === 'closed' && fetched !== uploaded;
}

function toRow(window: WindowView): string[] {
  const { key, state, inWork, expected, fetched, uploaded, pages, calls, attempts, notBefore } = window;
  const shown = inWork ? `${state} (in work)` : state;
  return [
    key,
    shown,
    expected === null ? '–' : count(expected),
    ...[fetched, uploaded, pages, calls, attempts].map(count),
    notBefore !== null && Date.parse(notBefore) > Date.now() ? notBefore : '',
  ];
}

function parseStates(text: string): readonly string[] {
  const states = text.split(',').map((state) => state.trim());
  const unknown = states.find((state) => !(WINDOW_STATES as readonly string[]).includes(state));
  if (unknown === undefined) return states;
  throw new InvalidArgumentError(
    `There is no state ${JSON.stringify(unknown)}; there are ${WINDOW_STATES.join(', ')}.`,
  );
}
