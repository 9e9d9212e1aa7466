import { expect, test } from 'vitest';
import { isSubscriptionName, ownName } from '../../src/lib/subscription-name.ts';

test('without a name queues, tables and containers are called as before there were names', () => {
  for (const name of ['QualysWindows', 'qualys-fetch', 'qualys-fetch-poison', 'qualys-dead-letters']) {
    expect(ownName(name)).toBe(name);
    expect(ownName(name, ' ')).toBe(name);
  }
});

test.each([
  ['QualysWindows', 'QualysWindowseu'],
  ['qualys-fetch', 'qualys-fetch-eu'],
  // Where the host puts what the queue `qualys-fetch-eu` has tried too often.
  ['qualys-fetch-poison', 'qualys-fetch-eu-poison'],
  ['qualys-dead-letters', 'qualys-dead-letters-eu'],
])('%s of a named subscription is %s', (name, own) => {
  expect(ownName(name, ' eu ')).toBe(own);
});

test('a name that Azure would refuse, or that is another queue, is none, and takes nothing from the queues of others', () => {
  expect(isSubscriptionName('')).toBe(false);
  for (const text of ['EU', 'a-b', '1st', '0', 'poison', 'a'.repeat(21), 'é']) {
    expect(isSubscriptionName(text)).toBe(false);
    expect(ownName('qualys-fetch', text)).toBe('qualys-fetch-0');
  }
  expect(isSubscriptionName('a'.repeat(20))).toBe(true);
});
