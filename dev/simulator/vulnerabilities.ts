import type { Vulnerability } from './catalogue.ts';

/** An entry of the KnowledgeBase. */
export interface KnowledgeBaseEntry {
  readonly qid: number;
  /** When it was last changed, milliseconds since 1970. */
  readonly modifiedTime: number;
  /** Absent for one put in by hand. */
  readonly vulnerability?: Vulnerability;
  /** The whole VULN element of one put in by hand. */
  readonly xml?: string;
}

/** An entry put in by hand, or a known one changed. */
export interface KnowledgeBaseChange {
  readonly qid: number;
  readonly modifiedTime: number;
  readonly xml?: string;
}

/** All entries. */
export interface KnowledgeBase {
  /** Lowest QID first. */
  readonly entries: () => readonly KnowledgeBaseEntry[];
  readonly change: (changes: readonly KnowledgeBaseChange[]) => void;
  readonly remove: (qids: readonly number[]) => void;
}

const DAY_MS = 86_400_000;
const DAYS = 365;

/** When a generated entry was last changed: some time in the year before the data ends. */
function modifiedTime(qid: number, end: number): number {
  return Math.floor(end / DAY_MS) * DAY_MS - ((qid * 7) % DAYS) * DAY_MS;
}

/** @param end where the data ends, milliseconds since 1970. */
export function createKnowledgeBase(vulnerabilities: readonly Vulnerability[], end: number): KnowledgeBase {
  const all = new Map<number, KnowledgeBaseEntry>(
    vulnerabilities.map((vulnerability) => {
      const { qid } = vulnerability;
      return [qid, { qid, vulnerability, modifiedTime: modifiedTime(qid, end) }];
    }),
  );
  return {
    entries: () => [...all.values()].sort((a, b) => a.qid - b.qid),
    change: (changes) => {
      for (const change of changes) {
        const known = all.get(change.qid)?.vulnerability;
        if (known === undefined && change.xml === undefined) {
          throw new RangeError(`QID ${change.qid} is not known: give its xml`);
        }
        all.set(change.qid, { ...change, ...(known === undefined ? {} : { vulnerability: known }) });
      }
    },
    remove: (qids) => {
      for (const qid of qids) all.delete(qid);
    },
  };
}
