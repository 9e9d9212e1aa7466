import { describe, expect, test } from 'vitest';
import { RetryableError } from '../../../src/lib/errors.ts';
import type { AlertItem } from '../../../src/lib/alerts/ports.ts';
import type { Alert } from '../../../src/lib/pipeline/stream.ts';
import { chunkOf, pagedStream, setUp, testStream } from '../../support/pipeline.ts';

const [FROM, TO] = ['2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z'];

/** A stream with one chunk of a row for each alert. */
function alertingStream(alerts: readonly Alert[] = [{ id: 'RTF_1', time: FROM, payload: '{"ticket_id":"RTF_1"}' }]) {
  return testStream(async function* () {
    const chunk = { ...chunkOf(...alerts), alerts };
    yield { chunk, cursor: null, pageDone: true, fetched: 1 };
    await Promise.resolve();
    return { kind: 'complete' };
  });
}

describe('alerts of a chunk', () => {
  test('are queued after its rows are accepted and before the checkpoint is stored', async () => {
    const bench = await setUp(alertingStream());
    const record = await bench.open(FROM, TO);
    const seen: unknown[] = [];
    const send = async (item: AlertItem): Promise<void> => {
      seen.push({ rows: bench.sink.rows.length, pages: (await bench.read(record))?.counts.pages, item });
    };
    await bench.process(record, { alerts: { send } });
    const queuedAt = bench.clock.now().toISOString();
    const item = { version: 1, id: 'RTF_1', payload: '{"ticket_id":"RTF_1"}', queuedAt };
    expect(seen).toEqual([{ rows: 1, pages: 0, item }]);
    expect(bench.log.events()).toContain('AlertsQueued');
    expect((await bench.read(record))?.state).toBe('closed');
  });

  test('are none: nobody asks from when on they are told', async () => {
    const bench = await setUp(pagedStream(1).stream);
    const record = await bench.open(FROM, TO);
    const unasked = () => Promise.reject(new Error('asked for nothing'));
    await bench.process(record, { alerts: { send: unasked }, alertsFrom: unasked });
    expect((await bench.read(record))?.state).toBe('closed');
    expect(bench.log.events()).not.toContain('AlertsQueued');
  });

  test('that cannot be queued are not lost: the chunk comes again', async () => {
    const bench = await setUp(alertingStream());
    const record = await bench.open(FROM, TO);
    const failing = { send: () => Promise.reject(new RetryableError('storage failed sending an alert')) };
    await bench.process(record, { alerts: failing });
    const failed = await bench.read(record);
    expect(failed).toMatchObject({ state: 'planned', counts: { pages: 0 } });
    const sent: string[] = [];
    bench.clock.forward(3_600_000);
    await bench.process(failed!, { alerts: { send: ({ id }) => Promise.resolve(void sent.push(id)) } });
    expect(sent).toEqual(['RTF_1']);
    expect((await bench.read(record))?.state).toBe('closed');
  });

  test('are queued from their start on; older ones are counted in the log, and their rows come all the same', async () => {
    const times = ['2026-05-01T09:59:59.999Z', FROM, '2026-05-01T10:00:00.1234567Z', 'no time'];
    const bench = await setUp(alertingStream(times.map((time, at) => ({ id: `RTF_${at}`, time, payload: '{}' }))));
    const record = await bench.open(FROM, TO);
    const sent: string[] = [];
    await bench.process(record, {
      alerts: { send: ({ id }) => Promise.resolve(void sent.push(id)) },
      alertsFrom: () => Promise.resolve(new Date(FROM)),
    });
    expect(sent).toEqual(['RTF_1', 'RTF_2', 'RTF_3']);
    expect(bench.sink.rows).toHaveLength(4);
    const lines = bench.log.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.find(({ event }) => event === 'AlertsLeftOut')).toMatchObject({
      alerts: 1,
      before: '2026-05-01T10:00:00.000Z',
    });
  });

  test('whose start cannot be read are not lost: the chunk comes again', async () => {
    const bench = await setUp(alertingStream());
    const record = await bench.open(FROM, TO);
    const sent: string[] = [];
    const alerts = { send: ({ id }: AlertItem) => Promise.resolve(void sent.push(id)) };
    await bench.process(record, {
      alerts,
      alertsFrom: () => Promise.reject(new RetryableError('storage failed reading the start of alerts')),
    });
    expect(sent).toEqual([]);
    bench.clock.forward(3_600_000);
    await bench.process((await bench.read(record))!, { alerts, alertsFrom: () => Promise.resolve(new Date(FROM)) });
    expect(sent).toEqual(['RTF_1']);
  });

  test('of a chunk that is refused are not queued', async () => {
    const bench = await setUp(alertingStream());
    bench.sink.failNext = new RetryableError('no');
    const sent: AlertItem[] = [];
    await bench.process(await bench.open(FROM, TO), {
      alerts: { send: (item) => Promise.resolve(void sent.push(item)) },
    });
    expect(sent).toEqual([]);
  });

  test('go nowhere where nobody wants them', async () => {
    const bench = await setUp(alertingStream());
    const record = await bench.open(FROM, TO);
    await bench.process(record);
    expect((await bench.read(record))?.state).toBe('closed');
  });
});
