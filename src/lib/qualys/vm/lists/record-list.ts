import { RetryableError } from '../../../errors.ts';
import { nextIdMinOf } from '../next-id-min.ts';
import { letGo } from './long-element.ts';
import { createListHandlers } from './record-list-handlers.ts';
import { createListState, type ListHandlers, type ListShape, type ListState } from './record-list-state.ts';
import { assertEnded, readNext } from '../xml/read-xml.ts';
import { endObject, startObject } from '../xml/xml-json.ts';
import { illegalCharacters, write } from '../xml/xml-reader.ts';

/** What is known at the end of a list. */
export interface ListEnd {
  /** `id_min` of the warning's URL: where the next page starts. */
  readonly nextIdMin?: string;
  /** Illegal characters and ill-formed UTF-8 that became U+FFFD. */
  readonly illegalCharacters: number;
}

/** Code of the warning that there are further pages. */
const TRUNCATED = '1980';

/**
 * A reader of a list of records, which may have items: the host list, the KnowledgeBase, detections. Each record and item becomes JSON in
 * the form that `xml-json.ts` describes. Its memory does not grow with the list, nor with a record.
 */
export function createRecordListReader(shape: ListShape, handlers: ListHandlers) {
  const state = createListState(shape, handlers);
  const { reader } = state;
  const xml = createListHandlers(state);
  const next = (): boolean => readNext(reader, xml);
  return {
    /** Takes the next bytes, in any portions. @throws RetryableError when the document is malformed. */
    write: (bytes: Uint8Array): void => write(reader, bytes, next, () => letGo(state)),
    /** The body is over. @throws RetryableError when the document is not, or names a next page that cannot be asked for. */
    end: () => endOf(state),
    /** Takes what is known of the record whose items come, before it ends. */
    takeRecord: () => {
      const json = endObject(state.record);
      startObject(state.record);
      return json;
    },
    /** The id of that record, as far as it is known. */
    recordId: () => state.id,
  };
}

export type RecordListReader = ReturnType<typeof createRecordListReader>;

function endOf({ reader, warning, responseFields, hasResponse }: ListState): ListEnd {
  assertEnded(reader);
  if (!hasResponse) throw new RetryableError('the page has no RESPONSE', { scope: 'answer' });
  const code = responseFields.get('CODE');
  if (code !== undefined || responseFields.has('TEXT')) {
    const why = `${code ?? ''} ${responseFields.get('TEXT') ?? ''}`.trim();
    throw new RetryableError(`Qualys reports an error inside the page: ${why}`, {
      fault: code === undefined ? {} : { code },
      scope: 'answer',
    });
  }
  const nextIdMin = nextIdMinOf(warning.url);
  if (nextIdMin === undefined && (warning.code === TRUNCATED || warning.url !== '')) {
    throw new RetryableError(
      `the page ends with warning ${warning.code} and a URL without id_min: the next page is unknown`,
      { scope: 'answer' },
    );
  }
  return { illegalCharacters: illegalCharacters(reader), ...(nextIdMin === undefined ? {} : { nextIdMin }) };
}
