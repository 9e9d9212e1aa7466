import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { lookUpEvents } from '../actions/look-up-events.ts';
import { handle } from '../http/handle.ts';
import { countQuery, detailQuery, eventParams, eventsQuery } from '../http/edr-query.ts';
import { readParams, readQuery } from '../http/read-request.ts';
import type { EdrQuery, EdrTarget } from '../qualys/edr/edr-api.ts';

/** The guide's events call with our token. */
export const events = handle((request) => passThrough({ call: 'events' }, readQuery(request, eventsQuery) as EdrQuery));

/** The guide's count call with our token. */
export const count = handle((request) => passThrough({ call: 'count' }, readQuery(request, countQuery) as EdrQuery));

/** The guide's detail call with our token. */
export const event = handle((request: HttpRequest) => {
  const { agentId, eventId } = readParams(request, eventParams);
  return passThrough({ call: 'event', agentId, eventId }, readQuery(request, detailQuery) as EdrQuery);
});

async function passThrough(target: EdrTarget, query: EdrQuery): Promise<HttpResponseInit> {
  const body = await lookUpEvents(target, query, { priority: 'interactive' });
  const isEmpty = body.byteLength === 0;
  return {
    status: isEmpty ? 204 : 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    ...(isEmpty ? {} : { body }),
  };
}
