import type * as z from 'zod';

/** Sections of the document. */
export const TAGS = {
  Health: 'Whether everything can be reached, and where each stream stands.',
  Windows: 'The windows of time that the streams are read in.',
  Backfills: 'Ranges of time that are read again.',
  'Dead letters': 'Rows that Azure refuses.',
  Alerts: 'EDR events that a webhook is told of.',
  'EDR look-ups': "The three calls of Qualys' EDR guide, with the connector's login.",
  Enrichment: 'What is known of a host, user, file or address, for a case.',
  Traces: 'Calls to Qualys, kept for a support case.',
  Actions: 'Actions for a SOAR platform.',
} as const;

/** Statuses whose answer is a problem (RFC 9457). */
export type ProblemStatus = 400 | 404 | 409 | 413 | 429 | 500 | 502 | 503;

/** What a route answers with a status. */
export interface Answer {
  readonly description: string;
  /** Schema of the JSON body; absent where there is none. Strict: tests compare it with real answers. */
  readonly schema?: z.ZodType;
  /** Headers that clients use, with their meaning. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One method of one route, as the OpenAPI document and the Logic Apps connector describe it. */
export interface Operation {
  /** In camel case, beginning with a verb. */
  readonly operationId: string;
  readonly method: 'get' | 'post' | 'delete';
  /** As the trigger registers it, without the prefix `/api`. */
  readonly route: string;
  readonly tag: keyof typeof TAGS;
  /** A few words, as a title. */
  readonly summary: string;
  /** What the summary leaves open, in sentences. */
  readonly description: string;
  /** Parameters in the path. */
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Answers by status, other than problems. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Problems it may answer besides 500, which any may. 401 and 403 stand at each operation. */
  readonly problems: readonly ProblemStatus[];
  /** How Logic Apps shows it; `none` leaves it out of the connector. */
  readonly connector: 'important' | 'advanced' | 'none';
}

/** What every route that needs the settings and the storage may answer. */
export const SERVICE_PROBLEMS = [502, 503] as const satisfies readonly ProblemStatus[];
