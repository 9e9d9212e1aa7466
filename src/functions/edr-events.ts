import { registerRoute } from '../lib/register-route.ts';

registerRoute('edr-events', {
  route: 'edr/events',
  methods: ['GET'],
  access: 'read',
  handler: (handlers) => handlers.edrEvents.events,
});
registerRoute('edr-event-count', {
  route: 'edr/events/count',
  methods: ['GET'],
  access: 'read',
  handler: (handlers) => handlers.edrEvents.count,
});
registerRoute('edr-event', {
  route: 'edr/events/{agentId}/{eventId}',
  methods: ['GET'],
  access: 'read',
  handler: (handlers) => handlers.edrEvents.event,
});
