import { handle, json } from '../http/handle.ts';
import { getServices } from '../services.ts';

/** Gives the traced calls to the vendor. They hold the customer's data, so who takes them is written down. */
export const listAll = handle(async () => {
  const { traces, settings, audit } = getServices();
  const found = await traces.list();
  await audit.write({ action: 'traces-read', target: `${found.length} calls` });
  return json({ wanted: settings.QUALYS_TRACE, traces: found });
});

/** Deletes them; as many calls as `QUALYS_TRACE` says are traced again. */
export const clear = handle(async () => {
  const { traces, audit } = getServices();
  const deleted = await traces.clear();
  await audit.write({ action: 'traces-cleared', target: `${deleted} calls` });
  return json({ deleted });
});
