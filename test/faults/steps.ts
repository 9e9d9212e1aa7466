import type { ProxyFault } from '../../dev/fault-proxy/proxy-faults.ts';
import type { Rig } from './rig.ts';

/** The steps of the path, in its order. */
export const STEPS = [
  'read watermark',
  'list windows',
  'plan',
  'enqueue',
  'read window',
  'claim',
  'read ledger',
  'read limits',
  'limits',
  'read memory',
  'count',
  'fetch headers',
  'fetch body',
  'decode',
  'upload, chunk 1',
  'upload, chunk 2',
  'upload, chunk 3',
  'dead letter',
  'memory',
  'checkpoint',
  'split',
  'enqueue next',
  'close',
  'move watermark',
  'send dead letter again',
] as const;

export type Step = (typeof STEPS)[number];

/** Which service a step calls. */
export type Service = 'table' | 'queue' | 'blob' | 'vendor' | 'sink';

/** The request that makes a step, as the proxies see it. */
export interface StepRequest {
  readonly service: Service;
  readonly route: string;
  readonly nth?: number;
}

const BATCH = '^POST /[^/]+/\\$batch';
const INSERT = `${BATCH}[^]*POST http\\S+/QualysWindows HTTP[^]*"state":"planned"`;
const UPDATE = `${BATCH}[^]*PUT http\\S+/QualysWindows\\(`;
const SPLIT = `${UPDATE}[^]*"state":"closed"[^]*POST http\\S+/QualysWindows HTTP`;
const SEND = '^POST /[^/]+/qualys-fetch/messages';

/** The request of a step in a rig. */
export function requestOf(step: Step, { feed, start }: Rig): StepRequest {
  switch (step) {
    case 'read watermark':
      return { service: 'table', route: '^GET /[^/]+/QualysWatermarks\\(\\S*watermark' };
    case 'list windows':
      return { service: 'table', route: '^GET /[^/]+/QualysWindows\\(\\)(?!\\S*ledger)' };
    case 'read window':
      return { service: 'table', route: '^GET /[^/]+/QualysWindows\\(PartitionKey(?!\\S*plan)' };
    case 'read ledger':
      return { service: 'table', route: '^GET /[^/]+/QualysWindows\\(\\)\\S*ledger' };
    case 'read limits':
      return { service: 'table', route: '^GET /[^/]+/QualysLimits' };
    case 'limits':
      return { service: 'table', route: '^(PUT|POST) /[^/]+/QualysLimits' };
    case 'read memory':
      return { service: 'table', route: '^GET /[^/]+/QualysMemory' };
    case 'memory':
      return { service: 'table', route: `${BATCH}[^]*http\\S+/QualysMemory` };
    case 'dead letter':
      return { service: 'blob', route: '^PUT /[^/]+/qualys-dead-letters/' };
    case 'send dead letter again':
      return { service: 'blob', route: '^(GET|DELETE) /[^/]+/qualys-dead-letters/' };
    case 'plan':
      return { service: 'table', route: INSERT };
    case 'enqueue':
      return { service: 'queue', route: SEND };
    case 'claim':
      return { service: 'table', route: `${UPDATE}[^]*"state":"running"` };
    case 'count':
      return { service: 'vendor', route: feed.proxied.first };
    case 'fetch headers':
    case 'fetch body':
    case 'decode':
      return { service: 'vendor', route: feed.proxied.page };
    case 'upload, chunk 1':
    case 'upload, chunk 2':
    case 'upload, chunk 3':
      return { service: 'sink', route: '^POST /dataCollectionRules/', nth: Number(step.slice(-1)) };
    case 'checkpoint':
      return { service: 'table', route: `${UPDATE}[^]*"state":"running"[^]*"rows":[1-9]` };
    case 'split':
      return { service: 'table', route: SPLIT };
    case 'enqueue next':
      // The first two messages are those of the windows.
      return { service: 'queue', route: SEND, nth: 3 };
    case 'close':
      return { service: 'table', route: `${UPDATE}[^]*"state":"closed"(?![^]*POST http)` };
    case 'move watermark':
      return { service: 'table', route: `^PUT /[^/]+/QualysWatermarks[^]*"watermark":"(?!${start})` };
  }
}

/** Sets a fault before the service of a step; all others end. */
export function setFault(rig: Rig, service: Service, ...faults: readonly ProxyFault[]): void {
  if (service === 'table') rig.setTableFaults(...faults);
  else rig[service].setFaults(...faults);
}
