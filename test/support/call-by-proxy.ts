/**
 * A process of its own, because a proxy is set for a whole process: calls each address that it is given as the app calls Qualys, and prints
 * what came, as JSON.
 */
import { messageOf } from '../../src/lib/errors.ts';
import { createLog } from '../../src/lib/log.ts';
import type { Limiter } from '../../src/lib/pipeline/ports.ts';
import { callQualys } from '../../src/lib/qualys/call/call-qualys.ts';
import { openProxy } from '../../src/lib/qualys/call/open-proxy.ts';
import { certificates } from '../../src/lib/setting-kinds.ts';

const [apiUrl = '', ...urls] = process.argv.slice(2);
const limiter = { acquire: () => Promise.resolve({ release: () => undefined }), observe: () => undefined };
const log = createLog({ info: () => undefined, warn: () => undefined, error: () => undefined });

async function call(url: string): Promise<string> {
  const { HTTPS_PROXY, NO_PROXY, EXTRA_CA_CERTS: pem = '' } = process.env;
  const EXTRA_CA_CERTS = pem === '' ? undefined : certificates.parse(pem);
  const settings = { HTTPS_PROXY, NO_PROXY, EXTRA_CA_CERTS, QUALYS_API_URL: apiUrl, QUALYS_GATEWAY_URL: apiUrl };
  const proxy = openProxy(settings, process.env);
  const answer = await callQualys(
    { limiter: limiter as unknown as Limiter, clock: { now: () => new Date() }, log, proxy },
    {
      ...{ api: 'vm', route: 'vm/detections', isJudged: true, priority: 'live', method: 'POST', url },
      ...{
        headers: {},
        body: new URLSearchParams({ action: 'list' }),
        firstByteTimeoutMs: 20_000,
        idleTimeoutMs: 20_000,
      },
    },
  );
  return answer.text(1000);
}

const outcomes: string[] = [];
for (const url of urls)
  outcomes.push(await call(url).catch((error: unknown) => `${String(error)} | ${messageOf(error)}`));
console.log(JSON.stringify({ outcomes, noProxy: process.env.NO_PROXY ?? null }));
