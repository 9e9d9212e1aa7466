import { expect, test } from 'vitest';
import type { DeadLetterView } from '../../src/dashboard/answers.ts';
import { groupLetters } from '../../src/dashboard/model/group-by-reason.ts';

function letter(name: string, changes: Partial<DeadLetterView>): DeadLetterView {
  const about = { stream: 'edr-events', run: 'live', window: 'w', table: 'QualysEdrEvents_CL' };
  return { name, ...about, reason: 'too large', at: '2026-05-01T00:00:00Z', bytes: 42, ...changes } as DeadLetterView;
}

test('dead letters are told by their reason, figures aside, which is said once only where it is the same; those of the most frequent one first', () => {
  const letters = [
    letter('one', { reason: 'too large' }),
    letter('two', { reason: 'column 3 is no number' }),
    letter('three', { reason: 'column 17 is no number' }),
    letter('four', { broken: 'no JSON' }),
    letter('five', { broken: 'no JSON' }),
  ];
  expect(groupLetters(letters).map(({ reason, members }) => [reason, members.map(({ name }) => name)])).toEqual([
    [undefined, ['two', 'three']],
    ['broken: no JSON', ['four', 'five']],
    ['too large', ['one']],
  ]);
});
