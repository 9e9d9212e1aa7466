import { registerRoute } from '../lib/register-route.ts';

registerRoute('cost', {
  route: 'cost',
  methods: ['GET'],
  access: 'read',
  handler: (handlers) => handlers.cost.cost,
});
