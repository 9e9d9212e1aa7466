// Azurite as a process of its own: prints its connection string as the first line of standard output.
//   node dev/azurite/main.ts [--in-memory] [--dir DIR] [--no-blob] [--queue-port N] [--table-port N] [--blob-port N]
import { PORT, readOptions, wholeNumber } from '../read-options.ts';
import { runMain } from '../run-main.ts';
import { startAzurite } from './start-azurite.ts';

async function main(): Promise<void> {
  const values = readOptions({
    'in-memory': { type: 'boolean', default: false },
    'no-blob': { type: 'boolean', default: false },
    dir: { type: 'string' },
    'queue-port': { type: 'string' },
    'table-port': { type: 'string' },
    'blob-port': { type: 'string' },
  });
  const portOf = (name: 'queue-port' | 'table-port' | 'blob-port'): number =>
    wholeNumber(`--${name}`, values[name], { ...PORT, fallback: 0 });
  const azurite = await startAzurite({
    inMemory: values['in-memory'],
    blob: !values['no-blob'],
    ...(values.dir === undefined ? {} : { dir: values.dir }),
    queuePort: portOf('queue-port'),
    tablePort: portOf('table-port'),
    blobPort: portOf('blob-port'),
  });
  const stop = async (): Promise<void> => {
    await azurite.close();
    process.exit(0);
  };
  process.once('SIGINT', () => void stop());
  process.once('SIGTERM', () => void stop());
  console.log(azurite.connectionString);
}

await runMain(main);
