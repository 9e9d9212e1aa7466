import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';

// No key for the shell: a browser that opens an address can send none. Every route with data asks for it.
app.http('dashboard', {
  route: 'dashboard',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: lazy((handlers) => handlers.dashboard.page),
});
app.http('dashboard-file', {
  route: 'dashboard/{file}',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: lazy((handlers) => handlers.dashboard.file),
});
