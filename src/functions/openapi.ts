import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';

app.http('openapi', {
  route: 'openapi.json',
  methods: ['GET'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.openapi.openapi),
});
