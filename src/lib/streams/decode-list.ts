import { RetryableError } from '../errors.ts';
import { appendRow, createChunkWriter, finishChunk, type RowText } from '../pipeline/chunk-writer.ts';
import type { Chunk } from '../pipeline/stream.ts';
import { createRecordListReader, type RecordListReader } from '../qualys/vm/lists/record-list.ts';
import type { ListHandlers, ListShape } from '../qualys/vm/lists/record-list-state.ts';

/** What of a list is asked for, and how large its chunks get. */
export interface ListOptions {
  readonly shape: ListShape;
  /** Lowest id asked for: a record below it is another page's. */
  readonly idMin?: bigint | undefined;
  /** Highest id asked for: records above it belong to others and are left out. */
  readonly idMax?: bigint | undefined;
  /** Whether a record was asked for, where that does not go by `idMax`: others are left out. */
  readonly isAskedFor?: ((id: string) => boolean) | undefined;
  /** Largest chunk, in bytes; 950,000 when left out. */
  readonly maxChunkBytes?: number | undefined;
}

/** Rows to upload, and how far they reach. */
export interface ListChunk extends Chunk {
  /** Records that end in this chunk, and such as gave no row. */
  readonly records: number;
  /** Their ids, each once a page. */
  readonly ids: readonly bigint[];
  /** All records up to this id are wholly contained in this chunk and those before; absent once ids have not ascended. */
  readonly lastId?: bigint;
}

/** What a page held. */
export interface ListEnd {
  /** All records asked for. */
  readonly records: number;
  /** Ids of the records that no chunk has told: of those that gave no row. */
  readonly ids: readonly bigint[];
  /** The highest id on the page. */
  readonly highestId?: bigint;
  /** Where the vendor says that the next page starts. */
  readonly nextIdMin?: bigint;
  /** Records kept as text with a `ParseError`. */
  readonly unreadable: number;
  /** Illegal characters and ill-formed UTF-8 that became U+FFFD. */
  readonly illegalCharacters: number;
}

/** Records that are held until it is known what of them is sent. */
export interface HeldRecords {
  /**
   * Those whose items have to be looked up before more is read, by id, with the digest of the state that they are to be of; undefined for: read on.
   * To be asked after each portion, and before the end.
   */
  readonly wanted: (isEnd: boolean) => ReadonlyMap<string, string> | undefined;
  /** Goes on with what was found of that. */
  readonly settle: (items: ReadonlyMap<string, Uint8Array>) => void;
}

/** Decodes one page while it arrives; not to be used again after an error. */
export interface ListDecoder<Told> {
  /** Takes the next bytes, in any portions, and gives the chunks that they fill. @throws RetryableError for a malformed page or one of other ids. */
  readonly write: (bytes: Uint8Array) => (ListChunk & Told)[];
  /** Gives what is left. @throws RetryableError when the page is cut off, or names a next page that cannot be asked for. */
  readonly end: () => { readonly chunks: (ListChunk & Told)[]; readonly end: ListEnd & Told };
  /** See {@link HeldRecords}; `settle` gives the chunks that are filled by it. */
  readonly wanted: HeldRecords['wanted'];
  readonly settle: (items: ReadonlyMap<string, Uint8Array>) => (ListChunk & Told)[];
}

/** Who makes the rows of the records of a page. */
export interface ListRows<Told> extends ListHandlers {
  /** What a chunk tells besides, called at the end of each. */
  readonly told: () => Told;
  /** Absent where each record is written as it comes. */
  readonly held?: HeldRecords | undefined;
}

/** A page at its beginning. @param push hands out a chunk that is full. */
function startPage(
  options: ListOptions,
  reader: Pick<RecordListReader, 'recordId' | 'takeRecord'>,
  push: (chunk: Chunk) => void,
) {
  return {
    options,
    reader,
    push,
    writer: createChunkWriter(options.maxChunkBytes),
    /** Whether the record being read was asked for; undefined as long as that is not known. */
    isAskedFor: undefined as boolean | undefined,
    /** Whether ids have ascended, so that all up to one of them can be told. */
    isOrdered: true,
    /** The id that came last, and the last one whose rows are all written. */
    placedId: undefined as bigint | undefined,
    lastId: undefined as bigint | undefined,
    highestId: undefined as bigint | undefined,
    seen: new Set<bigint>(),
    records: 0,
    unreadable: 0,
    /** What has ended since the last chunk. */
    ended: { records: 0, ids: [] as bigint[] },
  };
}

