import { registerRoute } from '../lib/register-route.ts';

registerRoute('list-alerts', {
  route: 'alerts',
  methods: ['GET'],
  access: 'read',
  handler: (handlers) => handlers.alerts.listAll,
});
registerRoute('replay-alerts', {
  route: 'alerts/replay',
  methods: ['POST'],
  access: 'operate',
  handler: (handlers) => handlers.alerts.replay,
});
registerRoute('test-alert', {
  route: 'alerts/test',
  methods: ['POST'],
  access: 'operate',
  handler: (handlers) => handlers.alerts.test,
});
