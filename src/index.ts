import './functions/backfill.ts';
import './functions/dead-letters.ts';
import './functions/edr-events.ts';
import './functions/ping.ts';
import './functions/plan-windows.ts';
import './functions/process-window.ts';
import './functions/qualys-edr-ping.ts';
import './functions/record-poison.ts';
import './functions/status.ts';
import './functions/windows.ts';

// Node's own setting for this would turn off the platform's pre-started worker and cost cold start.
process.setSourceMapsEnabled(true);
