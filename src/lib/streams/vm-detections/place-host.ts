import type { Decoder } from './decode-state.ts';
import { digestOf } from './decode-resume.ts';
import { rowKeyOf } from './host-rows.ts';
import { compareHostIds } from './host-values.ts';

/** Looks, once for each host and before its first row is written, at where it stands: in order, in this slice, sent in part before. */
export function placeHost(decoder: Decoder, isEnd: boolean): void {
  const { host } = decoder;
  if (host.isPlaced) return;
  host.isPlaced = true;
  if (host.id === undefined) return;
  placeInOrder(decoder, host.id);
  placeInSlice(decoder, host.id);
  if (!decoder.page.isResumed) resumeHost(decoder, host.id, isEnd);
}

function placeInOrder({ page }: Decoder, id: string): void {
  const order = compareHostIds(id, page.lastId ?? '0');
  // The same id twice in a row is out of order too: "all up to this id" would not hold between the two.
  if (order === undefined || (page.lastId !== undefined && order <= 0)) page.isOutOfOrder = true;
  page.lastId = id;
}

function placeInSlice({ host, options, page }: Decoder, id: string): void {
  if (options.isAskedFor?.(id) === false) host.isSkipped = true;
  if (options.idMax === undefined || (compareHostIds(id, options.idMax) ?? 0) <= 0) return;
  host.isSkipped = true;
  page.isBeyondIdMax = true;
}

function resumeHost(decoder: Decoder, id: string, isEnd: boolean): void {
  const { host, options, page } = decoder;
  const { resume } = options;
  if (resume === undefined) return;
  const order = compareHostIds(id, resume.hostId);
  page.isResumed = id === resume.hostId || (order !== undefined && order > 0);
  if (id !== resume.hostId) return;
  if (isEnd && !isUnchanged(decoder, resume.rows, resume.digest)) return;
  host.rowsSent = resume.rows;
}

/** The host is whole and none of its rows is written: all its keys are at hand. */
function isUnchanged(decoder: Decoder, rows: number, digest: string): boolean {
  const parts = decoder.host.parts.slice(0, rows);
  return parts.length === rows && digestOf(parts.map((part) => rowKeyOf(decoder, part))) === digest;
}
