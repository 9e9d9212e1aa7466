import { enrich } from '../enrich/enrich.ts';
import { enrichQuery, subjectOf } from '../http/enrich-query.ts';
import { handle, json } from '../http/handle.ts';
import { readQuery } from '../http/read-request.ts';
import { getServices } from '../services.ts';

/** What is known of a host, user, file or address, for a case. */
export const enrichOne = handle(async (request) => {
  const subject = subjectOf(readQuery(request, enrichQuery));
  return json(await enrich(subject, getServices()));
});
