import { RetryableError } from '../errors.ts';
import type { CallOptions } from './call-qualys.ts';
import type { EdrApi, EdrQuery } from './edr-api.ts';
import { readVendorMessage } from './read-vendor-message.ts';
import { vendorText } from './vendor-text.ts';
import type { VmApi } from './vm-api.ts';

const LIMIT_MS = 20_000;
const MOST_EVENT_BYTES = 4_000_000;

/**
 * Logs in and reads one event: a login alone passes for accounts without EDR rights.
 * @param query narrows what is read, e.g. the filter of the last day; the page size is ours.
 * @returns a sentence for the ping; @throws the classes of `errors.ts` with the reason.
 */
export function probeEdr(api: EdrApi, query: EdrQuery = {}, limitMs = LIMIT_MS): Promise<string> {
  return withinLimit('EDR', limitMs, async (options) => {
    const answer = await api.events({ ...query, pageNumber: 0, pageSize: 1 }, options);
    const text = await answer.text(MOST_EVENT_BYTES);
    return `logged in and read ${countEvents(text)}`;
  });
}

/** Asks the VM API for its versions, which needs valid credentials with API access. */
export function probeVm(api: VmApi, limitMs = LIMIT_MS): Promise<string> {
  return withinLimit('VM', limitMs, async (options) => {
    const { web } = await api.about(options);
    return web === undefined ? 'credentials accepted' : `credentials accepted by version ${vendorText(web)}`;
  });
}

async function withinLimit(
  api: string,
  limitMs: number,
  probe: (options: CallOptions) => Promise<string>,
): Promise<string> {
  const stop = new AbortController();
  const timer = setTimeout(() => {
    stop.abort(new RetryableError(`Qualys ${api} did not answer within ${limitMs / 1000} s`));
  }, limitMs);
  try {
    return await probe({ priority: 'interactive', signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}

function countEvents(text: string): string {
  if (text.trim() === '') return 'no event (there is none)';
  const events = parse(text);
  if (!Array.isArray(events)) {
    const { text: said } = readVendorMessage(text);
    throw new RetryableError(
      `Qualys EDR answered without a list of events${said === '' ? '' : `: ${vendorText(said)}`}`,
    );
  }
  return events.length === 0 ? 'no event (there is none)' : 'one event';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
