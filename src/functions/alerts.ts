import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';

app.http('list-alerts', {
  route: 'alerts',
  methods: ['GET'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.alerts.listAll),
});
app.http('replay-alerts', {
  route: 'alerts/replay',
  methods: ['POST'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.alerts.replay),
});
app.http('test-alert', {
  route: 'alerts/test',
  methods: ['POST'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.alerts.test),
});
