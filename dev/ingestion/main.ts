import { parseArgs } from 'node:util';
import { startIngestion, type IngestionOptions } from './start-ingestion.ts';

const USAGE = `usage: node dev/ingestion/main.ts [--port 0] [--dir .local/tables] [--rule-id dcr-…] [--keep file|memory|calls]
  Starts the local stand-in for the Logs Ingestion API and prints its URL. Each name can also be set as an environment
  variable, INGESTION_PORT and so on; --rule-id may be given more than once.`;

type Keep = NonNullable<IngestionOptions['keep']>;

function keepOf(text: string | undefined): Keep {
  if (text === undefined || text === 'file' || text === 'memory' || text === 'calls') return text ?? 'file';
  throw new RangeError(`keep must be file, memory or calls, not ${text}`);
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? 0);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new RangeError(`port must be a whole number from 0 to 65535, not ${String(text)}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      dir: { type: 'string' },
      'rule-id': { type: 'string', multiple: true },
      keep: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(USAGE);
    return;
  }
  const { INGESTION_PORT, INGESTION_DIR, INGESTION_RULE_ID, INGESTION_KEEP } = process.env;
  const dir = values.dir ?? INGESTION_DIR;
  const ruleIds = values['rule-id'] ?? (INGESTION_RULE_ID === undefined ? undefined : [INGESTION_RULE_ID]);
  const ingestion = await startIngestion({
    port: portOf(values.port ?? INGESTION_PORT),
    keep: keepOf(values.keep ?? INGESTION_KEEP),
    ...(dir === undefined ? {} : { dir }),
    ...(ruleIds === undefined ? {} : { ruleIds }),
  });
  console.log(ingestion.url);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void ingestion.close());
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
