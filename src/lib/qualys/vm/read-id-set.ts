import { RetryableError } from '../../errors.ts';
import type { IdRange } from './id-ranges.ts';
import { nextIdMinOf } from './next-id-min.ts';
import { ownDocument } from './own-document.ts';
import { createLeafReader } from './lists/read-leaf-texts.ts';

/** One page of a list of ids. */
export interface IdSetPage {
  readonly ranges: readonly IdRange[];
  /** `id_min` of the next page; absent on the last. */
  readonly nextIdMin?: bigint;
}

const TRUNCATION_CODE = '1980';
/** Ids fit in 64 bits; more digits are damage. */
const ID = /^\d{1,19}$/;
const ID_OR_RANGE = /^\s*(\d{1,19})\s*(?:-\s*(\d{1,19})\s*)?$/;

/**
 * Reads a list of `details=None` as it streams in: `ID` and `ID_RANGE` of the id set, and the WARNING that says where the next page starts.
 * Of the WARNING's URL only `id_min` is used.
 * @param root name of its root element, e.g. `HOST_LIST_OUTPUT`.
 * @throws VendorDocumentError for another root element, RetryableError when the document is malformed, ends early or holds an id that is none.
 */
export async function readIdSet(body: AsyncIterable<Uint8Array>, root: string): Promise<IdSetPage> {
  const [id, range, code, url] = ['ID_SET/ID', 'ID_SET/ID_RANGE', 'WARNING/CODE', 'WARNING/URL'].map(
    (path) => `/${root}/RESPONSE/${path}`,
  );
  const ranges: IdRange[] = [];
  const warning = { code: '', url: '' };
  const reader = createLeafReader((path, text) => {
    if (path === id || path === range) ranges.push(rangeOf(text));
    else if (path === code) warning.code = text;
    else if (path === url) warning.url = text;
  });
  for await (const part of ownDocument(body, root)) reader.write(part);
  reader.end();
  return { ranges, ...nextOf(warning) };
}

function rangeOf(text: string): IdRange {
  const [, first, last] = ID_OR_RANGE.exec(text) ?? [];
  const range = first === undefined ? undefined : { first: BigInt(first), last: BigInt(last ?? first) };
  if (range === undefined || range.first > range.last) {
    throw new RetryableError(`Qualys' list of ids holds one that is none: ${JSON.stringify(text.slice(0, 60))}`, {
      scope: 'answer',
    });
  }
  return range;
}

function nextOf({ code, url }: { code: string; url: string }): { nextIdMin?: bigint } {
  if (code !== TRUNCATION_CODE) return {};
  const idMin = nextIdMinOf(url) ?? '';
  if (!ID.test(idMin)) {
    throw new RetryableError('Qualys cut the list of ids (1980) without saying where the next page starts', {
      scope: 'answer',
    });
  }
  return { nextIdMin: BigInt(idMin) };
}
