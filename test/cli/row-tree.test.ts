import { expect, test } from 'vitest';
import { writeRowTree } from '../../cli/row-tree.ts';

test('a row is unfolded: lists counted, lines of a text kept, what could act on a terminal made visible', () => {
  const row = {
    HostName: 'ws-1\u001b[2J',
    Score: 7,
    Elevated: false,
    Tags: ['a', 'b'],
    Record: { file: { path: 'C:\\x', results: 'one\r\n\ttwo' }, 'bad\u0007name': null },
    Missing: null,
    Blank: '',
  };
  expect(writeRowTree(row)).toEqual([
    'HostName: ws-1\\x1b[2J',
    'Score: 7',
    'Elevated: false',
    'Tags (2)',
    '  [1]: a',
    '  [2]: b',
    'Record',
    '  file',
    '    path: C:\\x',
    '    results:',
    '      | one',
    '      |     two',
    '  bad\\x07name: null',
    '(2 columns without a value)',
  ]);
});
