import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';

app.http('list-windows', {
  route: 'windows/{stream}',
  methods: ['GET'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.windows.listWindows),
});
app.http('retry-window', {
  route: 'windows/{stream}/{window}/retry',
  methods: ['POST'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.windows.retry),
});
app.http('retry-windows', {
  route: 'windows/{stream}/retry',
  methods: ['POST'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.windows.retryAll),
});
app.http('waive-window', {
  route: 'windows/{stream}/{window}/waive',
  methods: ['POST'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.windows.waive),
});
