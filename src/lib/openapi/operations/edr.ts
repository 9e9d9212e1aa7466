import * as z from 'zod';
import { countQuery, detailQuery, eventParams, eventsQuery } from '../../http/edr-query.ts';
import { edrPingResult } from '../../http/ping-answers.ts';
import { edrPingBody } from '../../http/requests.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';
import { anyObject } from '../../answer-values.ts';

const event = anyObject("An event, in Qualys' own form.").meta({ id: 'EdrEvent' });
const eventCount = anyObject("`count`, or groups with their counts, in Qualys' own form.").meta({
  id: 'EdrEventCount',
  examples: [{ count: 731 }],
});

const lookUp = { method: 'get', tag: 'EDR look-ups', connector: 'important' } as const;
const nothing = { 204: { description: 'Qualys answered with an empty body.' } };

/** Calls of the EDR API, and the SOAR action. */
export const edrOperations: readonly Operation[] = [
  {
    ...lookUp,
    operationId: 'searchEdrEvents',
    route: 'edr/events',
    summary: 'Search EDR events',
    description: 'Pages of events that a Qualys query selects, as Qualys gives them; the first 10,000 can be reached.',
    query: eventsQuery,
    answers: {
      200: { description: 'A page of events.', schema: z.array(event).meta({ id: 'EdrEventList' }) },
      ...nothing,
    },
    problems: [400, 404, ...SERVICE_PROBLEMS],
  },
  {
    ...lookUp,
    operationId: 'countEdrEvents',
    route: 'edr/events/count',
    summary: 'Count EDR events',
    description: 'How many events a Qualys query selects, or the same by groups.',
    query: countQuery,
    answers: { 200: { description: 'How many events there are.', schema: eventCount }, ...nothing },
    problems: [400, 404, ...SERVICE_PROBLEMS],
  },
  {
    ...lookUp,
    operationId: 'getEdrEvent',
    route: 'edr/events/{agentId}/{eventId}',
    summary: 'Get one EDR event',
    description: 'All that Qualys tells of one event.',
    params: eventParams,
    query: detailQuery,
    answers: {
      200: { description: 'The event, with its details.', schema: z.union([event, z.array(event)]) },
      ...nothing,
    },
    problems: [400, 404, ...SERVICE_PROBLEMS],
  },
  {
    operationId: 'runEdrPing',
    method: 'post',
    route: 'actions/qualys_edr_ping',
    tag: 'Actions',
    summary: 'Run the SOAR action qualys_edr_ping',
    description: 'The EDR check of ping alone. A failed check is an answer with the status FAILED.',
    body: edrPingBody,
    answers: { 200: { description: 'Whether the EDR API can be used.', schema: edrPingResult } },
    problems: [400, 413],
    connector: 'advanced',
  },
];
