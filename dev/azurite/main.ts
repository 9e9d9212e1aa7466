// Azurite as a process of its own: prints its connection string as the first line of standard output.
//   node dev/azurite/main.ts [--in-memory] [--dir DIR] [--no-blob] [--queue-port N] [--table-port N] [--blob-port N]
import { parseArgs } from 'node:util';
import { startAzurite } from './start-azurite.ts';

const { values } = parseArgs({
  options: {
    'in-memory': { type: 'boolean', default: false },
    'no-blob': { type: 'boolean', default: false },
    dir: { type: 'string' },
    'queue-port': { type: 'string', default: '0' },
    'table-port': { type: 'string', default: '0' },
    'blob-port': { type: 'string', default: '0' },
  },
});

const azurite = await startAzurite({
  inMemory: values['in-memory'],
  blob: !values['no-blob'],
  ...(values.dir === undefined ? {} : { dir: values.dir }),
  queuePort: Number(values['queue-port']),
  tablePort: Number(values['table-port']),
  blobPort: Number(values['blob-port']),
});
console.log(azurite.connectionString);

async function stop(): Promise<void> {
  await azurite.close();
  process.exit(0);
}
process.once('SIGINT', () => void stop());
process.once('SIGTERM', () => void stop());
