import { enrichSubject } from '../actions/enrich-subject.ts';
import { enrichQuery, subjectOf } from '../http/enrich-query.ts';
import { handle, json } from '../http/handle.ts';
import { readQuery } from '../http/read-request.ts';

/** What is known of a host, user, file, address or vulnerability, for a case. */
export const enrichOne = handle(async (request) =>
  json(await enrichSubject(subjectOf(readQuery(request, enrichQuery)))),
);
