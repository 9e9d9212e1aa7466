import { registerRoute } from '../lib/register-route.ts';

registerRoute('forget-records', {
  route: 'memory/{stream}/forget',
  methods: ['POST'],
  access: 'operate',
  handler: (handlers) => handlers.memory.forget,
});
