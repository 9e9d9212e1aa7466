import type { StreamDefinition } from '../stream-definition.ts';
import { readEdrWindow } from './read-window.ts';

/** EDR events by the time the Qualys cloud processed them, so that events delivered late by an agent are ingested too. */
export const edrEvents: StreamDefinition = {
  name: 'edr-events',
  table: 'QualysEdrEvents_CL',
  api: 'edr',
  plan: (settings) => ({
    windowMinutes: settings.EDR_WINDOW_MINUTES,
    safetyLagSeconds: settings.EDR_SAFETY_LAG_SECONDS,
    ...(settings.EDR_START === undefined ? {} : { start: settings.EDR_START }),
  }),
  read: readEdrWindow,
};
