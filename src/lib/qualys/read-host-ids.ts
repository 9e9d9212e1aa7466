import { RetryableError } from '../errors.ts';
import type { HostIdRange } from './host-ids.ts';
import { rootOf } from './parse-return.ts';
import { createLeafReader, type LeafReader } from './read-leaf-texts.ts';

/** One page of the host-id list. */
export interface HostIdPage {
  readonly ranges: readonly HostIdRange[];
  /** `id_min` of the next page; absent on the last. */
  readonly nextIdMin?: bigint;
}

/** Another document came than a host-id list. */
export interface ForeignDocument {
  /** Its first part, as text. */
  readonly foreign: string;
}

const ROOT = 'HOST_LIST_OUTPUT';
const RESPONSE = `/${ROOT}/RESPONSE`;
const TRUNCATION_CODE = '1980';
const MOST_FOREIGN_BYTES = 65_536;
/** Ids fit in 64 bits; more digits are damage. */
const ID = /^\d{1,19}$/;

/**
 * Reads a `HOST_LIST_OUTPUT` of `details=None` as it streams in: `ID` and `ID_RANGE` of the id set, and the WARNING that says where the next page starts.
 * Of the WARNING's URL only `id_min` is used.
 * @throws RetryableError when the document is malformed, ends early or holds an id that is none.
 */
export async function readHostIds(body: AsyncIterable<Uint8Array>): Promise<HostIdPage | ForeignDocument> {
  const ranges: HostIdRange[] = [];
  const warning = { code: '', url: '' };
  const reader = createLeafReader((path, text) => {
    if (path === `${RESPONSE}/ID_SET/ID` || path === `${RESPONSE}/ID_SET/ID_RANGE`) ranges.push(rangeOf(text));
    else if (path === `${RESPONSE}/WARNING/CODE`) warning.code = text;
    else if (path === `${RESPONSE}/WARNING/URL`) warning.url = text;
  });
  const foreign = await feed(reader, body);
  if (foreign !== undefined) return { foreign };
  reader.end();
  return { ranges, ...nextOf(warning) };
}

/** Gives the body to the reader, unless its root is another one: then its first part is returned. */
async function feed(reader: LeafReader, body: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  let start = Buffer.alloc(0);
  let isForeign: boolean | undefined;
  for await (const part of body) {
    if (isForeign === false) {
      reader.write(part);
      continue;
    }
    start = Buffer.concat([start, part]);
    isForeign ??= isOther(start.toString('utf8'), start.length >= MOST_FOREIGN_BYTES);
    if (isForeign === false) reader.write(start);
    else if (start.length >= MOST_FOREIGN_BYTES) break;
  }
  return isForeign === false ? undefined : start.toString('utf8', 0, MOST_FOREIGN_BYTES);
}

/** Whether the document has another root; undefined while its root has not come whole. */
function isOther(start: string, isAll: boolean): boolean | undefined {
  const root = rootOf(start);
  if (root === undefined) return isAll ? true : undefined;
  return start.includes('>', start.indexOf(`<${root}`)) ? root !== ROOT : undefined;
}

function rangeOf(text: string): HostIdRange {
  const [first = '', last = first, ...rest] = text.split('-').map((id) => id.trim());
  if (!ID.test(first) || !ID.test(last) || rest.length > 0 || BigInt(first) > BigInt(last)) {
    throw new RetryableError(`Qualys host list holds an id that is none: ${JSON.stringify(text.slice(0, 60))}`);
  }
  return { first: BigInt(first), last: BigInt(last) };
}

function nextOf({ code, url }: { code: string; url: string }): { nextIdMin?: bigint } {
  if (code !== TRUNCATION_CODE) return {};
  const idMin = new URLSearchParams(url.replace(/^[^?]*\?/, '')).get('id_min') ?? '';
  if (!ID.test(idMin)) {
    throw new RetryableError('Qualys cut the host list (1980) without saying where the next page starts');
  }
  return { nextIdMin: BigInt(idMin) };
}
