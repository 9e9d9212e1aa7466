import { serveHttp } from './http-server.ts';

/** A detection as the vendor tells it: elements by name. */
export type Detection = Readonly<Record<string, string>>;

/** A host as the vendor holds it now. */
export interface VendorHost {
  readonly id: number;
  /** When it was processed last, in epoch milliseconds. */
  processed: number;
  detections: Detection[];
  /** Elements of the host itself. */
  elements?: Readonly<Record<string, string>>;
}

/** A vendor whose hosts are in the test's hands. */
export interface VmVendor {
  readonly url: string;
  readonly hosts: Map<number, VendorHost>;
  /** Calls so far, by what they asked for. */
  readonly calls: { lists: number; pages: number };
  /** Called with each page before it is answered. */
  onPage: (() => Promise<void> | void) | undefined;
  /** Hosts that pages leave out although lists name them. */
  readonly hidden: Set<number>;
}

const ENVELOPE = '<RESPONSE><DATETIME>2026-05-01T00:00:00Z</DATETIME>';

/** Starts one; it ends with the test. */
export async function startVmVendor(): Promise<VmVendor> {
  const vendor = { hosts: new Map(), calls: { lists: 0, pages: 0 }, onPage: undefined, hidden: new Set() } as Omit<
    VmVendor,
    'url'
  >;
  const { url } = await serveHttp(({ url: path, body }, response) => {
    const asked = new URLSearchParams(body.toString());
    const isPage = path.includes('/vm/detection/');
    const answer = (): void => {
      response.setHeader('content-type', 'text/xml');
      response.end(isPage ? pageOf(vendor, asked, path) : listOf(vendor, asked));
    };
    if (!isPage) {
      answer();
      return;
    }
    vendor.calls.pages++;
    void Promise.resolve(vendor.onPage?.()).then(answer);
  });
  return Object.assign(vendor, { url });
}

function pageOf(vendor: Pick<VmVendor, 'hosts' | 'hidden'>, asked: URLSearchParams, path: string): string {
  const isById = asked.has('ids');
  const all = chosen(vendor, asked).filter(({ id }) => isById || !vendor.hidden.has(id));
  const limit = Number(asked.get('truncation_limit'));
  const [hosts, next] = [all.slice(0, limit), all[limit]];
  const list = hosts.length === 0 ? '' : `<HOST_LIST>${hosts.map(hostXml).join('')}</HOST_LIST>`;
  const warning =
    next === undefined
      ? ''
      : `<WARNING><CODE>1980</CODE><TEXT>more</TEXT><URL><![CDATA[http://127.0.0.1${path}?action=list&id_min=${next.id}]]></URL></WARNING>`;
  return `<?xml version="1.0"?><HOST_LIST_VM_DETECTION_OUTPUT>${ENVELOPE}${list}${warning}</RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>`;
}

function listOf(vendor: Pick<VmVendor, 'calls' | 'hosts'>, asked: URLSearchParams): string {
  vendor.calls.lists++;
  const ids = chosen(vendor, asked).map(({ id }) => `<ID>${id}</ID>`);
  const set = ids.length === 0 ? '' : `<ID_SET>${ids.join('')}</ID_SET>`;
  return `<?xml version="1.0"?><HOST_LIST_OUTPUT>${ENVELOPE}${set}</RESPONSE></HOST_LIST_OUTPUT>`;
}

function chosen({ hosts }: Pick<VmVendor, 'hosts'>, asked: URLSearchParams): VendorHost[] {
  const time = (name: string, none: number): number => Date.parse(asked.get(name) ?? '') || none;
  const [after, before] = [time('vm_processed_after', -Infinity), time('vm_processed_before', Infinity)];
  const [idMin, idMax] = [Number(asked.get('id_min') ?? 0), Number(asked.get('id_max') ?? Infinity)];
  const ids = asked
    .get('ids')
    ?.split(',')
    .map((range) => range.split('-').map(Number));
  return [...hosts.values()]
    .filter(({ processed }) => processed >= after && processed <= before)
    .filter(({ id }) => id >= idMin && id <= idMax)
    .filter(({ id }) => ids?.some(([first = 0, last = first]) => id >= first && id <= last) ?? true)
    .sort((one, two) => one.id - two.id);
}

function hostXml({ id, processed, detections, elements = {} }: VendorHost): string {
  const time = new Date(processed).toISOString();
  const about = { ID: String(id), IP: '10.0.0.1', LAST_VM_SCANNED_DATE: `${time.slice(0, 19)}Z`, ...elements };
  const list = detections.map((each) => `<DETECTION>${elementsXml(each)}</DETECTION>`).join('');
  return `<HOST>${elementsXml(about)}<DETECTION_LIST>${list}</DETECTION_LIST></HOST>`;
}

function elementsXml(elements: Readonly<Record<string, string>>): string {
  return Object.entries(elements)
    .map(([name, text]) => `<${name}>${text}</${name}>`)
    .join('');
}
