import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';

app.http('start-backfill', {
  route: 'backfill',
  methods: ['POST'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.backfill.startOne),
});
app.http('list-backfills', {
  route: 'backfill',
  methods: ['GET'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.backfill.listAll),
});
app.http('view-backfill', {
  route: 'backfill/{id}',
  methods: ['GET'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.backfill.viewOne),
});
app.http('cancel-backfill', {
  route: 'backfill/{id}',
  methods: ['DELETE'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.backfill.cancelOne),
});
app.http('estimate-backfill', {
  route: 'backfill-estimate',
  methods: ['GET'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.backfill.estimate),
});
