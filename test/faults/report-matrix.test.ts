import { expect, test } from 'vitest';
import { isToBeWritten } from './report-matrix.ts';

test('the matrix is written whole or not at all', () => {
  expect(isToBeWritten({})).toBe(false);
  expect(isToBeWritten({ CELLS: 'decode' })).toBe(false);
  expect(isToBeWritten({ UPDATE_RELIABILITY: '1' })).toBe(true);
  expect(() => isToBeWritten({ CELLS: 'decode', UPDATE_RELIABILITY: '1' })).toThrow('leave CELLS out');
});
