import { registerRoute } from '../lib/register-route.ts';

registerRoute('openapi', {
  route: 'openapi.json',
  methods: ['GET'],
  access: 'read',
  handler: (handlers) => handlers.openapi.openapi,
});
