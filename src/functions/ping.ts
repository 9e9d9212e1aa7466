import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';

app.http('ping', {
  route: 'ping',
  methods: ['GET', 'POST'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.ping.ping),
});
