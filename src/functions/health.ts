import { registerRoute } from '../lib/register-route.ts';

registerRoute('health', {
  route: 'health',
  methods: ['GET'],
  access: 'read',
  handler: (handlers) => handlers.health.health,
});
