// `npm run break -- <what>`: breaks what is simulated in a running `npm start`. docs/try.md is the walk.
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { createConnector, type Connector } from '../cli/connector.ts';
import { LOCAL_URL } from '../cli/session.ts';
import { messageOf } from '../src/lib/errors.ts';
import { BREAKS } from './break/breaks.ts';
import { EFFECTS, type Effect } from './break/effects.ts';
import { runMain } from './run-main.ts';
import { UsageError } from './usage-error.ts';

const HELP = `npm run break -- <what>   breaks the simulated Qualys or Azure of a running npm start (CONNECTOR_URL names another address):
${Object.entries(BREAKS)
  .map(([name, { told }]) => `  ${name.padEnd(10)}${told}`)
  .join('\n')}
The walk: docs/try.md`;

const LOOK_EVERY_MS = 1000;
/** A planner that ran a moment ago finds nothing new: it is asked again. */
const PLAN_EVERY_MS = 10_000;

async function breakIt(what: string): Promise<void> {
  const { CONNECTOR_URL: url = '', CONNECTOR_KEY: key = '' } = process.env;
  const connector = createConnector({
    url: url.trim() === '' ? LOCAL_URL : url,
    login: key === '' ? {} : { key },
    timeoutMs: 30_000,
    onSlow: () => undefined,
  });
  const schema = z.object({ told: z.string() });
  try {
    const broken = await connector.ask({ method: 'POST', isLocal: true, path: 'break', body: { what }, schema });
    console.log(broken.body.told);
    const effect = Object.hasOwn(EFFECTS, what) ? EFFECTS[what] : undefined;
    if (effect !== undefined) await waitFor(effect, connector);
  } catch (error) {
    // Said in words already; a cause would repeat them.
    throw new UsageError(messageOf(error));
  }
}

/** Waits until the app shows it, so that the next command does. @throws Error when that takes too long. */
async function waitFor({ awaited, boundMs, look }: Effect, connector: Connector): Promise<void> {
  const bound = `${boundMs / 1000} s`;
  console.log(`Waiting until the app shows it, ${bound} at most: ${awaited} …`);
  const deadline = Date.now() + boundMs;
  let nextPlan = Date.now();
  for (;;) {
    if (Date.now() >= nextPlan) {
      await connector.ask({ method: 'POST', isLocal: true, path: 'look', schema: z.object({}) });
      nextPlan = Date.now() + PLAN_EVERY_MS;
    }
    const seen = await look(connector);
    if (seen !== undefined) {
      console.log(seen);
      return;
    }
    if (Date.now() > deadline)
      throw new Error(`not seen within ${bound}: ${awaited}; npm run -s qualys -- status tells what is`);
    await sleep(LOOK_EVERY_MS);
  }
}

await runMain(async () => {
  const [what, ...more] = process.argv.slice(2);
  if (what === undefined || what === '--help' || more.length > 0) console.log(HELP);
  else await breakIt(what);
});
