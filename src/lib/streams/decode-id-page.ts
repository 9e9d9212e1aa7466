import { RetryableError } from '../errors.ts';
import { findFields } from '../json/find-fields.ts';
import { readJson } from '../json/parse-json.ts';
import { appendRow, createChunkWriter, finishChunk, type ChunkWriter } from '../pipeline/chunk-writer.ts';
import type { Chunk } from '../pipeline/stream.ts';
import { createRecordListReader } from '../qualys/vm/lists/record-list.ts';
import type { ListShape, LongElement } from '../qualys/vm/lists/record-list-state.ts';
import { digestOf, recordRows, startLongRecord, type LongRecord, type RecordRow } from '../records/record-rows.ts';
import { compileTable, type CompiledTable, type RecordTable } from '../records/record-table.ts';

/** How a page is decoded. */
export interface IdPageOptions {
  readonly shape: ListShape;
  readonly table: RecordTable;
  readonly generatedAt: Date;
  /** Lowest id asked for: a record below it is another page's. */
  readonly idMin?: bigint;
  /** Highest id asked for: records above it belong to others and are left out. */
  readonly idMax?: bigint;
  /** Largest chunk, in bytes; 950,000 when left out. */
  readonly maxChunkBytes?: number;
}

/** Rows to upload, and how far they reach. */
export interface IdPageChunk extends Chunk {
  /** Ids of the records that end in this chunk, each once a page. */
  readonly ids: readonly bigint[];
  /** All records up to this id are wholly contained in this chunk and those before; absent once ids have not ascended. */
  readonly lastId?: bigint;
}

/** What a page held. */
export interface IdPageEnd {
  /** Ids of the records that no chunk has told: of those that gave no row. */
  readonly ids: readonly bigint[];
  /** The highest id on the page. */
  readonly highestId?: bigint;
  /** Where the vendor says that the next page starts. */
  readonly nextIdMin?: bigint;
  /** Records kept as text with a `ParseError`. */
  readonly unreadable: number;
  readonly illegalCharacters: number;
}

/** Decodes one page while it arrives; not to be used again after an error. */
export interface IdPageDecoder {
  /** Takes the next bytes and gives the chunks that they fill. @throws RetryableError for a malformed page or one of other ids. */
  readonly write: (bytes: Uint8Array) => IdPageChunk[];
  /** Gives what is left. @throws RetryableError when the page is cut off. */
  readonly end: () => { readonly chunks: IdPageChunk[]; readonly end: IdPageEnd };
}

/** Ids fit in 64 bits; more digits are damage. */
const ID = /^\d{1,19}$/;

interface Page {
  readonly options: IdPageOptions;
  readonly table: CompiledTable;
  readonly writer: ChunkWriter;
  chunks: IdPageChunk[];
  /** Keys of the rows written, so that a record that comes twice gives its rows once. */
  readonly keys: Set<string>;
  readonly seen: Set<bigint>;
  /** New ids since the last chunk. */
  ids: bigint[];
  /** Id up to which all is written, as long as ids ascend. */
  lastId: bigint | undefined;
  highestId: bigint | undefined;
  isOrdered: boolean;
  long: LongRecord | undefined;
  unreadable: number;
}

/** Decodes a page of a list that goes by ids: XML in, chunks of rows out. Its memory does not grow with the page. */
export function createIdPageDecoder(options: IdPageOptions): IdPageDecoder {
  const table = compileTable(options.table);
  const page: Page = {
    options,
    table,
    writer: createChunkWriter(options.maxChunkBytes),
    chunks: [],
    keys: new Set(),
    seen: new Set(),
    ids: [],
    lastId: undefined,
    highestId: undefined,
    isOrdered: true,
    long: undefined,
    unreadable: 0,
  };
  const reader = createRecordListReader(options.shape, {
    record: (json, id) => takeRecord(page, json, id),
    long: (xml, isLast, element) => takeLong(page, xml, isLast, element),
  });
  const takeChunks = (): IdPageChunk[] => page.chunks.splice(0);
  return {
    write: (bytes) => {
      reader.write(bytes);
      return takeChunks();
    },
    end: () => {
      const { nextIdMin, illegalCharacters } = reader.end();
      const last = finishChunk(page.writer);
      if (last !== undefined) pushChunk(page, last);
      const { highestId, ids, unreadable } = page;
      const next = nextIdMin === undefined ? {} : { nextIdMin: BigInt(nextIdMin) };
      const highest = highestId === undefined ? {} : { highestId };
      return { chunks: takeChunks(), end: { ids, unreadable, illegalCharacters, ...highest, ...next } };
    },
  };
}

function takeRecord(page: Page, json: string, idText: string | undefined): void {
  const { options, table } = page;
  const text = Buffer.from(json, 'latin1');
  const id = idOf(idText);
  if (id !== undefined && !isAskedFor(page, id)) return;
  const read = readJson(text);
  const digest = digestOf(table, text);
  const error = id === undefined ? `the record has no ${options.shape.id} that is a number` : undefined;
  if (error !== undefined || typeof read === 'string') page.unreadable++;
  const rows =
    typeof read === 'string'
      ? startLongRecord(table, { digest, id: idText, error: `the record is ${read}` }, options.generatedAt)(text, true)
      : recordRows(table, { fields: findFields(table.fields, read.value), text, digest, error }, options.generatedAt);
  for (const row of rows) addRow(page, row);
  finishRecord(page, id);
}

/** An element that is too long to be held; its record comes without it. */
function takeLong(page: Page, xml: Uint8Array, isLast: boolean, { id: idText, path }: LongElement): void {
  const { options, table } = page;
  const id = idOf(idText);
  if (id !== undefined && !isAskedFor(page, id)) return;
  const error = `${path} is too long to be held: RecordPart holds its XML`;
  page.long ??= startLongRecord(
    table,
    { digest: digestOf(table, xml), id: id?.toString(), error },
    options.generatedAt,
  );
  for (const row of page.long(xml, isLast)) addRow(page, row);
  if (!isLast) return;
  page.long = undefined;
  page.unreadable++;
}

function idOf(text: string | undefined): bigint | undefined {
  return text !== undefined && ID.test(text) ? BigInt(text) : undefined;
}

function isAskedFor({ options: { idMin, idMax, shape } }: Page, id: bigint): boolean {
  if (idMin !== undefined && id < idMin) {
    throw new RetryableError(
      `the page holds ${shape.record} ${id}, below the id_min ${idMin} asked for: it is another page`,
      { scope: 'answer' },
    );
  }
  return idMax === undefined || id <= idMax;
}

function addRow(page: Page, { key, text }: RecordRow): void {
  if (page.keys.has(key)) return;
  page.keys.add(key);
  const finished = appendRow(page.writer, text);
  if (finished !== undefined) pushChunk(page, finished);
}

/** All rows of a record are written. */
function finishRecord(page: Page, id: bigint | undefined): void {
  if (id === undefined) return;
  if (!page.seen.has(id)) page.ids.push(id);
  page.seen.add(id);
  if (page.lastId !== undefined && id < page.lastId) page.isOrdered = false;
  page.lastId = id;
  if (page.highestId === undefined || id > page.highestId) page.highestId = id;
}

/** Hands a chunk out. The row that comes next is not in it, so a record that has begun is not counted. */
function pushChunk(page: Page, chunk: Chunk): void {
  const { ids, isOrdered, lastId } = page;
  page.ids = [];
  page.chunks.push({ ...chunk, ids, ...(isOrdered && lastId !== undefined ? { lastId } : {}) });
}
