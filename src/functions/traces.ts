import { registerRoute } from '../lib/register-route.ts';

registerRoute('list-traces', {
  route: 'traces',
  methods: ['GET'],
  access: 'operate',
  handler: (handlers) => handlers.traces.listAll,
});
registerRoute('clear-traces', {
  route: 'traces',
  methods: ['DELETE'],
  access: 'operate',
  handler: (handlers) => handlers.traces.clear,
});
