import { app } from '@azure/functions';
import { lazy } from '../lib/load-handlers.ts';

app.http('qualys-edr-ping', {
  route: 'actions/qualys_edr_ping',
  methods: ['POST'],
  authLevel: 'function',
  handler: lazy((handlers) => handlers.qualysEdrPing.qualysEdrPing),
});
