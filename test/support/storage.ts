import type { TableClient } from '@azure/data-tables';
import { randomUUID } from 'node:crypto';
import { startAzurite, type Azurite } from '../../dev/azurite/start-azurite.ts';
import { openStorage, type Storage } from '../../src/lib/azure/storage.ts';

let azurite: Promise<Azurite> | undefined;

/** The Azurite of this test process, or the one that all share: real queues, tables and blobs, in memory. */
export function testAzurite(): Promise<Azurite> {
  azurite ??= sharedAzurite() ?? startAzurite({ inMemory: true });
  return azurite;
}

/** The one that test/mutation/share-azurite.ts has started. */
function sharedAzurite(): Promise<Azurite> | undefined {
  const shared = process.env.SHARED_AZURITE;
  if (shared === undefined) return undefined;
  return Promise.resolve({ ...(JSON.parse(shared) as Omit<Azurite, 'close'>), close: () => Promise.resolve() });
}

/** The storage account of the tests. */
export async function testStorage(): Promise<Storage> {
  const { connectionString } = await testAzurite();
  return openStorage({
    AzureWebJobsStorage: connectionString,
  });
}

/** A stream name of its own, so that tests share tables without meeting. */
export function uniqueName(prefix = 'stream'): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}

/** The account with one method of its tables replaced. */
export function withMethod<M extends keyof TableClient>(
  storage: Storage,
  method: M,
  replace: (table: TableClient) => TableClient[M],
): Storage {
  const table = (name: string): TableClient =>
    new Proxy(storage.table(name), {
      get: (real, key): unknown => (key === method ? replace(real) : Reflect.get(real, key)),
    });
  return { ...storage, table };
}
