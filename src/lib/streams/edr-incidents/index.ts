import { isoSeconds } from '../../pipeline/window.ts';
import { probeIncidents } from '../../qualys/probes.ts';
import { incidentFilter } from '../../qualys/edr/qql.ts';
import type { StreamDefinition, StreamServices } from '../stream-definition.ts';
import { readIncidentWindow } from './read-window.ts';
import { EDR_INCIDENT_SETTINGS } from './settings.ts';

/** EDR incidents by the time of their last update: an incident comes again with each update. */
export const edrIncidents: StreamDefinition = {
  name: 'edr-incidents',
  table: 'QualysEdrIncidents_CL',
  api: 'edr',
  settings: EDR_INCIDENT_SETTINGS,
  plan: (settings) => ({
    windowMinutes: settings.INCIDENTS_WINDOW_MINUTES,
    safetyLagSeconds: settings.INCIDENTS_SAFETY_LAG_SECONDS,
    ...(settings.INCIDENTS_START === undefined ? {} : { start: settings.INCIDENTS_START }),
  }),
  restart: { setting: 'INCIDENTS_START', column: () => 'UpdatedTime' },
  probe: { check: 'qualys-edr-incidents', run: readOneIncident },
  read: readIncidentWindow,
};

const DAY_MS = 86_400_000;

/** Reads an incident of the last day as the windows do, so that their filter is proven too. */
function readOneIncident({ clock, edr, settings }: StreamServices): Promise<string> {
  const now = clock.now().getTime();
  return probeIncidents(edr, incidentFilter(settings, { from: isoSeconds(now - DAY_MS), to: isoSeconds(now) }));
}
