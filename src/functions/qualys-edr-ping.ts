import { registerRoute } from '../lib/register-route.ts';

registerRoute('qualys-edr-ping', {
  route: 'actions/qualys_edr_ping',
  methods: ['POST'],
  access: 'read',
  handler: (handlers) => handlers.qualysEdrPing.qualysEdrPing,
});
