import fc from 'fast-check';
import { EVENT_COLUMNS, EVENT_COPIES } from '../../../../src/lib/streams/edr-events/event-columns.ts';

/** A value under a dotted path, in elements of a list where the path says so; what stands in the way stays. */
function place(target: object, path: string, value: unknown): void {
  const [name = '', ...rest] = path.split('.');
  const [key, members] = [name.replace('[]', ''), target as Record<string, unknown>];
  if (rest.length === 0) {
    members[key] = value;
    return;
  }
  const next = (members[key] ??= name.endsWith('[]') ? [{}] : {});
  const places: readonly unknown[] = Array.isArray(next) ? next : [next];
  for (const each of places) if (each instanceof Object) place(each, rest.join('.'), value);
  if (Array.isArray(next) && next.length < 3) next.push({});
}

/** Events with any values at any of the places that columns know, and at others. `unit` is what texts are made of. */
export function oddEvents(unit: 'binary' | 'grapheme' = 'binary'): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const paths = [...new Set(EVENT_COLUMNS.flatMap(({ from }) => from))].filter((path) => path !== 'id');
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.string({ unit }),
    fc.constantFrom<unknown>(
      'a',
      'b',
      ' ',
      '',
      ' a',
      '8',
      8,
      -0,
      1.5,
      2 ** 53,
      1e300,
      true,
      'TRUE',
      'false',
      null,
      [],
      {},
      [{}],
      ['a'],
    ),
    fc.constantFrom(
      '2026-01-01T00:00:00.000+0000',
      '2026-01-01T00:00:00.000Z',
      '2026-01-01T00:00:00Z',
      '1970-01-01T00:00:00.000+0000',
    ),
    fc.constantFrom('C:\\Temp', 'C:\\Temp\\a', 'a.txt', '0001-01-01T00:00:00.000+0000', 1772360220000),
  );
  const more = fc.constantFrom(
    ...EVENT_COPIES.map(({ path }) => path),
    ...['file.certificates', 'indicator2[].score', 'asset.interfaces[].x', 'x', '$rest', 'asset'],
  );
  const fields = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...paths), more), value), { maxLength: 25 });
  return fields.map((given) => {
    const record = { id: 'x' };
    // What is placed gets members of its own.
    for (const [path, each] of given) place(record, path, structuredClone(each));
    return record;
  });
}
