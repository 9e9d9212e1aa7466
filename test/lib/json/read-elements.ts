import { canonicalJson } from '../../../src/lib/json/canonical-json.ts';
import { createArrayReader } from '../../../src/lib/json/read-array.ts';

/** What the reader made of a text. */
export interface Elements {
  /** Texts of the elements as they stood. */
  readonly texts: string[];
  /** The same in canonical form. */
  readonly canonical: string[];
  /** Reasons of the elements that could not be scanned. */
  readonly unscanned: string[];
  /** Beginnings and pieces of elements above the bound, joined. */
  readonly long: string[];
  readonly repaired: number;
  /** Broken elements: positions, and bytes as latin1. */
  readonly broken: [number, string][];
}

/** Reads a text that is given in pieces of the sizes, again and again from the first. */
export function readElements(
  text: string | Buffer,
  sizes: readonly number[] = [1 << 30],
  maxElementBytes = 1 << 20,
): Elements {
  const elements: Elements & { repaired: number } = {
    texts: [],
    canonical: [],
    unscanned: [],
    long: [],
    repaired: 0,
    broken: [],
  };
  const reader = createArrayReader(
    { what: 'the page', maxElementBytes },
    {
      element: (json, bytes) => {
        elements.texts.push(bytes.toString());
        elements.canonical.push(canonicalJson(json).text);
      },
      broken: ({ at, bytes }) => elements.broken.push([at, Buffer.from(bytes).toString('latin1')]),
      text: (_bytes, reason) => elements.unscanned.push(reason),
      long: (bytes) => elements.long.push(bytes.toString('latin1')),
      more: (bytes) => elements.long.push(`${elements.long.pop()!}${bytes.toString('latin1')}`),
      foreign: (beginning) => new Error(`foreign: ${beginning}`),
    },
  );
  for (const piece of cutBytes(Buffer.from(text as string), sizes)) reader.write(piece);
  reader.end();
  elements.repaired = reader.repaired();
  return elements;
}

/** Pieces of the bytes with the sizes, again and again from the first. */
export function* cutBytes(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
