import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';

app.http('enrich', {
  route: 'enrich',
  methods: ['GET'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.enrich.enrichOne),
});
