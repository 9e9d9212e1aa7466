import { RetryableError } from '../../errors.ts';
import { finishChunk } from '../../pipeline/chunk-writer.ts';
import type { Chunk } from '../../pipeline/stream.ts';
import { nextIdMinOf } from '../../qualys/next-id-min.ts';
import { MalformedXmlError } from '../../qualys/xml/malformed-xml-error.ts';
import { assertEnded, readNext } from '../../qualys/xml/read-xml.ts';
import { VENDOR_DOCUMENT_BYTES, VendorDocumentError } from '../../qualys/xml/vendor-document-error.ts';
import type { XmlSink } from '../../qualys/xml/xml-reader.ts';
import { append, PHASE } from '../../qualys/xml/xml-reader.ts';
import { createElementSink } from './decode-elements.ts';
import { readFast } from './decode-fast.ts';
import type { VmResume } from './decode-resume.ts';
import { boundCapture } from './decode-spill.ts';
import { createDecoder, type Decoder } from './decode-state.ts';
import { pushChunk } from './emit-row.ts';

export type { VmResume } from './decode-resume.ts';

/** How a page is decoded. */
export interface VmPageOptions {
  /** `TimeGenerated` of all rows. */
  readonly generatedAt: Date;
  /** Dynamic columns and `RecordPart` stay below this many UTF-8 bytes: 4,096 to 60,000, the default. */
  readonly maxRowBytes?: number;
  /** Size of a chunk at most, 950,000 by default. */
  readonly maxChunkBytes?: number;
  /** Whether a host was asked for, where that does not go by `idMax`: others are left out. */
  readonly isAskedFor?: (id: string) => boolean;
  /** Last host id of the slice: hosts beyond it belong to others and are left out. */
  readonly idMax?: string;
  /** A host of which an earlier read has sent some rows. */
  readonly resume?: VmResume;
}

/** Rows ready to send. */
export interface VmChunk extends Chunk {
  /** Hosts whose last row is in this chunk. */
  readonly hosts: number;
  /** Their ids, as far as they have one. */
  readonly ids: readonly string[];
  /** Detections that start in this chunk. */
  readonly detections: number;
  /** Every host up to this id is wholly contained in this or earlier chunks. Absent once ids have not ascended. */
  readonly lastHostId?: string;
  /** Set when the chunk ends inside a host: what of it is contained. */
  readonly partial?: VmResume;
}

/** WARNING of a page, as the vendor wrote it. */
export interface VmWarning {
  readonly code: string;
  readonly text: string;
  readonly url: string;
}

/** What is known at the end of a page. */
export interface VmPageEnd {
  /** Ids of hosts that no chunk has told. */
  readonly ids: readonly string[];
  /** Hosts of the page, without those beyond `idMax`. */
  readonly hosts: number;
  /** Detections of these hosts. */
  readonly detections: number;
  /** `id_min` of the warning's URL: where the next page starts. */
  readonly nextIdMin?: string;
  readonly warning?: VmWarning;
  /** Illegal characters and ill-formed UTF-8 that became U+FFFD. */
  readonly illegalCharacters: number;
  /** Whether host ids did not strictly ascend. */
  readonly isOutOfOrder: boolean;
  /** Whether there were hosts beyond `idMax`. */
  readonly isBeyondIdMax: boolean;
}

/** Decodes one page while it arrives. */
export interface VmPageDecoder {
  /**
   * Takes the next bytes, in any portions, and returns the chunks that they complete: a few at most for 64 KiB.
   * Throws a {@link VendorDocumentError} for another document, a RetryableError for one that is malformed.
   */
  readonly write: (bytes: Uint8Array) => VmChunk[];
  /** The body is over. Throws the same errors, and a RetryableError when the document is not, or names a next page that cannot be asked for. */
  readonly end: () => { chunks: VmChunk[]; end: VmPageEnd };
}

