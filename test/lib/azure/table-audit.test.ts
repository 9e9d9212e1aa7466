import { odata, RestError } from '@azure/data-tables';
import { expect, test } from 'vitest';
import { TABLE_NAMES } from '../../../src/lib/azure/names.ts';
import { createTableAudit } from '../../../src/lib/azure/table-audit.ts';
import { testStorage, uniqueName } from '../../support/storage.ts';

const NOW = new Date('2026-05-01T12:00:00.000Z');

test('what operators did is kept in the partition of its month, each act by itself', async () => {
  const storage = await testStorage();
  const audit = createTableAudit(storage, () => NOW);
  const target = uniqueName('window');
  await audit.write({ action: 'window-retried', target, reason: 'the filter is mended' });
  await audit.write({ action: 'window-waived', target });
  const filter = odata`PartitionKey eq ${'2026-05'} and target eq ${target}`;
  const acts: Record<string, unknown>[] = [];
  for await (const entity of storage.table(TABLE_NAMES.audit).listEntities({ queryOptions: { filter } }))
    acts.push(entity);
  expect(acts).toHaveLength(2);
  expect(acts.map(({ action, reason, at }) => ({ action, reason, at }))).toEqual(
    expect.arrayContaining([
      { action: 'window-retried', reason: 'the filter is mended', at: NOW.toISOString() },
      { action: 'window-waived', reason: undefined, at: NOW.toISOString() },
    ]),
  );
  expect(acts.every(({ rowKey }) => String(rowKey).startsWith(`${NOW.toISOString()}-`))).toBe(true);
});

test('an act that cannot be written down is a fault of the storage', async () => {
  const dead = {
    ...(await testStorage()),
    table: () => ({ createTable: () => Promise.reject(new RestError('reset')) }),
  };
  const audit = createTableAudit(dead as unknown as Awaited<ReturnType<typeof testStorage>>, () => NOW);
  await expect(audit.write({ action: 'a', target: 't' })).rejects.toMatchObject({
    name: 'RetryableError',
    message: 'storage failed writing the audit log (no answer)',
  });
});
