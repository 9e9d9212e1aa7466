import { LOCAL_URL } from '../cli/session.ts';
import { count } from '../cli/text.ts';
import type { Sizes } from './local-parts.ts';

/** What a start has brought up, and what it uses instead of that. */
export interface Started {
  readonly version: string;
  /** Of the function app. */
  readonly appUrl: string;
  /** Where the app reads: the simulator with its sizes, or the Qualys that the settings name. */
  readonly qualys: { readonly url: string; readonly sizes: Sizes | undefined };
  /** Folder of Azurite; undefined where the settings name another storage. */
  readonly storageDir: string | undefined;
  /** Where rows are sent, and the folder in which they end up; no folder where the settings name another endpoint. */
  readonly ingestion: { readonly url: string; readonly dir: string | undefined };
}

const LEFT = 12;

/** What is printed once everything runs: where things are, and what to try. */
export function writeStartScreen(started: Started): string {
  return [
    '',
    `Qualys connector ${started.version} runs.`,
    '',
    writePlaces(started),
    '',
    'Try, in another shell:',
    '',
    ...commandsFor(started).map((command) => `  ${command}`),
    '',
    'From here on a line for each thing that happens; --verbose prints all that the app logs. Ctrl+C ends it.',
    '',
  ].join('\n');
}

/** Where things are. */
export function writePlaces({ appUrl, qualys, storageDir, ingestion }: Started): string {
  const { sizes } = qualys;
  const data =
    sizes === undefined
      ? 'QUALYS_API_URL'
      : `simulator: ${count(sizes.eventCount)} events, ${count(sizes.hostCount)} hosts of the last 24 hours, more each minute`;
  const isLocal = ingestion.dir !== undefined;
  const places = [
    ['Dashboard', `${appUrl}/api/dashboard`, 'npm start -- --open opens it'],
    isLocal ? ['Rows', `${appUrl}/local/rows`, `${ingestion.dir}/<table>.ndjson`] : ['Rows', 'in your workspace', ''],
    ['App', appUrl, 'the Functions host'],
    ['Qualys', qualys.url, data],
    ['Ingestion', ingestion.url, isLocal ? 'takes and refuses what Azure does' : 'LOGS_INGESTION_ENDPOINT'],
    ['Storage', storageDir ?? 'AzureWebJobsStorage', storageDir === undefined ? '' : 'Azurite: queues and tables'],
  ];
  const lines = places.map(([name = '', where = '', what = '']) => {
    return `  ${name.padEnd(LEFT)}${where}${what === '' ? '' : `  (${what})`}`;
  });
  return lines.join('\n');
}

function commandsFor({ appUrl, ingestion, qualys: { sizes } }: Started): string[] {
  const qualys = 'npm run -s qualys --';
  return [
    ...(appUrl === LOCAL_URL ? [] : [`export CONNECTOR_URL=${appUrl}`]),
    `${qualys} status                                         # is everything here?`,
    ...(ingestion.dir === undefined
      ? [`${qualys} ping                                           # does it reach and may it use everything?`]
      : [`${qualys} rows edr-events                                # the rows that arrived last; --row 1 unfolds one`]),
    `${qualys} windows --stream edr-events --since 2h         # what was read, and how it went`,
    `${qualys} backfill --stream edr-events --from 6h --wait  # read a range again`,
    ...(sizes === undefined
      ? [`curl -s ${appUrl}/api/ping`]
      : ['npm run -s break -- password                                        # break it, and see: docs/try.md']),
  ];
}
