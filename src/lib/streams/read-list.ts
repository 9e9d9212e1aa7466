import type { OpenMemory } from '../pipeline/record-memory.ts';
import type { Progress, WindowTask } from '../pipeline/stream.ts';
import type { QualysAnswer } from '../qualys/call/qualys-answer.ts';
import { ownDocument } from '../qualys/vm/own-document.ts';
import { VendorDocumentError } from '../qualys/vm/xml/vendor-document-error.ts';
import type { ListChunk, ListDecoder, ListEnd } from './decode-list.ts';

/** Who reads a page of a list. */
export interface ListReading<Told> {
  readonly task: Pick<WindowTask, 'log'>;
  /** Root of the document asked for. */
  readonly root: string;
  readonly decoder: ListDecoder<Told>;
  /** Looks up items of records that the decoder holds; absent where it holds none. */
  readonly recallItems?: OpenMemory['recallItems'] | undefined;
  /** The step that a chunk is. */
  readonly step: (chunk: ListChunk & Told) => Progress;
  /** The error in a document that came instead of a page, whatever its HTTP status. */
  readonly documentError: (text: string, answer: QualysAnswer) => Promise<Error>;
}

/**
 * Decodes an answer while it arrives, and gives it up in any case.
 * @returns what the page held, and its last chunk: what comes of that is for the caller to say.
 */
export async function* readList<Told>(
  answer: QualysAnswer,
  { decoder, documentError, recallItems, root, step, task }: ListReading<Told>,
): AsyncGenerator<Progress, { readonly chunk: (ListChunk & Told) | undefined; readonly end: ListEnd & Told }> {
  const settle = async (isEnd: boolean): Promise<(ListChunk & Told)[]> => {
    const wanted = decoder.wanted(isEnd);
    if (wanted === undefined) return [];
    const items = wanted.size === 0 ? undefined : await recallItems?.(wanted);
    return decoder.settle(items ?? new Map());
  };
  try {
    for await (const bytes of ownDocument(answer.body, root)) {
      for (const chunk of decoder.write(bytes)) yield step(chunk);
      for (const chunk of await settle(false)) yield step(chunk);
    }
    for (const chunk of await settle(true)) yield step(chunk);
    const { chunks, end } = decoder.end();
    const chunk = chunks.pop();
    for (const each of chunks) yield step(each);
    if (end.illegalCharacters > 0) task.log.warn('IllegalCharactersReplaced', { characters: end.illegalCharacters });
    return { chunk, end };
  } catch (error) {
    throw error instanceof VendorDocumentError ? await documentError(error.text, answer) : error;
  } finally {
    answer.cancel();
  }
}
