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

/** As `cap-text.ts` writes it. */
const MARK = /the first (\d+) of (\d+) bytes\]"}$/;
const LONGEST_MARK = 100;

/**
 * What Log Analytics bills of a JSON array of rows: the text of the columns' values, without names and nulls (azure-monitor-docs,
 * cost-logs.md). A string counts as what it says, a dynamic value as its compact JSON text.
 * @throws SyntaxError for what is no JSON.
 */
export function billedOf(json: Uint8Array, part?: OptionalPart): Billed {
  const text = Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString();
  const rows = JSON.parse(text) as readonly Readonly<Record<string, unknown>>[];
  const total = { rows: rows.length, bytes: 0, optional: 0, cut: 0 };
  for (const row of rows) {
    for (const [column, value] of Object.entries(row)) {
      if (value === null) continue;
      const bytes = Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value));
      total.bytes += bytes;
      if (column !== part?.column) continue;
      if (part.member === undefined) total.optional += bytes;
      else addMembers(total, value, part.member);
    }
  }
  return total;
}

/** Adds the bytes of all members of that name that are objects, with their names and the comma behind. */
function addMembers(total: { optional: number; cut: number }, value: unknown, member: string): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value as Readonly<Record<string, unknown>>)) {
    if (name !== member || typeof inner !== 'object') {
      addMembers(total, inner, member);
      continue;
    }
    const text = JSON.stringify(inner);
    total.optional += Buffer.byteLength(text) + `"${name}":,`.length;
    const [, kept, all] = MARK.exec(text.slice(-LONGEST_MARK)) ?? [];
    total.cut += Number(all ?? 0) - Number(kept ?? 0);
  }
}