/**
 * A decoder for one page of host detections: bytes to rows of `QualysHostDetectionV3_CL`, as JSON arrays ready to send.
 * Its memory does not grow with the page, nor with a host.
 */
export function createVmPageDecoder(options: VmPageOptions): VmPageDecoder {
  const decoder = createDecoder(options);
  const sink = createElementSink(decoder);
  return {
    write: (bytes) => write(decoder, sink, bytes),
    end: () => end(decoder),
  };
}

function write(decoder: Decoder, sink: XmlSink, bytes: Uint8Array): VmChunk[] {
  keepHead(decoder, bytes);
  let next = 0;
  while (next < bytes.length && !isForeign(decoder)) {
    boundCapture(decoder);
    next = append(decoder.reader, bytes, next);
    advance(decoder, sink);
  }
  if (isForeign(decoder) && decoder.headLength >= VENDOR_DOCUMENT_BYTES) throw vendorDocument(decoder);
  const { chunks } = decoder;
  decoder.chunks = [];
  return chunks;
}

function advance(decoder: Decoder, sink: XmlSink): void {
  const { leaves, reader } = decoder;
  try {
    do {
      if (leaves.current !== undefined) readFast(decoder, leaves.current);
    } while (reader.at < reader.end && readNext(reader, sink));
  } catch (error) {
    // What is wrong before any root element is no page cut short but something else altogether.
    if (!(error instanceof MalformedXmlError) || reader.hasRoot) throw error;
    decoder.foreignRoot = '';
    reader.phase = PHASE.stopped;
  }
}

function isForeign({ reader }: Decoder): boolean {
  return reader.phase === PHASE.stopped;
}

/** The first bytes are kept until the root is known to be the right one. */
function keepHead(decoder: Decoder, bytes: Uint8Array): void {
  const { reader } = decoder;
  if (reader.hasRoot && !isForeign(decoder)) {
    decoder.head = [];
    return;
  }
  if (decoder.headLength >= VENDOR_DOCUMENT_BYTES) return;
  decoder.head.push(Buffer.from(bytes.subarray(0, VENDOR_DOCUMENT_BYTES - decoder.headLength)));
  decoder.headLength += Math.min(bytes.length, VENDOR_DOCUMENT_BYTES - decoder.headLength);
}

function vendorDocument(decoder: Decoder): VendorDocumentError {
  const text = Buffer.concat(decoder.head).toString();
  const root = decoder.foreignRoot ?? '';
  return new VendorDocumentError(root === '' && /<html[\s>]/i.test(text) ? 'html' : root, text);
}

function end(decoder: Decoder): { chunks: VmChunk[]; end: VmPageEnd } {
  const { reader } = decoder;
  const isEmpty = !reader.hasRoot && Buffer.concat(decoder.head).toString().trim() === '';
  if (isForeign(decoder) || isEmpty) throw vendorDocument(decoder);
  assertEnded(reader);
  const last = finishChunk(decoder.writer);
  if (last !== undefined) pushChunk(decoder, last);
  const { chunks } = decoder;
  decoder.chunks = [];
  return { chunks, end: pageEnd(decoder) };
}

/** Code of the warning that there are further pages. */
const TRUNCATED = '1980';

function pageEnd({ page, reader }: Decoder): VmPageEnd {
  const { chunkIds: ids, detections, hosts, isBeyondIdMax, isOutOfOrder, warning } = page;
  const nextIdMin = warning === undefined ? undefined : nextIdMinOf(warning.url);
  if (nextIdMin === undefined && warning !== undefined && (warning.code === TRUNCATED || warning.url !== '')) {
    throw new RetryableError(
      `the page ends with warning ${warning.code} and a URL without id_min: the next page is unknown`,
      { scope: 'answer' },
    );
  }
  return {
    hosts,
    ids,
    detections,
    illegalCharacters: reader.illegal,
    isOutOfOrder,
    isBeyondIdMax,
    ...(warning === undefined ? {} : { warning }),
    ...(nextIdMin === undefined ? {} : { nextIdMin }),
  };
}
