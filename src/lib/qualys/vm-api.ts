import { type ConnectorError, RetryableError } from '../errors.ts';
import { callQualys, type CallDeps, type CallOptions, type QualysRequest, sharePause } from './call-qualys.ts';
import { classifyDocument } from './classify-answer.ts';
import { type IdRange, mergeIds } from './id-ranges.ts';
import { rootOf } from './parse-return.ts';
import type { QualysAnswer } from './qualys-answer.ts';
import { type IdSetPage, readIdSet } from './read-id-set.ts';
import { detectionParameters, hostListParameters, type HostSelection, type VmSettings } from './vm-parameters.ts';

/** The VM API. Calls throw the classes of `errors.ts`. */
export interface VmApi {
  /** A page of host detections, as XML. A document that says an error instead is told apart by the reader: see `documentError`. */
  readonly detections: (hosts: HostSelection, options: CallOptions) => Promise<QualysAnswer>;
  /** The ids of the hosts selected, sorted and compact; all pages of the list. */
  readonly hostIds: (hosts: HostSelection, options: CallOptions) => Promise<IdRange[]>;
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
}

/** A first byte may take minutes (peers use 300 s; Microsoft's connector came to the same). */
const FIRST_BYTE_TIMEOUT_MS = 300_000;
const IDLE_TIMEOUT_MS = 120_000;
const MOST_ABOUT_BYTES = 65_536;
/** A million pages of a million ids: more is a loop of the vendor's. */
const MOST_LIST_PAGES = 10_000;

/** Makes the VM API: Basic auth (UTF-8) and `X-Requested-With` on each call. */
export function createVmApi(deps: VmApiDeps): VmApi {
  const { settings } = deps;
  const folder = `/api/${settings.VM_API_VERSION}/fo/asset/host`;
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
  const listPage = async (hosts: HostSelection, options: CallOptions): Promise<IdSetPage> => {
    const answer = await call(deps, `${folder}/`, hostListParameters(settings, hosts), options);
    const page = await readIdSet(answer.body, 'HOST_LIST_OUTPUT');
    if ('foreign' in page) throw await documentError(page.foreign, answer, options);
    return page;
  };
  return {
    detections: async (hosts, options) =>
      call(deps, `${folder}/vm/detection/`, detectionParameters(settings, hosts), options),
    hostIds: (hosts, options) => readList(hosts, (page) => listPage(page, options)),
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
async function readList(
  hosts: HostSelection,
  readPage: (hosts: HostSelection) => Promise<IdSetPage>,
): Promise<IdRange[]> {
  const ranges: IdRange[] = [];
  let idMin: bigint | undefined;
  for (let pages = 0; pages < MOST_LIST_PAGES; pages += 1) {
    const page = await readPage(idMin === undefined ? hosts : { ...hosts, idMin: idMin.toString() });
    for (const range of page.ranges) ranges.push(range);
    if (page.nextIdMin === undefined) return mergeIds(ranges);
    if (page.nextIdMin <= (idMin ?? BigInt(hosts.idMin ?? '0'))) break;
    idMin = page.nextIdMin;
  }
  throw new RetryableError(`Qualys host list does not move on: after id_min ${idMin ?? 0n} it names no later page`);
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
