import * as account from './account.ts';
import * as alerts from './alerts.ts';
import * as backfill from './backfill.ts';
import * as callers from './callers.ts';
import * as cost from './cost.ts';
import * as dashboard from './dashboard.ts';
import * as deadLetters from './dead-letters.ts';
import * as edrEvents from './edr-events.ts';
import * as enrich from './enrich.ts';
import * as health from './health.ts';
import * as mcpTools from './mcp-tools.ts';
import * as memory from './memory.ts';
import * as openapi from './openapi.ts';
import * as ping from './ping.ts';
import * as planWindows from './plan-windows.ts';
import * as processWindow from './process-window.ts';
import * as pushAlert from './push-alert.ts';
import * as qualysEdrPing from './qualys-edr-ping.ts';
import * as recordPoison from './record-poison.ts';
import * as status from './status.ts';
import * as traces from './traces.ts';
import * as windows from './windows.ts';

/** What the triggers run, by file: all of the app but its registration. */
export const handlers = {
  account,
  alerts,
  backfill,
  callers,
  cost,
  dashboard,
  deadLetters,
  edrEvents,
  enrich,
  health,
  mcpTools,
  memory,
  openapi,
  ping,
  planWindows,
  processWindow,
  pushAlert,
  qualysEdrPing,
  recordPoison,
  status,
  traces,
  windows,
};
