import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';

app.http('cost', {
  route: 'cost',
  methods: ['GET'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.cost.cost),
});
