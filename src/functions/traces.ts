import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';

app.http('list-traces', {
  route: 'traces',
  methods: ['GET'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.traces.listAll),
});
app.http('clear-traces', {
  route: 'traces',
  methods: ['DELETE'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.traces.clear),
});
