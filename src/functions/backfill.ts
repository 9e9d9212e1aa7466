import { registerRoute } from '../lib/register-route.ts';

registerRoute('start-backfill', {
  route: 'backfill',
  methods: ['POST'],
  access: 'operate',
  handler: (handlers) => handlers.backfill.startOne,
});
registerRoute('list-backfills', {
  route: 'backfill',
  methods: ['GET'],
  access: 'read',
  handler: (handlers) => handlers.backfill.listAll,
});
registerRoute('view-backfill', {
  route: 'backfill/{id}',
  methods: ['GET'],
  access: 'read',
  handler: (handlers) => handlers.backfill.viewOne,
});
registerRoute('cancel-backfill', {
  route: 'backfill/{id}',
  methods: ['DELETE'],
  access: 'operate',
  handler: (handlers) => handlers.backfill.cancelOne,
});
registerRoute('estimate-backfill', {
  route: 'backfill-estimate',
  methods: ['GET'],
  access: 'read',
  handler: (handlers) => handlers.backfill.estimate,
});
