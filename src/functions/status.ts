import { registerRoute } from '../lib/register-route.ts';

registerRoute('status', {
  route: 'status',
  methods: ['GET'],
  access: 'read',
  handler: (handlers) => handlers.status.status,
});
