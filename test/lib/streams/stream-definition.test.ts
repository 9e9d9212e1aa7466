import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/lib/errors.ts';
import { STREAMS } from '../../../src/lib/streams/index.ts';
import { bindStream, type StreamServices } from '../../../src/lib/streams/stream-definition.ts';
import { setUp } from '../../support/pipeline.ts';
import { uniqueName } from '../../support/storage.ts';

/** Services that must not be used. */
const NOTHING = {} as StreamServices;
const BOUNDS = ['2026-05-01T10:00:00Z', '2026-05-01T10:15:00Z'] as const;

describe('a window whose slice is of a newer release', () => {
  test.each(STREAMS)('of $name waits visibly, and nothing is asked for it', async (definition) => {
    const stream = { ...bindStream(definition, NOTHING), name: uniqueName() };
    const bench = await setUp(stream);
    const record = await bench.open(...BOUNDS, { slice: 'unheard.of.1' });
    await bench.process(record);
    expect(await bench.read(record)).toMatchObject({
      state: 'planned',
      lastError: expect.stringMatching(/slice unheard\.of\.1 is of a newer release/) as string,
      counts: { calls: 0, rows: 0 },
    });
    expect(bench.queue.sent).toHaveLength(1);
  });
});

describe('a slice of this release', () => {
  test.each([
    ['edr-events', 'type.file'],
    ['edr-events', 'type.other'],
    ['vm-detections', 'ids.-'],
    ['vm-detections', 'ids.-107800000'],
    ['vm-detections', 'ids.107800001-'],
    ['vm-knowledge-base', 'everything'],
  ])('of %s is read: %s', (name, slice) => {
    const definition = STREAMS.find((each) => each.name === name)!;
    const read = (given: string) => {
      const task = { window: { stream: name, run: 'live', from: BOUNDS[0], to: BOUNDS[1], slice: given } };
      // A generator does nothing before it is asked for its first step.
      void bindStream(definition, NOTHING).read(task as Parameters<ReturnType<typeof bindStream>['read']>[0]);
    };
    expect(() => read(slice)).not.toThrow();
    expect(() => read(`${slice}~`)).toThrow(ConfigError);
  });
});
