import { expect, test } from 'vitest';
import { OutageError, RetryableError } from '../../../src/lib/errors.ts';
import type { PageJudge } from '../../../src/lib/qualys/call/page-judge.ts';
import { readJudged } from '../../../src/lib/streams/read-judged.ts';

const ROUTE = { route: 'edr/events', probe: () => Promise.resolve() } as const;

function judge(changes: Partial<PageJudge> = {}): PageJudge & { readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    enter: () => Promise.resolve(),
    answered: ({ route }) => Promise.resolve(void told.push(`${route} answered`)),
    faultOf: (_, __, error) => Promise.resolve(error),
    ...changes,
  };
}

async function read(by: PageJudge, page: () => string): Promise<string> {
  // eslint-disable-next-line require-yield -- a page without steps
  const step = await readJudged(by, ROUTE, async function* () {
    return Promise.resolve(page());
  }).next();
  return step.value as string;
}

test('no page is asked for while its route is out', async () => {
  let asked = 0;
  const out = judge({ enter: () => Promise.reject(new OutageError('out', 1000, { outMs: 1 })) });
  await expect(read(out, () => `page ${++asked}`)).rejects.toThrow('out');
  expect(asked).toBe(0);
});

test('a page that comes whole is an answer of its route, and one that fails is judged', async () => {
  const fine = judge();
  expect(await read(fine, () => 'page')).toBe('page');
  expect(fine.told).toEqual(['edr/events answered']);
  const failing = judge({ faultOf: () => Promise.resolve(new Error('judged')) });
  const fail = (): string => {
    throw new RetryableError('503', { scope: 'route' });
  };
  await expect(read(failing, fail)).rejects.toThrow('judged');
  expect(failing.told).toEqual([]);
});
