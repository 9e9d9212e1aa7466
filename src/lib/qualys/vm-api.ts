import { type ConnectorError, RetryableError } from '../errors.ts';
import { callQualys, type CallDeps, type CallOptions, type QualysRequest, sharePause } from './call-qualys.ts';
import { classifyDocument } from './classify-answer.ts';
import { type IdRange, mergeIds } from './id-ranges.ts';
import { rootOf } from './parse-return.ts';
import type { QualysAnswer } from './qualys-answer.ts';
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

/** The VM API. Calls throw the classes of `errors.ts`. */
export interface VmApi {
  /** A page of host detections, as XML. A document that says an error instead is told apart by the reader: see `documentError`. */
  readonly detections: (hosts: HostSelection, options: CallOptions) => Promise<QualysAnswer>;
  /** The ids of the hosts selected, sorted and compact; all pages of the list. */
  readonly hostIds: (hosts: HostSelection, options: CallOptions) => Promise<IdRange[]>;
  /** A page of a list, as XML; `limit` records at most, where the list knows a limit. */
  readonly listPage: (
    list: ListName,
    selection: ListSelection,
    limit: number,
    options: CallOptions,
  ) => Promise<QualysAnswer>;
  /** The ids of the records selected, sorted and compact; all pages of the list. */
  readonly listIds: (list: ListName, selection: ListSelection, options: CallOptions) => Promise<IdRange[]>;
  /** Checks the credentials cheaply and returns the versions that the platform names. */
  readonly about: (options: CallOptions) => Promise<VmVersions>;
  /** The error in a document that came instead of data with a good status; a wait is shared with all instances before it returns. */
  readonly documentError: (
    text: string,
    answer: Pick<QualysAnswer, 'status' | 'headers'>,
    options?: Pick<CallOptions, 'waits'>,
  ) => Promise<ConnectorError>;
}

/** Lists of the VM API that go by ids. */
export type ListName = 'hosts' | 'knowledgeBase';

/** What the platform says of itself; absent where it does not. */
export interface VmVersions {
  readonly web?: string;
  readonly scanner?: string;
  readonly signatures?: string;
}

/** What the VM API needs. */
export interface VmApiDeps extends CallDeps {
  readonly settings: VmSettings;
}

/** A first byte may take minutes (peers use 300 s; Microsoft's connector came to the same). */
const FIRST_BYTE_TIMEOUT_MS = 300_000;
const IDLE_TIMEOUT_MS = 120_000;
const MOST_ABOUT_BYTES = 65_536;
/** A million pages of a million ids: more is a loop of the vendor's. */
const MOST_LIST_PAGES = 10_000;

interface List {
  readonly path: string;
  /** Root element of its answers. */
  readonly root: string;
  /** The KnowledgeBase documents no `truncation_limit`; its pages are cut by ids alone. */
  readonly hasLimit: boolean;
}

function listsOf({ KB_API_VERSION, VM_API_VERSION }: VmSettings): Readonly<Record<ListName, List>> {
  return {
    hosts: { path: `/api/${VM_API_VERSION}/fo/asset/host/`, root: 'HOST_LIST_OUTPUT', hasLimit: true },
    knowledgeBase: {
      path: `/api/${KB_API_VERSION}/fo/knowledge_base/vuln/`,
      root: 'KNOWLEDGE_BASE_VULN_LIST_OUTPUT',
      hasLimit: false,
    },
  };
}

/** Makes the VM API: Basic auth (UTF-8) and `X-Requested-With` on each call. */
export function createVmApi(deps: VmApiDeps): VmApi {
  const { settings } = deps;
  const lists = listsOf(settings);
  const documentError: VmApi['documentError'] = (text, answer, options = {}) =>
    sharePause(
      deps,
      'vm',
      classifyDocument(text, answer.status, answer.headers, {
        ...options,
        now: deps.clock.now(),
        secrets: secretsOf(settings),
      }),
    );
  const idPage = async (list: List, parameters: URLSearchParams, options: CallOptions): Promise<IdSetPage> => {
    const answer = await call(deps, list.path, parameters, options);
    try {
      const page = await readIdSet(answer.body, list.root);
      if ('foreign' in page) throw await documentError(page.foreign, answer, options);
      return page;
    } finally {
      answer.cancel();
    }
  };
  return {
    detections: async (hosts, options) =>
      call(deps, `${lists.hosts.path}vm/detection/`, detectionParameters(settings, hosts), options),
    hostIds: (hosts, options) =>
      readIds(hostListParameters(settings, hosts), (parameters) => idPage(lists.hosts, parameters, options)),
    listPage: async (name, selection, limit, options) =>
      call(deps, lists[name].path, listPageParameters(selection, lists[name].hasLimit ? limit : undefined), options),
    listIds: (name, selection, options) => {
      const limit = lists[name].hasLimit ? LIST_TRUNCATION_LIMIT : undefined;
      return readIds(idListParameters(selection, limit), (parameters) => idPage(lists[name], parameters, options));
    },
    about: async (options) => {
      const answer = await call(deps, '/msp/about.php', undefined, options);
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
  path: string,
  body: URLSearchParams | undefined,
  options: CallOptions,
): Promise<QualysAnswer> {
  const { settings } = deps;
  const request: QualysRequest = {
    firstByteTimeoutMs: FIRST_BYTE_TIMEOUT_MS,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    ...options,
    api: 'vm',
    url: `${settings.QUALYS_API_URL}${path}`,
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Basic ${credentials(settings)}`,
      'x-requested-with': 'qualys-sentinel-connector',
      accept: 'application/xml, text/xml, */*',
    },
    ...(body === undefined ? {} : { body }),
    secrets: secretsOf(settings),
  };
  return callQualys(deps, request);
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

function credentials({ QUALYS_USERNAME, QUALYS_PASSWORD }: VmSettings): string {
  return Buffer.from(`${QUALYS_USERNAME}:${QUALYS_PASSWORD}`, 'utf8').toString('base64');
}

function secretsOf(settings: VmSettings): readonly string[] {
  const { QUALYS_PASSWORD, QUALYS_USERNAME } = settings;
  return [QUALYS_PASSWORD, encodeURIComponent(QUALYS_PASSWORD), credentials(settings), QUALYS_USERNAME];
}

function versionsIn(text: string): VmVersions {
  const names = { web: 'WEB-VERSION', scanner: 'SCANNER-VERSION', signatures: 'VULNSIGS-VERSION' };
  const found = Object.entries(names).map(([key, name]) => [key, versionIn(text, name)] as const);
  return Object.fromEntries(found.filter(([, version]) => version !== ''));
}

function versionIn(text: string, name: string): string {
  return (new RegExp(`<${name}>([^<]{1,60})<`).exec(text)?.[1] ?? '').trim();
}
