import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSchedule } from '../../dev/host/schedule.ts';
import { notes, runApp } from './host-test-app.ts';

function nextTimes(schedule: string, from: string, count: number): string[] {
  const { next } = parseSchedule(schedule, 'timer "t"');
  const times: string[] = [];
  for (let time = next(new Date(from)); time !== undefined && times.length < count; time = next(time)) {
    times.push(time.toISOString());
  }
  return times;
}

describe('a schedule', () => {
  test.each([
    ['0 */5 * * * *', '2026-03-29T00:58:30Z', ['2026-03-29T01:00:00.000Z', '2026-03-29T01:05:00.000Z']],
    ['0 */5 * * * *', '2026-03-29T01:00:00Z', ['2026-03-29T01:05:00.000Z', '2026-03-29T01:10:00.000Z']],
    ['*/1 * * * * *', '2026-01-01T00:00:00.250Z', ['2026-01-01T00:00:01.000Z', '2026-01-01T00:00:02.000Z']],
    ['0 30 9-11/2 * * 1-5', '2026-11-20T10:00:00Z', ['2026-11-20T11:30:00.000Z', '2026-11-23T09:30:00.000Z']],
    ['5,50 0 0 1 jan *', '2026-11-22T00:00:00Z', ['2027-01-01T00:00:05.000Z', '2027-01-01T00:00:50.000Z']],
    ['0 0 0 13 * Fri', '2026-03-14T00:00:00Z', ['2026-11-13T00:00:00.000Z', '2027-08-13T00:00:00.000Z']],
    ['0 10/25 * * * *', '2026-01-01T00:00:00Z', ['2026-01-01T00:10:00.000Z', '2026-01-01T00:35:00.000Z']],
  ])('%s after %s comes next at %j', (schedule, from, expected) => {
    expect(nextTimes(schedule, from, 2)).toEqual(expected);
  });

  test.each(['*/5 * * * *', '00:05:00', '0 0 0 * * ?', '0 0 0 L * *', '@daily', '0 60 * * * *', '0 0 0 * * 7', ''])(
    '%j is refused with what is allowed',
    (schedule) => {
      expect(() => parseSchedule(schedule, 'timer "t"')).toThrow(/^timer "t": .*(six NCRONTAB fields|no schedule)/);
    },
  );

  test('is always later than now and within its step', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 59 }),
        fc.date({ min: new Date(0), noInvalidDate: true, max: new Date(4e12) }),
        (step, now) => {
          const next = parseSchedule(`*/${step} * * * * *`, 't').next(now)!;
          expect(next.getTime()).toBeGreaterThan(now.getTime());
          expect(next.getTime() - now.getTime()).toBeLessThanOrEqual(step * 1000);
          expect(next.getUTCSeconds() % step).toBe(0);
        },
      ),
    );
  });
});

describe('a timer function', () => {
  const far = '0 0 0 1 1 *';

  test('runs once at the start, with the trigger object of the real host', async () => {
    const host = await runApp(
      `app.timer('tick', { schedule: '%TICK%', handler: async (timer, context) => note(timer, context.triggerMetadata ?? null) });`,
      { settings: { TICK: far }, runTimersAtStart: true },
    );
    await expect.poll(() => notes).toHaveLength(2);
    const year = new Date().getUTCFullYear() + 1;
    expect(notes).toEqual([
      {
        schedule: { adjustForDST: true },
        scheduleStatus: {
          last: '0001-01-01T00:00:00+00:00',
          next: `${year}-01-01T00:00:00+00:00`,
          lastUpdated: '0001-01-01T00:00:00+00:00',
        },
        isPastDue: false,
      },
      null,
    ]);
    expect(host.listing).toContain('tick: timerTrigger');
  });

  test('runs by its schedule, again after a failure, and never twice at once', async () => {
    const { logged } = await runApp(`
      let running = 0;
      app.timer('tick', { schedule: '*/1 * * * * *', handler: async (timer) => {
        note({ at: Date.now(), running: ++running, status: timer.scheduleStatus });
        await new Promise((resolve) => setTimeout(resolve, 1200));
        running -= 1;
        throw new Error('tock');
      } });
    `);
    await expect.poll(() => notes.length).toBeGreaterThanOrEqual(3);
    const runs = notes as { at: number; running: number; status: unknown }[];
    expect(runs.every(({ running, status }) => running === 1 && status === null)).toBe(true);
    expect(runs[1]!.at - runs[0]!.at).toBeGreaterThanOrEqual(1190);
    expect(logged.some(({ level, message }) => level === 'error' && message.includes('tock'))).toBe(true);
  });

  test('runs when asked, by call or over HTTP, and tells its failure', async () => {
    const { runTimer, url } = await runApp(`
      app.timer('good', { schedule: '${far}', handler: async () => note('good') });
      app.timer('bad', { schedule: '${far}', handler: async () => { throw new Error('bad timer'); } });
    `);
    await runTimer('good');
    expect(notes).toEqual(['good']);
    await expect(runTimer('bad')).rejects.toThrow('bad timer');
    await expect(runTimer('none')).rejects.toThrow('timers are good, bad');
    const answer = await fetch(`${url}/admin/functions/good`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(202);
    await expect.poll(() => notes).toEqual(['good', 'good']);
    expect((await fetch(`${url}/admin/functions/none`, { method: 'POST' })).status).toBe(404);
  });

  test('does not start any more once the host ends, which waits for it', async () => {
    const { runTimer, close } = await runApp(`
      app.timer('tick', { schedule: '${far}', handler: async () => {
        note('begin');
        await new Promise((resolve) => setTimeout(resolve, 200));
        note('end');
      } });
    `);
    const run = runTimer('tick');
    await expect.poll(() => notes).toEqual(['begin']);
    await close();
    expect(notes).toEqual(['begin', 'end']);
    await run;
    await runTimer('tick');
    expect(notes).toEqual(['begin', 'end']);
  });

  test('with a schedule that is none keeps the host from starting, naming the setting that holds it', async () => {
    const source = `app.timer('tick', { schedule: '%TICK%', handler: () => {} });`;
    await expect(runApp(source, { settings: { TICK: '*/5 * * * *' } })).rejects.toThrow(
      'timer "tick", setting TICK: "*/5 * * * *" is no schedule: allowed are six NCRONTAB fields',
    );
  });

  test('with a schedule that is not set keeps the host from starting', async () => {
    await expect(runApp(`app.timer('tick', { schedule: '%NOT_SET%', handler: () => {} });`)).rejects.toThrow(
      'timer "tick": the setting "NOT_SET"',
    );
  });
});
