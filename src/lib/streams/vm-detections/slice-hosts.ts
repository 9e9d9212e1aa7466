import type { Outcome, WindowSlice } from '../../pipeline/stream.ts';
import { clipIds, countIds, sliceIds, type IdBounds, type IdRange } from '../../qualys/vm/id-ranges.ts';
import { isPlausible, missingIds, packListed } from './host-book.ts';
import { packIds } from './pack-ids.ts';
import { isBeyond, rangeLeft, toJson, type Reading, type VmCursor } from './vm-cursor.ts';

/** Slices of one window at most, so that a split fits one transaction. */
const MAX_SLICES = 64;
/**
 * Failures of a host on its own before it is told to be missing. Its window stays open for `INCOMPLETE_AFTER_HOURS` even then, so that a bad
 * day of the vendor's costs no host.
 */
const ATTEMPTS_BEFORE_SKIPPING = 4;

/**
 * Cuts a whole window into slices; undefined when one page is all. Every id is in a slice, listed or not, and a window without listed ids is
 * read all the same.
 */
export function fanOut(reading: Reading, ids: readonly IdRange[], cursor: VmCursor): Outcome | undefined {
  const limit = reading.services.settings.VM_TRUNCATION_LIMIT;
  const hosts = countIds(ids);
  if (hosts <= limit) return undefined;
  const pages = Math.ceil(hosts / limit);
  const size = Math.ceil(pages / MAX_SLICES) * limit;
  return { kind: 'split', slices: slicesOf(reading, ids, size, cursor), reason: `${hosts} hosts` };
}

/** Halves what is left of a failing window or slice; a single host that fails on its own is left out, visibly. */
export function halve(reading: Reading, ids: readonly IdRange[], cursor: VmCursor): Outcome | undefined {
  const { attempts, lastError = '' } = reading.task;
  const hosts = countIds(ids);
  const host = ids[0]?.first;
  if (host === undefined) return undefined;
  const half = Math.ceil(hosts / 2);
  const sliceRest = (): WindowSlice[] =>
    hosts === 1 ? slicesAround(reading, host, cursor) : slicesOf(reading, ids, half, cursor);
  const slices = cursor.isRead === true ? missingSlices(reading, ids, half, cursor) : sliceRest();
  if (slices.length > 1) return { kind: 'split', slices, reason: `${attempts} failures in a row: ${lastError}` };
  if (attempts < ATTEMPTS_BEFORE_SKIPPING) return undefined;
  return {
    kind: 'skipped',
    reason: `host ${host} is left out after ${attempts} failures on its own: ${lastError}`,
  };
}

/** Slices even by count; the outer edges are those of what is left, so that no id is left out. */
function slicesOf(reading: Reading, ids: readonly IdRange[], size: number, cursor: VmCursor): WindowSlice[] {
  const left = rangeLeft(reading, cursor);
  const ranges = sliceIds(ids, size).map(({ idMin = left.idMin, idMax = left.idMax }) => ({ idMin, idMax }));
  return toSlices(reading, ranges, ids, cursor);
}

/** A slice for a host that fails on its own, and one for what is left on either side of it: the list may have left hosts out. */
function slicesAround(reading: Reading, host: bigint, cursor: VmCursor): WindowSlice[] {
  const left = rangeLeft(reading, cursor);
  const ranges = [
    ...(host > (left.idMin ?? 0n) ? [{ ...left, idMax: host - 1n }] : []),
    { idMin: host, idMax: host },
    ...(isBeyond(host + 1n, left) ? [] : [{ ...left, idMin: host + 1n }]),
  ];
  return toSlices(reading, ranges, [{ first: host, last: host }], cursor);
}

function toSlices(
  { book, task: { window } }: Reading,
  ranges: readonly IdBounds[],
  ids: readonly IdRange[],
  cursor: VmCursor,
): WindowSlice[] {
  // A host that was uploaded in part is in one of them; the others never meet it.
  const { idMin: _, missing: __, listed: ___, ...start } = cursor;
  const missing = packIds(missingIds(book));
  return ranges.map((range, index) => {
    const own = clipIds(ids, range);
    const more = index === 0 && missing !== '' ? { missing } : {};
    return {
      from: window.from,
      to: window.to,
      slice: `ids.${range.idMin ?? ''}-${range.idMax ?? ''}`,
      ...(isPlausible(own) ? { listed: countIds(own) + (index === 0 ? book.missing.size : 0) } : {}),
      cursor: toJson({ ...start, ...packListed(own), ...more }),
    };
  });
}

/** Slices of what is asked for once more: the ids between are read. */
function missingSlices(
  { task: { window } }: Reading,
  ids: readonly IdRange[],
  size: number,
  cursor: VmCursor,
): WindowSlice[] {
  const [late] = /^late\.\d+-\d+/.exec(window.slice ?? '') ?? [];
  return sliceIds(ids, size).map((slice) => {
    const own = clipIds(ids, slice);
    return {
      from: window.from,
      to: window.to,
      slice: `${late ?? 'ids'}.${own[0]?.first ?? ''}-${own.at(-1)?.last ?? ''}`,
      listed: countIds(own),
      cursor: toJson({ filters: cursor.filters, missing: packIds(own), isRead: true }),
    };
  });
}
