import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';

app.http('edr-events', {
  route: 'edr/events',
  methods: ['GET'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.edrEvents.events),
});
app.http('edr-event-count', {
  route: 'edr/events/count',
  methods: ['GET'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.edrEvents.count),
});
app.http('edr-event', {
  route: 'edr/events/{agentId}/{eventId}',
  methods: ['GET'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.edrEvents.event),
});
