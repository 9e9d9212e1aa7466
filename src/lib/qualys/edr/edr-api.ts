import { FatalError } from '../../errors.ts';
import type { RouteName } from '../../pipeline/routes.ts';
import type { ApiAuth } from '../login/api-auth.ts';
import { callQualys, type CallDeps, type CallOptions, type QualysRequest } from '../call/call-qualys.ts';
import { readCount, readRecords } from './edr-answers.ts';
import { createPageJudge, type PageJudge } from '../call/page-judge.ts';
import type { QualysAnswer } from '../call/qualys-answer.ts';

/** Query parameters of the EDR guide; absent, blank ones are not sent. */
export interface EdrQuery {
  /** Days as seconds since 1970; the vendor ignores their time part. */
  readonly fromDate?: string | number;
  readonly toDate?: string | number;
  /** QQL. */
  readonly filter?: string;
  /** From 0. */
  readonly pageNumber?: string | number;
  readonly pageSize?: string | number;
  /** JSON array of one-key objects. */
  readonly sort?: string;
  readonly include_attributes?: string;
  readonly exclude_attributes?: string;
  readonly state?: string | boolean;
  readonly groupBy?: string;
  readonly limit?: string | number;
  readonly interval?: string;
}

/** A page of `searchAfter` and where the next one starts. */
export interface SearchAfterAnswer {
  readonly answer: QualysAnswer;
  /** Absent at the end. */
  readonly nextCursor?: string;
}

/** Pages of a feed, which ask for much. A stream declares its own. */
export interface EdrPages {
  readonly route: RouteName;
  readonly path: string;
}

/** Events by the number of their page, and in the vendor's own order. */
export const EVENT_PAGES: EdrPages = { route: 'edr/events', path: '/ioc/events' };
export const EVENT_CHAIN: EdrPages = { route: 'edr/search-after', path: '/ioc/events/searchAfter' };

/** One of the guide's three calls. */
export type EdrTarget =
  | { readonly call: 'events' }
  | { readonly call: 'count' }
  | { readonly call: 'event'; readonly agentId: string; readonly eventId: string };

/** The EDR API of the guide. Calls throw the classes of `errors.ts`. */
export interface EdrApi {
  /** A page of events: a JSON array, `204` or an empty body. */
  readonly events: (query: EdrQuery, options: CallOptions) => Promise<QualysAnswer>;
  /** How many events a filter selects. @throws RetryableError when the answer holds no count. */
  readonly count: (query: EdrQuery, options: CallOptions) => Promise<number>;
  /** A page in the vendor's own order, from `cursor` on: of events, or of other `pages`. */
  readonly searchAfter: (
    query: EdrQuery,
    cursor: string | undefined,
    options: CallOptions,
    pages?: EdrPages,
  ) => Promise<SearchAfterAnswer>;
  /** Asks for one record and reads it whole, for nothing but whether it comes. */
  readonly probe: (pages: EdrPages, filter: string, options: CallOptions) => Promise<void>;
  /** Tells pages that cannot be read from routes that are out. */
  readonly judge: PageJudge;
  /**
   * One of the three calls, as asked, with our token; one event's detail is an object or an array with it.
   * @throws FatalError for ids that cannot be a path segment.
   */
  readonly passThrough: (target: EdrTarget, query: EdrQuery, options: CallOptions) => Promise<QualysAnswer>;
}

/** What the EDR API needs. */
export interface EdrApiDeps extends CallDeps {
  /** EDR gateway, without a trailing slash. */
  readonly baseUrl: string;
  readonly auth: ApiAuth;
}

const FIRST_BYTE_TIMEOUT_MS = 60_000;
const IDLE_TIMEOUT_MS = 60_000;

/** Makes the EDR API. */
export function createEdrApi(deps: EdrApiDeps): EdrApi {
  const get = (target: EdrPages, query: QueryValues, options: CallOptions): Promise<QualysAnswer> =>
    callEdr(deps, { route: target.route, url: `${deps.baseUrl}${target.path}${queryString(query)}` }, options);
  const passThrough: EdrApi['passThrough'] = async (target, query, options) =>
    get(targetOf(target), { ...query }, options);
  return {
    events: (query, options) => get(EVENT_PAGES, { ...query }, options),
    count: async (query, options) => readCount(deps, await passThrough({ call: 'count' }, query, options)),
    searchAfter: async (query, cursor, options, pages = EVENT_CHAIN) => {
      const answer = await get(pages, searchAfterQuery(query, cursor), options);
      const nextCursor = cursorOf(answer.headers);
      return nextCursor === undefined ? { answer } : { answer, nextCursor };
    },
    probe: async (pages, filter, options) => {
      const first = pages.route === EVENT_PAGES.route ? { pageNumber: 0 } : {};
      const answer = await get(pages, { filter, pageSize: 1, ...first }, { ...options, isJudged: true });
      await readRecords(answer);
    },
    judge: createPageJudge(deps),
    passThrough,
  };
}

type QueryValues = Readonly<Record<string, string | number | boolean | undefined>>;

type Address = Pick<QualysRequest, 'route' | 'url'>;

function callEdr(deps: EdrApiDeps, address: Address, options: CallOptions): Promise<QualysAnswer> {
  return deps.auth.call(options, (authorization) =>
    callQualys(deps, {
      firstByteTimeoutMs: FIRST_BYTE_TIMEOUT_MS,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      ...options,
      ...address,
      api: 'edr',
      method: 'GET',
      headers: { authorization, accept: 'application/json' },
      secrets: deps.auth.hidden(),
      loginKind: deps.auth.kind,
    }),
  );
}

/** Spaces as `%20`, as the guide's `--data-urlencode` sends them; blank values are left out. */
function queryString(query: QueryValues): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined && String(value).trim() !== '')
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** `searchAfter` has its own fixed order and documents neither `sort` nor `state`; `state=true` is still asked for, as it narrows the answer. */
function searchAfterQuery(query: EdrQuery, cursor: string | undefined): QueryValues {
  const { filter, pageSize, include_attributes, exclude_attributes, state } = query;
  return {
    filter,
    pageSize,
    include_attributes,
    exclude_attributes,
    state: String(state) === 'true' ? true : undefined,
    searchAfterValues: cursor,
  };
}

/** The vendor's pages disagree on the header's spelling. */
function cursorOf(headers: Headers): string | undefined {
  return ['searchAfterValues', 'searchAfterValue']
    .map((name) => headers.get(name)?.trim())
    .find((value) => value !== undefined && value !== '');
}

function targetOf(target: EdrTarget): EdrPages {
  if (target.call === 'events') return EVENT_PAGES;
  if (target.call === 'count') return { route: 'edr/count', path: '/ioc/events/count' };
  const path = `/ioc/events/${segment('agentId', target.agentId)}/${segment('eventId', target.eventId)}`;
  return { route: 'edr/event', path };
}

function segment(name: string, id: string): string {
  if (id.trim() === '' || id === '.' || id === '..' || /\p{Cs}/u.test(id)) {
    throw new FatalError(
      `${name} must be an id other than "", "." and "..", given ${JSON.stringify(id.slice(0, 100))}`,
    );
  }
  return encodeURIComponent(id);
}
