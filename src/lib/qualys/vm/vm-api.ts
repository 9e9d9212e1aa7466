import { type ConnectorError, RetryableError } from '../../errors.ts';
import type { ApiAuth } from '../login/api-auth.ts';
import { callQualys, type CallDeps, type CallOptions, type QualysRequest, sharePause } from '../call/call-qualys.ts';
import { classifyDocument } from '../refusals/classify-answer.ts';
import { type IdRange, mergeIds } from './id-ranges.ts';
import { createPageJudge, type PageJudge } from '../call/page-judge.ts';
import { createLeafReader } from './lists/read-leaf-texts.ts';
import { ownDocument } from './own-document.ts';
import { rootOf } from '../refusals/parse-return.ts';
import type { QualysAnswer } from '../call/qualys-answer.ts';
import { type IdSetPage, readIdSet } from './read-id-set.ts';
import {
  detectionParameters,
  hostListParameters,
  idListParameters,
  LIST_TRUNCATION_LIMIT,
  listPageParameters,
  type HostSelection,
  type ListSelection,
  type VmSettings,
} from './vm-parameters.ts';
import { detectionsOf, hostListOf, type IdList, type Target } from './vm-targets.ts';
import { VendorDocumentError } from './xml/vendor-document-error.ts';

/** The VM API. Calls throw the classes of `errors.ts`. */
export interface VmApi {
  /** A page of host detections, as XML. A document that says an error instead is told apart by the reader: see `documentError`. */
  readonly detections: (hosts: HostSelection, options: CallOptions) => Promise<QualysAnswer>;
  /** The ids of the hosts selected, sorted and compact; all pages of the list. */
  readonly hostIds: (hosts: HostSelection, options: CallOptions) => Promise<IdRange[]>;
  /** A page of a list, as XML; `limit` records at most, where the list knows a limit. */
  readonly listPage: (
    list: IdList,
    selection: ListSelection,
    limit: number,
    options: CallOptions,
  ) => Promise<QualysAnswer>;
  /** The ids of the records selected, sorted and compact; all pages of the list. */
  readonly listIds: (list: IdList, selection: ListSelection, options: CallOptions) => Promise<IdRange[]>;
  /** Any other call: an answer that is no error by its status. What it holds is the caller's business. */
  readonly call: (
    target: Pick<Target, 'path' | 'route'>,
    parameters: URLSearchParams,
    options: CallOptions,
  ) => Promise<QualysAnswer>;
  /** Asks for a page of host detections and reads it whole, for nothing but whether it comes: hosts of any time, as few as `hosts` says. */
  readonly probeDetections: (hosts: HostSelection, options: CallOptions) => Promise<void>;
  /** The same for a page of a list. */
  readonly probeList: (list: IdList, selection: ListSelection, limit: number, options: CallOptions) => Promise<void>;
  /** Tells pages that cannot be read from routes that are out. */
  readonly judge: PageJudge;
  /** Checks the credentials cheaply and returns the versions that the platform names. */
  readonly about: (options: CallOptions) => Promise<VmVersions>;
  /** The error in a document that came instead of data with a good status; a wait is shared with all instances before it returns. */
  readonly documentError: (
    text: string,
    answer: Pick<QualysAnswer, 'status' | 'headers'>,
    options?: Pick<CallOptions, 'waits'>,
  ) => Promise<ConnectorError>;
}

/** What the platform says of itself; absent where it does not. */
export interface VmVersions {
  readonly web?: string;
  readonly scanner?: string;
  readonly signatures?: string;
}

/** What the VM API needs. */
export interface VmApiDeps extends CallDeps {
  readonly settings: VmSettings;
  readonly auth: ApiAuth;
}

/** A first byte may take minutes (peers use 300 s; Microsoft's connector came to the same). */
const FIRST_BYTE_TIMEOUT_MS = 300_000;
const IDLE_TIMEOUT_MS = 120_000;
/** What asks for little need not wait as long. */
const PROBE = { firstByteTimeoutMs: 120_000, isJudged: true } as const;
const MOST_ABOUT_BYTES = 65_536;
/** A million pages of a million ids: more is a loop of the vendor's. */
const MOST_LIST_PAGES = 10_000;

