import { registerRoute } from '../lib/register-route.ts';

registerRoute('ping', {
  route: 'ping',
  methods: ['GET', 'POST'],
  access: 'read',
  handler: (handlers) => handlers.ping.ping,
});
