import { QueueClient } from '@azure/storage-queue';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { QUEUE_NAME, TABLE_NAMES, WAKE_UP_QUEUE_NAME } from '../../../src/lib/azure/names.ts';
import { createStorageWakeUps } from '../../../src/lib/azure/storage-wake-ups.ts';
import { parseWakeUp } from '../../../src/lib/pipeline/wake-up.ts';
import { fixedClock } from '../../support/pipeline.ts';
import { testStorage, uniqueName } from '../../support/storage.ts';

const storage = await testStorage();
const queue = storage.queue(WAKE_UP_QUEUE_NAME);
beforeEach(async () => {
  await queue.createIfNotExists();
  await queue.clearMessages();
});

/** Wake-ups of two instances that share a storage account. */
function setUp(skewMs = 0) {
  const stream = uniqueName();
  const clock = fixedClock();
  const other = { now: () => new Date(clock.now().getTime() + skewMs) };
  const [one, two] = [createStorageWakeUps(storage, clock), createStorageWakeUps(storage, other)];
  return {
    stream,
    clock,
    one,
    two,
    // Those that wait, hidden or not.
    sent: async () => (await queue.getProperties()).approximateMessagesCount ?? 0,
  };
}

describe('wake-ups', () => {
  test('of a storm of endings on two instances are one message, which comes in a moment', async () => {
    const { stream, one, two, sent } = setUp();
    const send = vi.spyOn(QueueClient.prototype, 'sendMessage');
    onTestFinished(() => send.mockRestore());
    await Promise.all(Array.from({ length: 40 }, (_, place) => (place % 2 === 0 ? one : two).ask(stream)));
    expect(await sent()).toBe(1);
    expect(send.mock.calls.map(([, options]) => options?.visibilityTimeout)).toEqual([2]);
    let [message] = (await queue.receiveMessages()).receivedMessageItems;
    while (message === undefined) [message] = (await queue.receiveMessages()).receivedMessageItems;
    expect(parseWakeUp(JSON.parse(Buffer.from(message.messageText, 'base64').toString()))).toEqual({
      version: 1,
      stream,
    });
  });

  test('are asked for again by what ends after the planner took one', async () => {
    const { stream, one, two, sent } = setUp();
    await one.ask(stream);
    await two.take(stream);
    await one.ask(stream);
    await two.ask(stream);
    expect(await sent()).toBe(2);
    await two.take(stream);
    await two.take(stream);
  });

  test('that got lost are sent again by what ends a quarter of a minute later', async () => {
    const { stream, clock, one, two, sent } = setUp();
    await one.ask(stream);
    clock.forward(14_999);
    await two.ask(stream);
    expect(await sent()).toBe(1);
    clock.forward(1);
    await Promise.all([one.ask(stream), two.ask(stream), two.ask(stream)]);
    expect(await sent()).toBe(2);
  });

  test('booked by an instance whose clock is ahead keep nobody from sending', async () => {
    const { stream, one, two, sent } = setUp(3_600_000);
    await two.ask(stream);
    await one.ask(stream);
    expect(await sent()).toBe(2);
  });

  test('of one stream are not those of another', async () => {
    const { stream, one, sent } = setUp();
    await one.ask(stream);
    await one.ask(uniqueName());
    expect(await sent()).toBe(2);
  });

  test('stay out of the queue of work items, where an older release would put them into its poison queue', async () => {
    const { stream, one } = setUp();
    await storage.queue(QUEUE_NAME).createIfNotExists();
    await storage.queue(QUEUE_NAME).clearMessages();
    await one.ask(stream);
    expect((await storage.queue(QUEUE_NAME).getProperties()).approximateMessagesCount).toBe(0);
  });

  test('whose message cannot be sent say so; a later ending sends one', async () => {
    const { stream, clock, one, sent } = setUp();
    const broken = createStorageWakeUps({ ...storage, queue: () => storage.queue('NOT-A-NAME') }, clock);
    await expect(broken.ask(stream)).rejects.toThrow('storage failed sending a wake-up');
    clock.forward(15_000);
    await one.ask(stream);
    expect(await sent()).toBe(1);
  });

  test('leave the watermark of their stream as it is', async () => {
    const { stream, one } = setUp();
    await one.ask(stream);
    const table = storage.table(TABLE_NAMES.watermarks);
    await expect(table.getEntity(stream, 'watermark')).rejects.toMatchObject({ statusCode: 404 });
    await one.take(stream);
    await expect(table.getEntity(stream, 'wake-up')).rejects.toMatchObject({ statusCode: 404 });
  });
});