/** Makes the VM API; `X-Requested-With` is on each call. */
export function createVmApi(deps: VmApiDeps): VmApi {
  const { settings } = deps;
  const hostList = hostListOf(settings);
  const detectionList = detectionsOf(settings);
  const documentError: VmApi['documentError'] = (text, answer, options = {}) =>
    sharePause(
      deps,
      'vm',
      classifyDocument(text, answer.status, answer.headers, {
        ...options,
        now: deps.clock.now(),
        secrets: deps.auth.hidden(),
        loginKind: deps.auth.kind,
      }),
    );
  /** Reads an answer, and gives it up in any case. */
  const read = async <T>(
    asked: Promise<QualysAnswer>,
    options: CallOptions,
    readBody: (body: QualysAnswer['body']) => Promise<T>,
  ): Promise<T> => {
    const answer = await asked;
    try {
      return await readBody(answer.body);
    } catch (error) {
      throw error instanceof VendorDocumentError ? await documentError(error.text, answer, options) : error;
    } finally {
      answer.cancel();
    }
  };
  const idPage = (list: IdList, parameters: URLSearchParams, options: CallOptions): Promise<IdSetPage> =>
    read(call(deps, { route: list.idRoute, path: list.path }, parameters, options), options, (body) =>
      readIdSet(body, list.root),
    );
  const probe = (page: Promise<QualysAnswer>, root: string, options: CallOptions): Promise<void> =>
    read(page, options, (body) => readWhole(body, root));
  const detections: VmApi['detections'] = async (hosts, options) =>
    call(deps, detectionList, detectionParameters(settings, hosts), options);
  const listPage: VmApi['listPage'] = async (list, selection, limit, options) =>
    call(deps, list, listPageParameters(selection, list.hasLimit ? limit : undefined), options);
  return {
    judge: createPageJudge(deps),
    call: (target, parameters, options) => call(deps, target, parameters, options),
    detections,
    probeDetections: (hosts, options) =>
      probe(detections(hosts, { ...PROBE, ...options }), detectionList.root, options),
    probeList: (list, selection, limit, options) =>
      probe(listPage(list, selection, limit, { ...PROBE, ...options }), list.root, options),
    hostIds: (hosts, options) =>
      readIds(hostListParameters(settings, hosts), (parameters) => idPage(hostList, parameters, options)),
    listPage,
    listIds: (list, selection, options) => {
      const limit = list.hasLimit ? LIST_TRUNCATION_LIMIT : undefined;
      return readIds(idListParameters(selection, limit), (parameters) => idPage(list, parameters, options));
    },
    about: async (options) => {
      const answer = await call(deps, { route: 'vm/about', path: '/msp/about.php' }, undefined, options);
      const text = await answer.text(MOST_ABOUT_BYTES);
      const root = rootOf(text);
      if (root === undefined || /^(html|SIMPLE_RETURN|GENERIC_RETURN)$/i.test(root))
        throw await documentError(text, answer, options);
      return versionsIn(text);
    },
    documentError,
  };
}

function call(
  deps: VmApiDeps,
  { path, route }: Pick<Target, 'path' | 'route'>,
  body: URLSearchParams | undefined,
  options: CallOptions,
): Promise<QualysAnswer> {
  const { settings, auth } = deps;
  const request: Omit<QualysRequest, 'headers' | 'secrets'> = {
    firstByteTimeoutMs: FIRST_BYTE_TIMEOUT_MS,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    ...options,
    api: 'vm',
    route,
    url: `${settings.QUALYS_API_URL}${path}`,
    method: body === undefined ? 'GET' : 'POST',
    body,
  };
  return auth.call(options, (authorization, login) =>
    callQualys(deps, {
      ...request,
      login,
      headers: {
        authorization,
        'x-requested-with': 'qualys-sentinel-connector',
        accept: 'application/xml, text/xml, */*',
      },
      secrets: auth.hidden(),
      loginKind: auth.kind,
    }),
  );
}

/** Reads a document to its end and keeps nothing of it. */
async function readWhole(body: AsyncIterable<Uint8Array>, root: string): Promise<void> {
  const reader = createLeafReader();
  for await (const part of ownDocument(body, root)) reader.write(part);
  reader.end();
}

/** Reads page after page; a cursor that does not move on is an error, never a loop. */
async function readIds(
  first: URLSearchParams,
  readPage: (parameters: URLSearchParams) => Promise<IdSetPage>,
): Promise<IdRange[]> {
  const ranges: IdRange[] = [];
  const parameters = new URLSearchParams(first);
  let idMin = BigInt(first.get('id_min') ?? '0');
  for (let pages = 0; pages < MOST_LIST_PAGES; pages += 1) {
    const page = await readPage(parameters);
    for (const range of page.ranges) ranges.push(range);
    if (page.nextIdMin === undefined) return mergeIds(ranges);
    if (page.nextIdMin <= idMin) break;
    idMin = page.nextIdMin;
    parameters.set('id_min', idMin.toString());
  }
  throw new RetryableError(`Qualys' list of ids does not move on: after id_min ${idMin} it names no later page`, {
    scope: 'answer',
  });
}

function versionsIn(text: string): VmVersions {
  const names = { web: 'WEB-VERSION', scanner: 'SCANNER-VERSION', signatures: 'VULNSIGS-VERSION' };
  const found = Object.entries(names).map(([key, name]) => [key, versionIn(text, name)] as const);
  return Object.fromEntries(found.filter(([, version]) => version !== ''));
}

function versionIn(text: string, name: string): string {
  return (new RegExp(`<${name}>([^<]{1,60})<`).exec(text)?.[1] ?? '').trim();
}
