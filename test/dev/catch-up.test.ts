import { expect, test } from 'vitest';
import { findFaults, type StreamState } from '../../dev/catch-up.ts';

/** A stream with a window of each of these states and counts of rows. */
function streamWith(name: string, ...windows: readonly (readonly [state: string, rows: number])[]): StreamState {
  const records = windows.map(([state, rows]) => ({
    ...{ stream: name, from: 'a', to: 'b', state, lastError: 'hosts are missing' },
    counts: { rows },
  }));
  return { stream: { name }, mark: undefined, records } as unknown as StreamState;
}

const FULL = streamWith('edr-events', ['closed', 0], ['closed', 7]);
const EMPTY = streamWith('vm-other', ['closed', 0], ['closed', 0]);

test('a stream that brought no row of simulated data is named', () => {
  expect(findFaults([FULL, EMPTY], true)).toEqual([
    'Empty: vm-other brought no row: the simulator holds none of it, or its start, lag or filter leaves all out',
  ]);
  expect(findFaults([streamWith('vm-other')], true)).toHaveLength(1);
});

test('a stream without rows is no fault of a vendor that may hold none', () => {
  expect(findFaults([FULL, EMPTY], false)).toEqual([]);
});

test('a window that is not whole is named with its reason', () => {
  expect(findFaults([streamWith('vm-detections', ['closed', 2], ['incomplete', 3])], false)).toEqual([
    'Incomplete: vm-detections, window a/b: hosts are missing',
  ]);
});
