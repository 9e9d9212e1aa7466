import { open, type FileHandle } from 'node:fs/promises';

/** A line of a file of rows. */
export interface Line {
  /** Where it begins, in bytes. */
  readonly at: number;
  readonly bytes: Buffer;
}

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 0x0a;

async function readAt(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(to - from);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
  return buffer.subarray(0, bytesRead);
}

/** Runs over a file; one that does not exist is an empty one. */
async function withFile<T>(path: string, run: (file: FileHandle, size: number) => Promise<T>, none: T): Promise<T> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return none;
    throw error;
  }
  try {
    return await run(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

/**
 * Visits the lines of a file from the last to the first, until `visit` says that it is enough. A last line without an end is still being
 * written, and left out. No more than a piece of the file and its longest line are in memory.
 * @param before only lines that begin before this byte.
 * @returns where the last visited line begins; 0 where all were visited.
 */
export async function visitBackwards(
  path: string,
  before: number | undefined,
  visit: (line: Line) => 'go on' | 'enough',
): Promise<number> {
  const walk = async (file: FileHandle, size: number): Promise<number> => {
    let end = Math.min(before ?? size, size);
    // The rest of the line that began in an earlier piece; unknown until an end of line was seen.
    let rest: Buffer[] | undefined = before === undefined ? undefined : [];
    while (end > 0) {
      const from = Math.max(0, end - CHUNK_BYTES);
      const piece = await readAt(file, from, end);
      let stop = piece.length;
      for (let at = piece.lastIndexOf(NEWLINE); at >= 0; at = at === 0 ? -1 : piece.lastIndexOf(NEWLINE, at - 1)) {
        if (rest !== undefined) {
          const bytes = Buffer.concat([piece.subarray(at + 1, stop), ...rest]);
          if (bytes.length > 0 && visit({ at: from + at + 1, bytes }) === 'enough') return from + at + 1;
        }
        rest = [];
        stop = at;
      }
      rest?.unshift(piece.subarray(0, stop));
      end = from;
    }
    const bytes = Buffer.concat(rest ?? []);
    if (bytes.length > 0) visit({ at: 0, bytes });
    return 0;
  };
  return withFile(path, walk, 0);
}

/** The line that begins at a byte; undefined where none does. */
export async function readLineAt(path: string, at: number): Promise<string | undefined> {
  const read = async (file: FileHandle, size: number): Promise<string | undefined> => {
    if (at >= size) return undefined;
    if (at > 0 && (await readAt(file, at - 1, at))[0] !== NEWLINE) return undefined;
    const pieces: Buffer[] = [];
    for (let from = at; from < size; from += CHUNK_BYTES) {
      const piece = await readAt(file, from, Math.min(size, from + CHUNK_BYTES));
      const end = piece.indexOf(NEWLINE);
      pieces.push(end < 0 ? piece : piece.subarray(0, end));
      if (end >= 0) return Buffer.concat(pieces).toString('utf8');
    }
    return undefined;
  };
  return withFile(path, read, undefined);
}

/** Counts lines of files that only grow; what was counted before is not read again. */
export function createLineCounter(): (path: string) => Promise<{ readonly lines: number; readonly bytes: number }> {
  const counted = new Map<string, { lines: number; bytes: number }>();
  return (path) => {
    const count = async (file: FileHandle, size: number): Promise<{ lines: number; bytes: number }> => {
      const last = counted.get(path);
      let { lines, bytes } = last !== undefined && last.bytes <= size ? last : { lines: 0, bytes: 0 };
      while (bytes < size) {
        const piece = await readAt(file, bytes, Math.min(size, bytes + CHUNK_BYTES));
        if (piece.length === 0) break;
        for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) lines += 1;
        bytes += piece.length;
      }
      counted.set(path, { lines, bytes });
      return { lines, bytes };
    };
    return withFile(path, count, { lines: 0, bytes: 0 });
  };
}
