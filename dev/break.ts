// `npm run break -- <what>`: breaks what is simulated in a running `npm start`. docs/try.md is the walk.
import * as z from 'zod';
import { createConnector } from '../cli/connector.ts';
import { LOCAL_URL } from '../cli/session.ts';
import { messageOf } from '../src/lib/errors.ts';
import { BREAKS } from './break/breaks.ts';
import { runMain } from './run-main.ts';
import { UsageError } from './usage-error.ts';

const HELP = `npm run break -- <what>   breaks the simulated Qualys or Azure of a running npm start (CONNECTOR_URL names another address):
${Object.entries(BREAKS)
  .map(([name, { told }]) => `  ${name.padEnd(10)}${told}`)
  .join('\n')}
The walk: docs/try.md`;

async function breakIt(what: string): Promise<string> {
  const { CONNECTOR_URL: url = '', CONNECTOR_KEY: key = '' } = process.env;
  const connector = createConnector({
    url: url.trim() === '' ? LOCAL_URL : url,
    login: key === '' ? {} : { key },
    timeoutMs: 30_000,
    onSlow: () => undefined,
  });
  const schema = z.object({ told: z.string() });
  try {
    return (await connector.ask({ method: 'POST', isLocal: true, path: 'break', body: { what }, schema })).body.told;
  } catch (error) {
    // Said in words already; a cause would repeat them.
    throw new UsageError(messageOf(error));
  }
}

await runMain(async () => {
  const [what, ...more] = process.argv.slice(2);
  if (what === undefined || what === '--help' || more.length > 0) console.log(HELP);
  else console.log(await breakIt(what));
});
