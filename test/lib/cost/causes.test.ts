import { describe, expect, test } from 'vitest';
import { NO_CAUSES, sumOfCauses, type FieldCause } from '../../../src/lib/cost/causes.ts';

const FIELD: FieldCause = { records: 2, alone: 1, wholeAlone: 10, changesAlone: 3, isPlain: true };

describe('the sum of causes', () => {
  test('has no sample where there was none', () => {
    expect(sumOfCauses([{ ...NO_CAUSES, changed: 2 }, undefined, { ...NO_CAUSES, changed: 1, refresh: 4 }])).toEqual({
      ...NO_CAUSES,
      changed: 3,
      refresh: 4,
    });
  });

  test('adds fields by name; one is plain as long as each of its values was', () => {
    const sampleOf = (fields: Record<string, FieldCause>) => ({
      ...NO_CAUSES,
      sample: { compared: 3, whole: 100, changes: 20, fields },
    });
    const { sample } = sumOfCauses([
      sampleOf({ QDS: FIELD, OS: FIELD }),
      NO_CAUSES,
      sampleOf({ QDS: { ...FIELD, isPlain: false } }),
    ]);
    expect(sample).toEqual({
      compared: 6,
      whole: 200,
      changes: 40,
      fields: { QDS: { records: 4, alone: 2, wholeAlone: 20, changesAlone: 6, isPlain: false }, OS: FIELD },
    });
  });

  test('stays small enough to be stored, whatever names there are', () => {
    const fields = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`${'F'.repeat(96)}${n}`, FIELD]));
    const { sample } = sumOfCauses([{ ...NO_CAUSES, sample: { compared: 1, whole: 1, changes: 1, fields } }]);
    expect(Object.keys(sample?.fields ?? {})).toHaveLength(101);
    expect(sample?.fields.other?.records).toBe(1800);
    // Characters of a text in Table Storage.
    expect(JSON.stringify(sample).length).toBeLessThan(32_000);
  });
});
