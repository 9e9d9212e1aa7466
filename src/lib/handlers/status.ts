import { viewConnector } from '../actions/view-connector.ts';
import { handle, json } from '../http/handle.ts';

/** Tells where each stream stands. */
export const status = handle(async () => json(await viewConnector()));

/** Tells the judgement alone, for availability tests; calls nothing of Qualys. */
export const health = handle(async () => {
  const { ok, verdict, headline, problems, version, time } = await viewConnector();
  return json({ version, time, ok, verdict, headline, problems }, ok ? 200 : 503);
});
