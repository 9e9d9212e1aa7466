import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';

app.http('status', {
  route: 'status',
  methods: ['GET'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.status.status),
});
