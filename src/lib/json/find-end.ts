/** How far the search for the end of one JSON value has come. */
export interface EndSearch {
  depth: number;
  inString: boolean;
  /** The byte before was a backslash that escapes the next one. */
  isEscaped: boolean;
  hasStarted: boolean;
  /** Whether its strings hold control characters as they are. */
  hasControls: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const COMMA = 0x2c;
/** `[` and `]`; `{` and `}` differ from them in this bit. */
const [OPENING, CLOSING, BRACE_BIT] = [0x5b, 0x5d, 0x20];

/** A search that starts at the first byte of a value. */
export function startEndSearch(): EndSearch {
  return { depth: 0, inString: false, isEscaped: false, hasStarted: false, hasControls: false };
}

/**
 * Goes on looking for the end of a JSON value in the bytes `[from, to)`; the search starts at the value's first byte.
 * Counts brackets without matching their kinds. Returns the position behind the value, or -1 when it goes on.
 */
export function findEnd(search: EndSearch, source: Buffer, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const byte = source[at] ?? 0;
    if (search.inString) {
      if (byte < SPACE) search.hasControls = true;
      if (search.isEscaped) search.isEscaped = false;
      else if (byte === BACKSLASH) search.isEscaped = true;
      else if (byte === QUOTE) {
        search.inString = false;
        if (search.depth === 0) return at + 1;
      }
      continue;
    }
    const bracket = byte & ~BRACE_BIT;
    if (byte === COMMA || byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      if (search.depth === 0 && search.hasStarted) return at;
      continue;
    }
    search.hasStarted = true;
    if (byte === QUOTE) search.inString = true;
    else if (bracket === OPENING) search.depth++;
    else if (bracket === CLOSING) {
      if (search.depth === 0) return at;
      if (--search.depth === 0) return at + 1;
    }
  }
  return -1;
}
