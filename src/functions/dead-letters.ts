import { registerRoute } from '../lib/register-route.ts';

registerRoute('list-dead-letters', {
  route: 'dead-letters',
  methods: ['GET'],
  access: 'read',
  handler: (handlers) => handlers.deadLetters.listAll,
});
registerRoute('replay-dead-letters', {
  route: 'dead-letters/replay',
  methods: ['POST'],
  access: 'operate',
  handler: (handlers) => handlers.deadLetters.replay,
});
