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

/** As much of a body as is looked at: what has not begun by then is no document of the vendor's. */
export const MOST_START_BYTES = 65_536;

type Facts = { -readonly [Key in keyof DocumentStart]: DocumentStart[Key] };

/** What is known so far, and the place of the byte that is looked at. */
interface Look {
  readonly found: Facts;
  at: number;
  /** Whether that will do, although the next byte may tell more. */
  isEnough: boolean;
}

/** Looks at one byte, given as a character, after the other. */
type Looking<Result> = Generator<undefined, Result, string>;

const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';
const WIDE = 'UTF-16';
const MOST_DECLARATION = 1024;
const ENCODING = /^xml\s(?:[^]*\s)?encoding\s*=\s*["']([\w.-]+)["']/;
const IS_UTF8 = /^(?:utf-?8|us-ascii)$/i;
const SPACE = /[ \t\r\n]/;
const IN_NAME = /[\w:.\x80-\xff-]/;

/** What ends what may hold a bracket of its own. */
const SUBSET_ENDS: Readonly<Record<string, string>> = { '<?': '?>', '<!-': '-->' };

/** What bytes that are at hand begin with. */
export function findStart(body: Uint8Array): DocumentStart {
  const finder = createStartFinder();
  return finder.write(body) ?? finder.end();
}

/** Looks for the start of a body in its parts, however they are cut; each byte is looked at once. */
export function createStartFinder() {
  const look: Look = { found: { blank: 0, isMarkup: false }, at: 0, isEnough: false };
  const looking = lookAt(look);
  let isOver = looking.next().done === true;
  return {
    /** Takes the next bytes. @returns what the body begins with, once that is sure or 64 KB are seen. */
    write: (bytes: Uint8Array): DocumentStart | undefined => {
      for (let n = 0; n < bytes.length && !isOver && look.at < MOST_START_BYTES; n++, look.at++)
        isOver = looking.next(String.fromCharCode(bytes[n] ?? 0)).done === true;
      isOver ||= look.isEnough || look.at >= MOST_START_BYTES;
      return isOver ? look.found : undefined;
    },
    /** What is known when nothing more comes, or no more is to be looked at. */
    end: (): DocumentStart => {
      isOver = true;
      return look.found;
    },
  };
}

function* lookAt(look: Look): Looking<void> {
  const { found } = look;
  let next = yield;
  for (; SPACE.test(next) || BYTE_ORDER_MARK.startsWith(next); next = yield) {
    if (!SPACE.test(next) && next + (yield) + (yield) !== BYTE_ORDER_MARK) return;
    found.blank = look.at + 1;
  }
  found.isMarkup = next === '<';
  if (found.isMarkup) return yield* lookAtMarkup(look);
  const isWideMark = next === '\xfe' || next === '\xff';
  // That is enough to know, unless the other half of a character of UTF-16 is at hand.
  look.isEnough = next !== '\0';
  if (isWideMark || (next === '\0') !== ((yield) === '\0')) found.encoding = WIDE;
}

/** What stands behind `<`, up to the name of the root element. */
function* lookAtMarkup(look: Look): Looking<void> {
  const { found } = look;
  for (let isFirst = true, next = '<'; next === '<';) {
    next = yield;
    if (next === '\0') found.encoding = WIDE;
    if (next === '?') {
      const text = yield* skipTo('?>');
      if (isFirst) noteEncoding(found, text);
      isFirst = false;
    } else if (next === '!') {
      if (!(yield* skipDeclaration(look))) return;
    } else return yield* lookAtRoot(look, next);
    do next = yield;
    while (SPACE.test(next));
  }
}

function noteEncoding(found: Facts, declaration: string): void {
  const encoding = ENCODING.exec(declaration)?.[1];
  if (encoding !== undefined && !IS_UTF8.test(encoding)) found.encoding = encoding;
}

/** A name that the end cuts is as much of it as there is. */
function* lookAtRoot({ at, found }: Look, first: string): Looking<void> {
  if (!/[A-Za-z_:]/.test(first)) return;
  found.rootAt = at - 1;
  found.root = '';
  for (let next = first; IN_NAME.test(next); next = yield) found.root += next;
}

/** Skips `<!--` or `<!DOCTYPE`, of which the first two have come. @returns false where all is known. */
function* skipDeclaration(look: Look): Looking<boolean> {
  let text = '';
  do {
    text = (text + (yield)).toUpperCase();
    if (text === 'DOCTYPE') return yield* skipDocumentType(look);
  } while ('-'.startsWith(text) || 'DOCTYPE'.startsWith(text));
  if (text !== '--') return false;
  yield* skipTo('-->');
  return true;
}

function* skipDocumentType(look: Look): Looking<boolean> {
  let name = '';
  let next = yield;
  while (SPACE.test(next)) next = yield;
  for (; IN_NAME.test(next); next = yield) name += next;
  if (name.toLowerCase() === 'html') {
    Object.assign(look.found, { root: name, rootAt: look.at });
    return false;
  }
  for (; next !== '>'; next = yield) {
    if (next === '"' || next === "'") yield* skipTo(next);
    if (next === '[') yield* skipSubset();
  }
  return true;
}

/** Skips what a document type declares: only quotes, comments and instructions may hold another bracket. */
function* skipSubset(): Looking<void> {
  for (let tail = yield; !tail.endsWith(']'); tail = (tail + (yield)).slice(-3)) {
    const [mark] = /["']$|<\?$|<!-$/.exec(tail) ?? [];
    if (mark === undefined) continue;
    yield* skipTo(SUBSET_ENDS[mark] ?? mark);
    tail = '';
  }
}

/** Skips everything to the last byte of an end mark. @returns as much of it as a declaration may be long. */
function* skipTo(end: string): Looking<string> {
  let [text, tail] = ['', ''];
  while (tail !== end) {
    const next = yield;
    tail = (tail + next).slice(-end.length);
    if (text.length < MOST_DECLARATION) text += next;
  }
  return text;
}
