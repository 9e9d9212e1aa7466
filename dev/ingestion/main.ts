import { PORT, readOptions, wholeNumber } from '../read-options.ts';
import { runMain } from '../run-main.ts';
import { UsageError } from '../usage-error.ts';
import { startIngestion, type IngestionOptions } from './start-ingestion.ts';

const USAGE = `usage: node dev/ingestion/main.ts [--port 0] [--dir .local/tables] [--rule-id dcr-…] [--keep file|memory|calls]
  Starts the local stand-in for the Logs Ingestion API and prints its URL. Each name can also be set as an environment
  variable, INGESTION_PORT and so on; --rule-id may be given more than once.`;

type Keep = NonNullable<IngestionOptions['keep']>;

function keepOf(name: string, text: string | undefined): Keep {
  if (text === undefined || text === 'file' || text === 'memory' || text === 'calls') return text ?? 'file';
  throw new UsageError(`${name} must be file, memory or calls, given ${JSON.stringify(text)}`);
}

async function main(): Promise<void> {
  const values = readOptions({
    port: { type: 'string' },
    dir: { type: 'string' },
    'rule-id': { type: 'string', multiple: true },
    keep: { type: 'string' },
    help: { type: 'boolean' },
  });
  if (values.help === true) {
    console.log(USAGE);
    return;
  }
  const portOf = (name: string, text: string | undefined): number => wholeNumber(name, text, { ...PORT, fallback: 0 });
  const { INGESTION_PORT, INGESTION_DIR, INGESTION_RULE_ID, INGESTION_KEEP } = process.env;
  const dir = values.dir ?? INGESTION_DIR;
  const ruleIds = values['rule-id'] ?? (INGESTION_RULE_ID === undefined ? undefined : [INGESTION_RULE_ID]);
  const ingestion = await startIngestion({
    port: values.port === undefined ? portOf('INGESTION_PORT', INGESTION_PORT) : portOf('--port', values.port),
    keep: values.keep === undefined ? keepOf('INGESTION_KEEP', INGESTION_KEEP) : keepOf('--keep', values.keep),
    ...(dir === undefined ? {} : { dir }),
    ...(ruleIds === undefined ? {} : { ruleIds }),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void ingestion.close());
  console.log(ingestion.url);
}

await runMain(main);
