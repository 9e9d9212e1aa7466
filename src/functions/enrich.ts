import { registerRoute } from '../lib/register-route.ts';

registerRoute('enrich', {
  route: 'enrich',
  methods: ['GET'],
  access: 'read',
  handler: (handlers) => handlers.enrich.enrichOne,
});
