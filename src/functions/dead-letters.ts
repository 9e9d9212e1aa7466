import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';

app.http('list-dead-letters', {
  route: 'dead-letters',
  methods: ['GET'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.deadLetters.listAll),
});
app.http('replay-dead-letters', {
  route: 'dead-letters/replay',
  methods: ['POST'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.deadLetters.replay),
});
