import { RetryableError } from '../errors.ts';
import type { IdRange } from './id-ranges.ts';
import { nextIdMinOf } from './next-id-min.ts';
import { rootOf } from './parse-return.ts';
import { createLeafReader, type LeafReader } from './read-leaf-texts.ts';

/** One page of a list of ids. */
export interface IdSetPage {
  readonly ranges: readonly IdRange[];
  /** `id_min` of the next page; absent on the last. */
  readonly nextIdMin?: bigint;
}

/** Another document came than the list. */
export interface ForeignDocument {
  /** Its first part, as text. */
  readonly foreign: string;
}

const TRUNCATION_CODE = '1980';
const MOST_FOREIGN_BYTES = 65_536;
/** Ids fit in 64 bits; more digits are damage. */
const ID = /^\d{1,19}$/;

/**
 * Reads a list of `details=None` as it streams in: `ID` and `ID_RANGE` of the id set, and the WARNING that says where the next page starts.
 * Of the WARNING's URL only `id_min` is used.
 * @param root name of its root element, e.g. `HOST_LIST_OUTPUT`.
 * @throws RetryableError when the document is malformed, ends early or holds an id that is none.
 */
export async function readIdSet(body: AsyncIterable<Uint8Array>, root: string): Promise<IdSetPage | ForeignDocument> {
  const response = `/${root}/RESPONSE`;
  const ranges: IdRange[] = [];
  const warning = { code: '', url: '' };
  const reader = createLeafReader((path, text) => {
    if (path === `${response}/ID_SET/ID` || path === `${response}/ID_SET/ID_RANGE`) ranges.push(rangeOf(text));
    else if (path === `${response}/WARNING/CODE`) warning.code = text;
    else if (path === `${response}/WARNING/URL`) warning.url = text;
  });
  const foreign = await feed(reader, body, root);
  if (foreign !== undefined) return { foreign };
  reader.end();
  return { ranges, ...nextOf(warning) };
}

/** Gives the body to the reader, unless its root is another one: then its first part is returned. */
async function feed(reader: LeafReader, body: AsyncIterable<Uint8Array>, root: string): Promise<string | undefined> {
  let start = Buffer.alloc(0);
  let isForeign: boolean | undefined;
  for await (const part of body) {
    if (isForeign === false) {
      reader.write(part);
      continue;
    }
    start = Buffer.concat([start, part]);
    isForeign ??= isOther(root, start.toString('utf8'), start.length >= MOST_FOREIGN_BYTES);
    if (isForeign === false) reader.write(start);
    else if (start.length >= MOST_FOREIGN_BYTES) break;
  }
  return isForeign === false ? undefined : start.toString('utf8', 0, MOST_FOREIGN_BYTES);
}

/** Whether the document has another root; undefined while its root has not come whole. */
function isOther(root: string, start: string, isAll: boolean): boolean | undefined {
  const found = rootOf(start);
  if (found === undefined) return isAll ? true : undefined;
  return start.includes('>', start.indexOf(`<${found}`)) ? found !== root : undefined;
}

function rangeOf(text: string): IdRange {
  const [first = '', last = first, ...rest] = text.split('-').map((id) => id.trim());
  if (!ID.test(first) || !ID.test(last) || rest.length > 0 || BigInt(first) > BigInt(last)) {
    throw new RetryableError(`Qualys' list of ids holds one that is none: ${JSON.stringify(text.slice(0, 60))}`);
  }
  return { first: BigInt(first), last: BigInt(last) };
}

function nextOf({ code, url }: { code: string; url: string }): { nextIdMin?: bigint } {
  if (code !== TRUNCATION_CODE) return {};
  const idMin = nextIdMinOf(url) ?? '';
  if (!ID.test(idMin)) {
    throw new RetryableError('Qualys cut the list of ids (1980) without saying where the next page starts');
  }
  return { nextIdMin: BigInt(idMin) };
}
