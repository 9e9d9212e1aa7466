import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { handle } from '../lib/http/handle.ts';
import { countQuery, detailQuery, eventId, eventsQuery } from '../lib/http/edr-query.ts';
import { readQuery } from '../lib/http/read-request.ts';
import type { EdrQuery, EdrTarget } from '../lib/qualys/edr-api.ts';
import { getServices } from '../lib/services.ts';

/** Longest answer passed through, in bytes. */
const MAX_ANSWER_BYTES = 50_000_000;

/** The guide's events call with our token. */
export const events = handle((request) => passThrough({ call: 'events' }, readQuery(request, eventsQuery) as EdrQuery));

/** The guide's count call with our token. */
export const count = handle((request) => passThrough({ call: 'count' }, readQuery(request, countQuery) as EdrQuery));

/** The guide's detail call with our token. */
export const event = handle((request: HttpRequest) => {
  const { agentId, eventId: id } = eventId(request.params);
  return passThrough({ call: 'event', agentId, eventId: id }, readQuery(request, detailQuery) as EdrQuery);
});

async function passThrough(target: EdrTarget, query: EdrQuery): Promise<HttpResponseInit> {
  const answer = await getServices().edr.passThrough(target, query, { priority: 'interactive' });
  const body = await answer.bytes(MAX_ANSWER_BYTES);
  const isEmpty = body.byteLength === 0;
  return {
    status: isEmpty ? 204 : 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    ...(isEmpty ? {} : { body }),
  };
}

app.http('edr-events', { route: 'edr/events', methods: ['GET'], authLevel: 'function', handler: events });
app.http('edr-event-count', { route: 'edr/events/count', methods: ['GET'], authLevel: 'function', handler: count });
app.http('edr-event', {
  route: 'edr/events/{agentId}/{eventId}',
  methods: ['GET'],
  authLevel: 'function',
  handler: event,
});
