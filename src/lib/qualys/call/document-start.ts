/** What a body begins with. */
export interface DocumentStart {
  /** Bytes before it: a byte order mark and white space. */
  readonly blank: number;
  /** Whether it is markup. */
  readonly isMarkup: boolean;
  /** Name of the root element, `html` also by its document type alone; absent in markup that has none. */
  readonly root?: string;
  /** Where the root element stands, in bytes from the start. */
  readonly rootAt?: number;
  /** The encoding that its bytes or its declaration tell; absent for UTF-8. */
  readonly encoding?: string;
}

/** Looks for the start of a body in its parts, however they are cut; each byte is looked at once. */
export interface StartFinder {
  /** Takes the next bytes. @returns what the body begins with, once that is sure or 64 KB are seen. */
  readonly write: (bytes: Uint8Array) => DocumentStart | undefined;
  /** What is known when nothing more comes, or no more is to be looked at. */
  readonly end: () => DocumentStart;
}

/** As much of a body as is looked at: what has not begun by then is no document of the vendor's. */
export const MOST_START_BYTES = 65_536;

/** Takes a byte; gives who takes the next one, or nothing once all is known. */
type State = (byte: number) => State | null;
type Facts = { -readonly [Key in keyof DocumentStart]: DocumentStart[Key] };

const [MARK, MARK_16_BIG, MARK_16_LITTLE] = [0xef, 0xfe, 0xff];
const [EXCLAMATION, QUOTE, APOSTROPHE, DASH] = [0x21, 0x22, 0x27, 0x2d];
const [LESS, GREATER, QUESTION, OPEN_BRACKET, CLOSE_BRACKET] = [0x3c, 0x3e, 0x3f, 0x5b, 0x5d];
const MOST_DECLARATION = 1024;
const ENCODING = /^xml\s(?:[^]*\s)?encoding\s*=\s*["']([\w.-]+)["']/;
const IS_UTF8 = /^(?:utf-?8|us-ascii)$/i;

/** What bytes that are at hand begin with. */
export function findStart(body: Uint8Array): DocumentStart {
  const finder = createStartFinder();
  return finder.write(body) ?? finder.end();
}

/** Makes a finder for one body. */
export function createStartFinder(): StartFinder {
  const found: Facts = { blank: 0, isMarkup: false };
  let at = 0;
  let name = '';
  let isFirst = true;

  const done = (facts: Partial<DocumentStart> = {}): null => {
    Object.assign(found, facts);
    return null;
  };
  const wide = (): null => done({ encoding: 'UTF-16' });

  const blank: State = (byte) => {
    if (byte === MARK_16_BIG || byte === MARK_16_LITTLE) return wide();
    if (isSpace(byte)) return blank;
    found.blank = at;
    if (byte === MARK) return (second) => (second === 0xbb ? (third) => (third === 0xbf ? blank : done()) : done());
    found.isMarkup = byte === LESS;
    return found.isMarkup ? markup : byte === 0 ? secondHalf : token;
  };
  /** A character of UTF-16 whose first byte is 0. */
  const secondHalf: State = (byte) => (byte === 0 ? done() : wide());
  /** No markup: that is enough to know, unless the other half of a character of UTF-16 is at hand. */
  const token: State = (byte) => (byte === 0 ? wide() : done());
  const prolog: State = (byte) => {
    if (isSpace(byte)) return prolog;
    return byte === LESS ? markup : done();
  };
  const markup: State = (byte) => {
    if (byte === 0) return wide();
    if (byte === QUESTION) return instruction();
    if (byte === EXCLAMATION) return declaration('');
    if (!/[A-Za-z_:]/.test(String.fromCharCode(byte))) return done();
    found.rootAt = at - 1;
    return root(byte);
  };
  const root: State = (byte) => {
    if (!isInName(byte)) return done({ root: name });
    name += String.fromCharCode(byte);
    return root;
  };
  /** `<?…?>`, of which the first may tell the encoding. */
  const instruction = (): State => {
    if (!isFirst) return until('?>', prolog);
    isFirst = false;
    let text = '';
    let previous = 0;
    const take: State = (byte) => {
      if (byte === GREATER && previous === QUESTION) {
        const encoding = ENCODING.exec(text)?.[1];
        if (encoding !== undefined && !IS_UTF8.test(encoding)) found.encoding = encoding;
        return prolog;
      }
      previous = byte;
      if (text.length < MOST_DECLARATION) text += String.fromCharCode(byte);
      return take;
    };
    return take;
  };
  /** `<!--` or `<!DOCTYPE`, of which this much has come. */
  const declaration =
    (came: string): State =>
    (byte) => {
      const text = (came + String.fromCharCode(byte)).toUpperCase();
      if (text === '--') return until('-->', prolog);
      if (text === 'DOCTYPE') return documentType;
      return '--'.startsWith(text) || 'DOCTYPE'.startsWith(text) ? declaration(text) : done();
    };
  const documentType: State = (byte) => {
    if (isInName(byte)) name += String.fromCharCode(byte);
    else if (name.toLowerCase() === 'html') return done({ root: name, rootAt: at });
    else if (name !== '' || !isSpace(byte)) {
      name = '';
      return outside(byte);
    }
    return documentType;
  };
  const outside: State = (byte) => {
    if (byte === GREATER) return prolog;
    if (byte === OPEN_BRACKET) return subset;
    return isQuote(byte) ? until(String.fromCharCode(byte), outside) : outside;
  };
  const subset: State = (byte) => {
    if (byte === CLOSE_BRACKET) return outside;
    if (isQuote(byte)) return until(String.fromCharCode(byte), subset);
    return byte === LESS ? subsetMarkup : subset;
  };
  const subsetMarkup: State = (byte) => {
    if (byte === QUESTION) return until('?>', subset);
    return byte === EXCLAMATION ? (next) => (next === DASH ? until('-->', subset) : subset(next)) : subset(byte);
  };

  let take: State | null = blank;
  const end = (): DocumentStart => {
    if (take === blank) found.blank = at;
    // A name that the end cuts is as much of it as there is.
    if (take === root) found.root = name;
    take = null;
    return found;
  };
  return {
    write: (bytes) => {
      for (let n = 0; n < bytes.length && take !== null && at < MOST_START_BYTES; n++, at++) {
        take = take(bytes[n] ?? 0);
      }
      return take === null || take === token || at >= MOST_START_BYTES ? end() : undefined;
    },
    end,
  };
}

/** Takes bytes up to the last one of an end mark. */
function until(end: string, then: State): State {
  let tail = '';
  const take: State = (byte) => {
    tail = (tail + String.fromCharCode(byte)).slice(-end.length);
    return tail === end ? then : take;
  };
  return take;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isInName(byte: number): boolean {
  return /[\w:.\x80-\xff-]/.test(String.fromCharCode(byte));
}

function isQuote(byte: number): boolean {
  return byte === QUOTE || byte === APOSTROPHE;
}
