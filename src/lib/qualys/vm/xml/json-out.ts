/** A buffer that JSON text is written to, together with the values and objects that are open in it. */
export interface JsonOut {
  bytes: Buffer;
  /** Index after the last byte written. */
  at: number;
  /** A character or key may be written while `at` is not above it; `bytes` has {@link SLACK_BYTES} more. */
  limit: number;
  /** Where the current run of text began. */
  runAt: number;
  /** Index after the last character of the current run that is not white space. */
  trimAt: number;
  /** Index of the innermost open value in the following arrays, -1 when none is open. */
  level: number;
  /** Where the open value starts. */
  readonly valueAt: Int32Array;
  /** A {@link KIND}. */
  readonly kind: Uint8Array;
  /** Count of members before those of the open value. */
  readonly base: Int32Array;
  /** How the child that is open joins the members of the value: a {@link JOIN} or the index of a member. */
  readonly join: Int32Array;
  /** Members of all open objects: twice the index of the key's quote, plus 1 when the value has become an array. */
  readonly members: Int32Array;
  memberCount: number;
}

/** What an open value is. */
export const KIND = {
  /** A string, its opening quote written. */
  text: 0,
  /** An object. */
  object: 1,
  /** The string under `#text` or `#cdata-section` of the object one level below. */
  objectText: 2,
} as const;

/** How an open child joins its parent's members; other values are the index of the member whose array it goes into. */
export const JOIN = { asMember: -1, atEndOfLastArray: -2 } as const;

/** Bytes beyond `limit` that closing what is open may take: 64 values of up to three bytes, one key, one character. */
export const SLACK_BYTES = 2048;

/** Elements nest 64 deep at most, and each may hold a text value of its own. */
const MAX_LEVELS = 160;

/** An empty output of `limit` bytes. */
export function createJsonOut(limit: number): JsonOut {
  const bytes = Buffer.alloc(limit + SLACK_BYTES);
  return {
    bytes,
    at: 0,
    limit,
    runAt: 0,
    trimAt: 0,
    level: -1,
    valueAt: new Int32Array(MAX_LEVELS),
    kind: new Uint8Array(MAX_LEVELS),
    base: new Int32Array(MAX_LEVELS),
    join: new Int32Array(MAX_LEVELS).fill(JOIN.asMember),
    // A member takes at least five bytes ("a":), so this many cannot be exceeded.
    members: new Int32Array(Math.ceil((limit + SLACK_BYTES) / 4) + 16),
    memberCount: 0,
  };
}

/** Forgets all that was written. */
export function clear(out: JsonOut): void {
  out.at = 0;
  out.level = -1;
  out.memberCount = 0;
}

/** What the JSON string characters written from `from` to `to` say. Most need no unescaping. */
export function unescapedText({ bytes }: JsonOut, from: number, to: number): string {
  const text = bytes.toString('utf8', from, to);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}