/** A page while it is decoded. */
export type ListPage = ReturnType<typeof startPage>;

/** Ids fit in 64 bits; more digits are damage. */
const ID = /^\d{1,19}$/;

/**
 * Decodes a page of a list: XML in, chunks of rows out. Its memory does not grow with the page.
 * @param start gives who makes the rows: `placeRecord` comes before those of a record, `endRecord` behind them.
 */
export function createListDecoder<Told>(
  options: ListOptions,
  start: (page: ListPage) => ListRows<Told>,
): ListDecoder<Told> {
  const chunks: (ListChunk & Told)[] = [];
  const push = (chunk: Chunk): void => {
    const { ended, isOrdered, lastId } = page;
    page.ended = { records: 0, ids: [] };
    // The row that comes next is not in the chunk, so a record that has begun is not counted.
    chunks.push({ ...chunk, ...ended, ...(isOrdered && lastId !== undefined ? { lastId } : {}), ...rows.told() });
  };
  const readLater = { recordId: () => reader.recordId(), takeRecord: () => reader.takeRecord() };
  const page = startPage(options, readLater, push);
  const rows = start(page);
  const reader = createRecordListReader(options.shape, rows);
  return {
    write: (bytes) => {
      reader.write(bytes);
      return chunks.splice(0);
    },
    end: () => {
      const { nextIdMin, illegalCharacters } = reader.end();
      const last = finishChunk(page.writer);
      if (last !== undefined) push(last);
      const { ended, highestId, records, unreadable } = page;
      const next = nextIdMin === undefined ? {} : { nextIdMin: BigInt(nextIdMin) };
      const highest = highestId === undefined ? {} : { highestId };
      const end = { records, ids: ended.ids, unreadable, illegalCharacters, ...highest, ...next, ...rows.told() };
      return { chunks: chunks.splice(0), end };
    },
    wanted: (isEnd) => rows.held?.wanted(isEnd),
    settle: (items) => {
      rows.held?.settle(items);
      return chunks.splice(0);
    },
  };
}

/** The number that an id is; undefined where it is none. */
export function idOf(text: string | undefined): bigint | undefined {
  return text !== undefined && ID.test(text) ? BigInt(text) : undefined;
}

/**
 * Looks, once for each record, at where it stands. To be called before its first row is written.
 * @returns whether it was asked for. @throws RetryableError for a record of another page.
 */
export function placeRecord(page: ListPage, idText: string | undefined): boolean {
  if (page.isAskedFor !== undefined || idText === undefined) return page.isAskedFor ?? true;
  const { idMax, idMin, isAskedFor, shape } = page.options;
  const id = idOf(idText);
  if (id !== undefined && idMin !== undefined && id < idMin) {
    throw new RetryableError(
      `the page holds ${shape.record} ${id}, below the id_min ${idMin} asked for: it is another page`,
      { scope: 'answer' },
    );
  }
  if (!isBehind(page, id)) page.isOrdered = false;
  page.placedId = id;
  page.isAskedFor = isAskedFor?.(idText) !== false && (id === undefined || idMax === undefined || id <= idMax);
  return page.isAskedFor;
}

/** Between two records of one id that have items, "all up to this id" would not hold. */
function isBehind({ options, placedId }: ListPage, id: bigint | undefined): boolean {
  if (id === undefined || placedId === undefined || id > placedId) return id !== undefined;
  return id === placedId && options.shape.items === undefined;
}

/** Writes a row of the record being read. */
export function addRow(page: ListPage, row: RowText): void {
  const finished = appendRow(page.writer, row);
  if (finished !== undefined) page.push(finished);
}

/** All rows of a record are written. */
export function endRecord(page: ListPage, idText: string | undefined): void {
  const isAskedFor = placeRecord(page, idText);
  page.isAskedFor = undefined;
  if (!isAskedFor) return;
  page.records++;
  page.ended.records++;
  const id = idOf(idText);
  if (id === undefined) return;
  if (!page.seen.has(id)) page.ended.ids.push(id);
  page.seen.add(id);
  page.lastId = id;
  if (page.highestId === undefined || id > page.highestId) page.highestId = id;
}
