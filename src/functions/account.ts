import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';

app.http('try-now', {
  route: 'try-now',
  methods: ['POST'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.account.tryNow),
});
