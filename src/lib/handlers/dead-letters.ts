import { listDeadLetters } from '../actions/list-dead-letters.ts';
import { handle, json } from '../http/handle.ts';
import { readQuery } from '../http/read-request.ts';
import { deadLettersQuery } from '../http/requests.ts';
import { replayDeadLetters } from '../pipeline/replay-dead-letters.ts';
import { getServices } from '../services.ts';

/** Lists what could not be ingested, with the reasons; not the rows themselves. */
export const listAll = handle(async (request) => {
  const { limit } = readQuery(request, deadLettersQuery);
  return json({ deadLetters: await listDeadLetters(Number(limit)) });
});

/** Sends dead letters again, after a fix. */
export const replay = handle(async (request) => {
  const { limit } = readQuery(request, deadLettersQuery);
  const { deadLetters, sent, sink, log, audit } = getServices();
  const result = await replayDeadLetters(Number(limit), { source: deadLetters, sink, log });
  await sent.flush();
  await audit.write({ action: 'dead-letters-replayed', target: `${result.replayed} letters, ${result.rows} rows` });
  return json(result);
});
