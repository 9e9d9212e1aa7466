import './functions/dashboard.ts';
import './functions/mcp-tools.ts';
import './functions/plan-windows.ts';
import './functions/queues.ts';
import './functions/routes.ts';
import { loadHandlers } from './lib/load-handlers.ts';

// While the host is still busy with the registrations. What fails here fails again in the first invocation, which reports it.
setImmediate(() => void loadHandlers().catch(() => undefined));

// Node's own setting for this would turn off the platform's pre-started worker and cost cold start.
process.setSourceMapsEnabled(true);
