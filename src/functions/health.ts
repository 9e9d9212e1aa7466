import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';

app.http('health', {
  route: 'health',
  methods: ['GET'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.health.health),
});
