import { findFault, type FaultAction } from './faults.ts';

/** A document of a result: the record it is of, by its place, and whether it is that record's second one. */
export interface Document {
  readonly place: number;
  readonly isCopy: boolean;
}

/** The documents of a result, of which faults may make more than there are records. */
export interface Documents {
  readonly count: number;
  readonly at: (rank: number) => Document;
  /** Rank of a record's first document; one past the last record gives the end. */
  readonly rankOf: (place: number) => number;
}

/** Gives each so many-th record a second document, where a fault says so. */
export function documentsOf(records: number, faults: readonly FaultAction[]): Documents {
  const fault = findFault(faults, 'duplicate-records');
  if (fault === undefined)
    return { count: records, at: (place) => ({ place, isCopy: false }), rankOf: (place) => place };
  const each = fault.each ?? 1;
  const rankOf = (place: number): number => place + Math.floor(place / each);
  return {
    count: rankOf(records),
    at: (rank) => {
      const within = rank % (each + 1);
      return { place: Math.floor(rank / (each + 1)) * each + Math.min(within, each - 1), isCopy: within === each };
    },
    rankOf,
  };
}

/** Whether the second document of a record differs from the first. */
export function hasOtherContent(faults: readonly FaultAction[]): boolean {
  return findFault(faults, 'duplicate-records')?.content === 'other';
}

/** Documents of a page from a rank on, but for those that a fault leaves out. */
export function cutDocuments(
  documents: Documents,
  first: number,
  size: number,
  faults: readonly FaultAction[],
): Document[] {
  const count = Math.max(0, Math.min(size, documents.count - first));
  const missing = findFault(faults, 'missing-records');
  const left = missing === undefined ? count : Math.max(0, count - (missing.records ?? 1));
  return Array.from({ length: left }, (_, turn) => documents.at(first + turn));
}

/** The documents of a whole page, in the order in which they come. */
export function pageDocuments(records: number, faults: readonly FaultAction[]): Document[] {
  const documents = documentsOf(records, faults);
  const page = cutDocuments(documents, 0, documents.count, faults);
  const fault = findFault(faults, 'unordered-page');
  const late = fault === undefined ? 0 : (fault.records ?? 1);
  return [...page.slice(late), ...page.slice(0, late)];
}

/** The size of pages where one of `asked` records is asked for. */
export function pageSize(asked: number, faults: readonly FaultAction[]): number {
  return Math.min(asked, findFault(faults, 'page-cap')?.records ?? asked);
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|\+0000)$/u;

function wrongTime(text: string, { shiftSeconds = 0, zone }: FaultAction & { kind: 'wrong-times' }): string {
  if (!TIME.test(text)) return text;
  const shifted = new Date(Date.parse(text) + shiftSeconds * 1_000).toISOString().slice(0, -1);
  return zone === 'none' ? shifted : `${shifted}${text.endsWith('Z') ? 'Z' : '+0000'}`;
}

/** A record as JSON, as the faults leave it. */
export function writeRecord(record: unknown, isCopy: boolean, faults: readonly FaultAction[]): string {
  const isObject = typeof record === 'object' && record !== null && !Array.isArray(record);
  const shown = isCopy && isObject && hasOtherContent(faults) ? { ...record, revision: 2 } : record;
  const fault = findFault(faults, 'wrong-times');
  if (fault === undefined) return JSON.stringify(shown);
  return JSON.stringify(shown, (_, value: unknown) => (typeof value === 'string' ? wrongTime(value, fault) : value));
}
