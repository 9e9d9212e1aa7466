import './functions/account.ts';
import './functions/alerts.ts';
import './functions/backfill.ts';
import './functions/cost.ts';
import './functions/dashboard.ts';
import './functions/dead-letters.ts';
import './functions/edr-events.ts';
import './functions/enrich.ts';
import './functions/health.ts';
import './functions/mcp-tools.ts';
import './functions/memory.ts';
import './functions/openapi.ts';
import './functions/ping.ts';
import './functions/plan-windows.ts';
import './functions/process-window.ts';
import './functions/push-alert.ts';
import './functions/qualys-edr-ping.ts';
import './functions/record-poison.ts';
import './functions/status.ts';
import './functions/traces.ts';
import './functions/windows.ts';
import { loadHandlers } from './lib/load-handlers.ts';

// While the host is still busy with the registrations. What fails here fails again in the first invocation, which reports it.
setImmediate(() => void loadHandlers().catch(() => undefined));

// Node's own setting for this would turn off the platform's pre-started worker and cost cold start.
process.setSourceMapsEnabled(true);
