import { describe, expect, test } from 'vitest';
import { createBlobDeadLetters, type StoredDeadLetter } from '../../../src/lib/azure/blob-dead-letters.ts';
import { DEAD_LETTER_CONTAINER } from '../../../src/lib/azure/names.ts';
import type { DeadLetter } from '../../../src/lib/pipeline/ports.ts';
import { testStorage } from '../../support/storage.ts';

const LETTER: DeadLetter = {
  stream: 'edr-events',
  run: 'live',
  window: '20260501T000000Z-20260501T001500Z~type.file',
  table: 'QualysEdrEvents_CL',
  reason: 'Logs Ingestion answered 413',
  at: '2026-05-01T12:00:00.000Z',
  json: Buffer.from('[{"n":9007199254740993,"t":"ä😀"}]'),
};

async function setUp() {
  const storage = await testStorage();
  await (await storage.container(DEAD_LETTER_CONTAINER)).deleteIfExists();
  const letters = createBlobDeadLetters(storage);
  const all = async (limit = 100): Promise<StoredDeadLetter[]> => Array.fromAsync(letters.list(limit));
  return { letters, all };
}

describe('dead letters', () => {
  test('are none before the first, without an error', async () => {
    const { letters, all } = await setUp();
    expect(await letters.count()).toBe(0);
    expect(await all()).toEqual([]);
  });

  test('keep the row to the byte, with reason and origin', async () => {
    const { letters, all } = await setUp();
    await letters.put(LETTER);
    const [stored] = await all();
    const { name, ...about } = stored!;
    expect(about).toEqual({ ...LETTER, version: 1 });
    expect(name).toMatch(/^edr-events\/live\/20260501T000000Z-20260501T001500Z~type\.file\/[0-9a-f]{16}\.json$/);
  });

  test('of the same row are kept once, of another row beside it', async () => {
    const { letters, all } = await setUp();
    await letters.put(LETTER);
    await letters.put({ ...LETTER, at: '2026-05-02T12:00:00.000Z' });
    expect(await letters.count()).toBe(1);
    await letters.put({ ...LETTER, json: Buffer.from('[{"n":2}]') });
    expect(await letters.count()).toBe(2);
    expect(await all(1)).toHaveLength(1);
  });

  test('are gone once removed', async () => {
    const { letters, all } = await setUp();
    await letters.put(LETTER);
    const [stored] = await all();
    await letters.remove(stored!.name);
    expect(await letters.count()).toBe(0);
  });
});
