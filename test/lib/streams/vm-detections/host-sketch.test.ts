import { describe, expect, test } from 'vitest';
import {
  compareHost,
  decodeSketch,
  encodeSketch,
  readHost,
  sketchOf,
  type HostTexts,
} from '../../../../src/lib/streams/vm-detections/memory/host-sketch.ts';

type Item = Readonly<Record<string, unknown>>;

const PASSING = new Set(['LAST_FOUND_DATETIME']);
const HOST = { ID: '1', OS: 'Linux', TAGS: { TAG: { NAME: 'a', LAST_FOUND_DATETIME: '1' } } };

function detection(id: number, more: Item = {}): Item {
  return { UNIQUE_VULN_ID: String(id), STATUS: 'Active', QDS: '70', LAST_FOUND_DATETIME: '1', ...more };
}

function textsOf(items: readonly Item[], host: Item = HOST): HostTexts {
  return { items: items.map((item) => JSON.stringify(item)), record: [JSON.stringify(host)] };
}

/** What has changed from one host to the other, by way of what is stored. */
function causes(before: HostTexts, after: HostTexts): string[] {
  const [one, two] = [readHost(before, PASSING), readHost(after, PASSING)];
  const kept = one && decodeSketch(encodeSketch(sketchOf(one, 'digest', 1)));
  return kept && two ? compareHost(kept, two).causes.toSorted() : ['cannot be compared'];
}

describe('what has changed in a host', () => {
  const before = textsOf([detection(1), detection(2)]);

  test.for<[string, HostTexts, string[]]>([
    ['a field of one detection', textsOf([detection(1), detection(2, { QDS: '71' })]), ['QDS']],
    ['a field that was not there', textsOf([detection(1), detection(2, { SSL: '1' })]), ['SSL']],
    [
      'two fields, of which one of all detections',
      textsOf([detection(1, { QDS: '71', STATUS: 'Fixed' }), detection(2, { QDS: '71' })]),
      ['QDS', 'STATUS'],
    ],
    [
      'fields that two detections have exchanged',
      textsOf([detection(1, { QDS: '71' }), detection(2, { QDS: '69' })]),
      ['QDS'],
    ],
    ['an element of the host', textsOf([detection(1), detection(2)], { ...HOST, OS: 'Windows' }), ['OS']],
    ['a detection is new', textsOf([detection(1), detection(2), detection(3)]), ['DETECTION_LIST']],
    [
      'a detection is new, and a field of another has changed',
      textsOf([detection(1, { QDS: '71' }), detection(2), detection(3)]),
      ['DETECTION_LIST', 'QDS'],
    ],
    ['a detection is gone, whatever the others are', textsOf([detection(1, { QDS: '71' })]), ['DETECTION_LIST']],
    ['the order of detections', textsOf([detection(2), detection(1)]), ['order']],
    [
      'fields of passing time, within others too',
      textsOf([detection(1, { LAST_FOUND_DATETIME: '2' }), detection(2)], {
        ...HOST,
        TAGS: { TAG: { NAME: 'a', LAST_FOUND_DATETIME: '2' } },
      }),
      ['order'],
    ],
    [
      'something within an element',
      textsOf([detection(1), detection(2)], { ...HOST, TAGS: { TAG: { NAME: 'b' } } }),
      ['TAGS'],
    ],
    ['a detection has no key', textsOf([detection(1), { STATUS: 'Active' }]), ['cannot be compared']],
    ['two detections have one key', textsOf([detection(1), detection(1)]), ['cannot be compared']],
  ])('%s', ([, after, expected]) => {
    expect(causes(before, after)).toEqual(expected);
  });

  test('weighs as much as the host without detections, and those that are new, gone or changed', () => {
    const [one, two] = [
      readHost(before, PASSING),
      readHost(textsOf([detection(1, { QDS: '71' }), detection(2)]), PASSING),
    ];
    const host = JSON.stringify(HOST).length;
    const item = JSON.stringify(detection(1)).length;
    expect([one?.bytes, one?.recordBytes]).toEqual([host + 2 * item, host]);
    expect(one && two && compareHost(sketchOf(one, '', 1), two).changedBytes).toBe(host + item);
  });

  test('is not told of what is stored in another form', () => {
    expect(decodeSketch(Buffer.from('{"digest":"a"}'))).toBeUndefined();
    expect(decodeSketch(Buffer.from('not JSON'))).toBeUndefined();
  });
});
