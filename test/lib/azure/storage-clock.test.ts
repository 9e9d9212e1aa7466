import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createStorageClock, skewOf } from '../../../src/lib/azure/storage-clock.ts';
import { openStorage } from '../../../src/lib/azure/storage.ts';
import { ConfigError, RetryableError } from '../../../src/lib/errors.ts';
import { serveHttp } from '../../support/http-server.ts';
import { testStorage } from '../../support/storage.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const KEY = Buffer.from('not a secret').toString('base64');

/** A table service with a status for its entities and a date of its own; without one it tells none. */
async function serveTables(status: number, date: string | undefined) {
  const { url, arrived } = await serveHttp(({ method }, response) => {
    response.sendDate = false;
    const isTable = method === 'POST';
    const headers = { 'content-type': 'application/json', ...(date === undefined ? {} : { date }) };
    response.writeHead(isTable ? 409 : status, headers);
    response.end(JSON.stringify({ 'odata.error': { code: isTable ? 'TableAlreadyExists' : 'Other' } }));
  });
  const connection = `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=${KEY};TableEndpoint=${url}/a;`;
  const read = createStorageClock(
    openStorage({
      AzureWebJobsStorage: connection,
    }),
  );
  return { read, arrived };
}

describe('the clock of the storage service', () => {
  test('is the date of its answer, whatever time it is here', async () => {
    const { read, arrived } = await serveTables(404, 'Thu, 01 Jan 2026 08:30:15 GMT');
    expect(await read()).toEqual(new Date('2026-01-01T08:30:15Z'));
    expect(await read()).toEqual(new Date('2026-01-01T08:30:15Z'));
    expect(arrived.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET']);
  });

  test('goes with that of this machine over real tables', async () => {
    const read = createStorageClock(await testStorage());
    const before = Math.floor(Date.now() / 1000) * 1000;
    const time = await read();
    expect(time!.getTime()).toBeGreaterThanOrEqual(before);
    expect(time!.getTime()).toBeLessThanOrEqual(Date.now());
  });

  test.each([
    ['without a date', undefined],
    ['with a date that is none', 'yesterday'],
  ])('is unknown from an answer %s', async (_, date) => {
    const { read } = await serveTables(404, date);
    expect(await read()).toBeUndefined();
  });

  test('is told too should somebody have stored the row that nobody writes', async () => {
    const { read } = await serveTables(200, 'Thu, 01 Jan 2026 08:30:15 GMT');
    expect(await read()).toEqual(new Date('2026-01-01T08:30:15Z'));
  });

  test.each([
    [403, ConfigError],
    [400, RetryableError],
  ] as const)('cannot be read from a service that answers %i', async (status, kind) => {
    const { read } = await serveTables(status, 'Thu, 01 Jan 2026 08:30:15 GMT');
    await expect(read()).rejects.toBeInstanceOf(kind);
  });
});

describe('the skew of our clock', () => {
  test('is none where the clocks are in step, however long the answer takes', () => {
    const request = fc.record({ takesMs: fc.nat(600_000), part: fc.double({ min: 0, max: 1, noNaN: true }) });
    fc.assert(
      fc.property(request, ({ takesMs, part }) => {
        const told = new Date(Math.floor((NOW + takesMs * part) / 1000) * 1000);
        expect(skewOf(told, NOW, NOW + takesMs)).toBe(0);
      }),
    );
  });

  test('is found to a second and the time of the request', () => {
    const figures = fc.record({
      skewMs: fc.oneof(fc.integer({ min: 5000, max: 1e9 }), fc.integer({ min: -1e9, max: -5000 })),
      takesMs: fc.nat(2000),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(figures, ({ skewMs, takesMs, part }) => {
        const told = new Date(Math.floor((NOW + skewMs + takesMs * part) / 1000) * 1000);
        expect(Math.abs(skewOf(told, NOW, NOW + takesMs) - skewMs)).toBeLessThanOrEqual(takesMs + 1000);
      }),
    );
  });

  test('is none where the storage tells no time', () => {
    expect(skewOf(undefined, NOW, NOW)).toBe(0);
  });
});
