import { registerRoute } from '../lib/register-route.ts';

registerRoute('try-now', {
  route: 'try-now',
  methods: ['POST'],
  access: 'operate',
  handler: (handlers) => handlers.account.tryNow,
});
