import { handle, json } from '../http/handle.ts';
import { ProblemError } from '../http/problem.ts';
import { readQuery } from '../http/read-request.ts';
import { forgetQuery } from '../http/requests.ts';
import { getServices } from '../services.ts';
import { STREAMS } from '../streams/index.ts';
import { streamOf } from './stream-of.ts';

/** Has records forgotten, so that they are sent again whether they have changed or not. */
export const forget = handle(async (request) => {
  const { ids, reason } = readQuery(request, forgetQuery);
  const stream = streamOf(request);
  const remembering = STREAMS.filter(({ remembers }) => remembers === true).map(({ name }) => name);
  if (!remembering.includes(stream))
    throw new ProblemError(400, `${stream} sends every record: only ${remembering.join(', ')} remembers some`);
  const { audit, log, memory } = getServices();
  const chosen = ids?.split(',').map(BigInt);
  await memory.forget(stream, chosen);
  const action = chosen === undefined ? 'memory-forgotten' : 'records-forgotten';
  await audit.write({
    action,
    target: [stream, ids?.slice(0, 500)].join('/'),
    reason,
  });
  log.info('RecordsForgotten', { stream, ...(chosen === undefined ? {} : { records: chosen.length }) });
  return json({ stream, forgotten: chosen?.length ?? null });
});
