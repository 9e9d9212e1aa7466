/** What a chunk of rows is billed. */
export interface Billed {
  readonly rows: number;
  /** Text of the values of all columns. */
  readonly bytes: number;
  /** What of it a setting makes optional, where the table has such a part: `Record` of an event, `RESULTS` of detections. */
  readonly optional: number;
  /** What a cap has cut off that part, as its marks say. */
  readonly cut: number;
}

/** What of the rows of a table a setting makes optional: a whole column, or a member of the objects in it. */
export interface OptionalPart {
  readonly column: string;
  readonly member?: string;
}

/** A chunk being read. */
interface Scan {
  readonly json: Buffer;
  at: number;
}

const [QUOTE, BACKSLASH, COMMA, LETTER_N, LETTER_U] = [0x22, 0x5c, 0x2c, 0x6e, 0x75];
const [OPENING, CLOSING, BRACE_BIT] = [0x5b, 0x5d, 0x20];
const SPACE = 0x20;
/** As `cap-text.ts` writes it. */
const MARK = /the first (\d+) of (\d+) bytes\]"}$/;
const LONGEST_MARK = 100;

/**
 * What Log Analytics bills of a JSON array of rows: the text of the columns' values, without names and nulls (azure-monitor-docs,
 * cost-logs.md). A string counts as what it says, a dynamic value as its compact JSON text.
 */
export function billedOf(json: Uint8Array, part?: OptionalPart): Billed {
  const scan: Scan = { json: Buffer.from(json.buffer, json.byteOffset, json.byteLength), at: 0 };
  let [rows, bytes, optional, cut] = [0, 0, 0, 0];
  while (scan.at < scan.json.length) {
    // Between the rows and their members: a quote begins the name of a column.
    const byte = scan.json[scan.at];
    if (byte !== QUOTE) {
      if (byte === (OPENING | BRACE_BIT)) rows++;
      scan.at++;
      continue;
    }
    const nameFrom = scan.at + 1;
    takeString(scan);
    const name = part === undefined ? undefined : scan.json.toString('latin1', nameFrom, scan.at - 1);
    while (scan.at < scan.json.length && scan.json[scan.at] !== 0x3a) scan.at++;
    scan.at++;
    const from = scan.at;
    const value = takeValue(scan);
    bytes += value;
    if (part === undefined || name !== part.column) continue;
    if (part.member === undefined) optional += value;
    else {
      const found = findMembers(scan.json.subarray(from, scan.at), part.member);
      optional += found.bytes;
      cut += found.cut;
    }
  }
  return { rows, bytes, optional, cut };
}

function takeValue(scan: Scan): number {
  while (scan.json[scan.at] === SPACE) scan.at++;
  const byte = scan.json[scan.at] ?? 0;
  if (byte === QUOTE) return takeString(scan);
  if ((byte & ~BRACE_BIT) === OPENING) return takeDynamic(scan);
  const from = scan.at;
  while (scan.at < scan.json.length && scan.json[scan.at] !== COMMA && !isClosing(scan.json[scan.at])) scan.at++;
  return byte === LETTER_N ? 0 : scan.at - from;
}

/** Takes a string from its opening quote on; returns the UTF-8 bytes of what it says. */
function takeString(scan: Scan): number {
  const { json } = scan;
  let [at, bytes] = [scan.at + 1, 0];
  for (; at < json.length && json[at] !== QUOTE; at++) {
    bytes++;
    if (json[at] !== BACKSLASH) continue;
    at++;
    if (json[at] !== LETTER_U) continue;
    bytes += encodedBytes(json.toString('latin1', at + 1, at + 5)) - 1;
    at += 4;
  }
  scan.at = at + 1;
  return bytes;
}

/** UTF-8 bytes of an escaped character; each half of a pair is two of its four. */
function encodedBytes(hex: string): number {
  const code = parseInt(hex, 16);
  if (code < 0x80) return 1;
  return code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3;
}

/** Takes an object or array; returns its bytes without white space between its parts. */
function takeDynamic(scan: Scan): number {
  const { json } = scan;
  let [depth, bytes] = [0, 0];
  while (scan.at < json.length) {
    const byte = json[scan.at] ?? 0;
    if (byte === QUOTE) {
      const from = scan.at;
      takeString(scan);
      bytes += scan.at - from;
      continue;
    }
    scan.at++;
    if (byte > SPACE) bytes++;
    if ((byte & ~BRACE_BIT) === OPENING) depth++;
    else if (isClosing(byte) && --depth === 0) break;
  }
  return bytes;
}

function isClosing(byte = 0): boolean {
  return (byte & ~BRACE_BIT) === CLOSING;
}

/** Bytes of all members of that name that are objects, with their names; a name inside a string has its quotes escaped. */
function findMembers(json: Buffer, member: string): { bytes: number; cut: number } {
  const name = `"${member}":`;
  let [bytes, cut] = [0, 0];
  for (let found = json.indexOf(`${name}{`); found >= 0; found = json.indexOf(`${name}{`, found)) {
    const scan: Scan = { json, at: found + name.length };
    bytes += takeDynamic(scan) + name.length + 1;
    const [, kept, all] = MARK.exec(json.toString('latin1', Math.max(found, scan.at - LONGEST_MARK), scan.at)) ?? [];
    cut += Number(all ?? 0) - Number(kept ?? 0);
    found = scan.at;
  }
  return { bytes, cut };
}
