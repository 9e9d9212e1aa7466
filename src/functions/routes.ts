import { registerRoute, type RouteOptions } from '../lib/register-route.ts';

type Routes = Readonly<Record<string, Omit<RouteOptions, 'access'>>>;

/** Routes by the names of their functions; for callers who sign in with the role Read, or Operate. */
const TO_LOOK: Routes = {
  'list-alerts': { methods: ['GET'], route: 'alerts', handler: (all) => all.alerts.listAll },
  'list-backfills': { methods: ['GET'], route: 'backfill', handler: (all) => all.backfill.listAll },
  'view-backfill': { methods: ['GET'], route: 'backfill/{id}', handler: (all) => all.backfill.viewOne },
  'estimate-backfill': { methods: ['GET'], route: 'backfill-estimate', handler: (all) => all.backfill.estimate },
  cost: { methods: ['GET'], route: 'cost', handler: (all) => all.cost.cost },
  'list-dead-letters': { methods: ['GET'], route: 'dead-letters', handler: (all) => all.deadLetters.listAll },
  'edr-events': { methods: ['GET'], route: 'edr/events', handler: (all) => all.edrEvents.events },
  'edr-event-count': { methods: ['GET'], route: 'edr/events/count', handler: (all) => all.edrEvents.count },
  'edr-event': { methods: ['GET'], route: 'edr/events/{agentId}/{eventId}', handler: (all) => all.edrEvents.event },
  enrich: { methods: ['GET'], route: 'enrich', handler: (all) => all.enrich.enrichOne },
  health: { methods: ['GET'], route: 'health', handler: (all) => all.status.health },
  openapi: { methods: ['GET'], route: 'openapi.json', handler: (all) => all.openapi.openapi },
  ping: { methods: ['GET', 'POST'], route: 'ping', handler: (all) => all.ping.ping },
  'qualys-edr-ping': { methods: ['POST'], route: 'actions/qualys_edr_ping', handler: (all) => all.ping.qualysEdrPing },
  status: { methods: ['GET'], route: 'status', handler: (all) => all.status.status },
  'list-windows': { methods: ['GET'], route: 'windows/{stream}', handler: (all) => all.windows.listWindows },
};

/** Routes that act, or tell more than others; for callers who sign in with the role Operate. */
const TO_OPERATE: Routes = {
  'try-now': { methods: ['POST'], route: 'try-now', handler: (all) => all.account.tryNow },
  'replay-alerts': { methods: ['POST'], route: 'alerts/replay', handler: (all) => all.alerts.replay },
  'test-alert': { methods: ['POST'], route: 'alerts/test', handler: (all) => all.alerts.test },
  'start-backfill': { methods: ['POST'], route: 'backfill', handler: (all) => all.backfill.startOne },
  'cancel-backfill': { methods: ['DELETE'], route: 'backfill/{id}', handler: (all) => all.backfill.cancelOne },
  'replay-dead-letters': { methods: ['POST'], route: 'dead-letters/replay', handler: (all) => all.deadLetters.replay },
  'forget-records': { methods: ['POST'], route: 'memory/{stream}/forget', handler: (all) => all.memory.forget },
  'list-traces': { methods: ['GET'], route: 'traces', handler: (all) => all.traces.listAll },
  'clear-traces': { methods: ['DELETE'], route: 'traces', handler: (all) => all.traces.clear },
  'retry-window': { methods: ['POST'], route: 'windows/{stream}/{window}/retry', handler: (all) => all.windows.retry },
  'retry-windows': { methods: ['POST'], route: 'windows/{stream}/retry', handler: (all) => all.windows.retryAll },
  'waive-window': { methods: ['POST'], route: 'windows/{stream}/{window}/waive', handler: (all) => all.windows.waive },
};

for (const [name, route] of Object.entries(TO_LOOK)) registerRoute(name, { ...route, access: 'read' });
for (const [name, route] of Object.entries(TO_OPERATE)) registerRoute(name, { ...route, access: 'operate' });
