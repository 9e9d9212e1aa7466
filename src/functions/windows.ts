import { registerRoute } from '../lib/register-route.ts';

registerRoute('list-windows', {
  route: 'windows/{stream}',
  methods: ['GET'],
  access: 'read',
  handler: (handlers) => handlers.windows.listWindows,
});
registerRoute('retry-window', {
  route: 'windows/{stream}/{window}/retry',
  methods: ['POST'],
  access: 'operate',
  handler: (handlers) => handlers.windows.retry,
});
registerRoute('retry-windows', {
  route: 'windows/{stream}/retry',
  methods: ['POST'],
  access: 'operate',
  handler: (handlers) => handlers.windows.retryAll,
});
registerRoute('waive-window', {
  route: 'windows/{stream}/{window}/waive',
  methods: ['POST'],
  access: 'operate',
  handler: (handlers) => handlers.windows.waive,
});
