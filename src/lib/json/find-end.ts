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

/** A search that starts at the first byte of a value. */
export function startEndSearch(): EndSearch {
  return { depth: 0, inString: false, isEscaped: false, hasStarted: false, hasControls: false };
}

/**
 * Goes on looking for the end of a JSON value in the bytes `[from, to)`; the search starts at the value's first byte.
 * Counts brackets without matching their kinds. Returns the position behind the value, or -1 when it goes on.
 */
export function findEnd(search: EndSearch, source: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to) {
    if (search.inString) {
      at = skipString(search, source, at, to);
      if (isComplete(search)) return at;
      continue;
    }
    const end = stepOutside(search, source[at] ?? 0, at);
    if (end >= 0) return end;
    at++;
  }
  return -1;
}

function isComplete({ inString, depth }: EndSearch): boolean {
  return !inString && depth === 0;
}

function skipString(search: EndSearch, source: Buffer, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const byte = source[at] ?? 0;
    if (byte < 0x20) search.hasControls = true;
    if (search.isEscaped) search.isEscaped = false;
    else if (byte === 0x5c) search.isEscaped = true;
    else if (byte === 0x22) {
      search.inString = false;
      return at + 1;
    }
  }
  return to;
}

function stepOutside(search: EndSearch, byte: number, at: number): number {
  switch (byte) {
    case 0x22:
      search.inString = search.hasStarted = true;
      return -1;
    case 0x7b:
    case 0x5b:
      search.depth++;
      search.hasStarted = true;
      return -1;
    case 0x7d:
    case 0x5d:
      if (search.depth === 0) return at;
      return --search.depth === 0 ? at + 1 : -1;
    case 0x2c:
    case 0x20:
    case 0x0a:
    case 0x0d:
    case 0x09:
      return search.depth === 0 && search.hasStarted ? at : -1;
    default:
      search.hasStarted = true;
      return -1;
  }
}
