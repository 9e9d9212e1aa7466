import { probePages } from '../../qualys/probes.ts';
import { lastDay } from '../last-day.ts';
import type { StreamDefinition, StreamServices } from '../stream-definition.ts';
import { incidentFilter } from './incident-filter.ts';
import { INCIDENT_PAGES, readIncidentWindow } from './read-window.ts';
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

function readOneIncident({ clock, edr, settings }: StreamServices): Promise<string> {
  return probePages(edr, INCIDENT_PAGES, 'incident', incidentFilter(settings, lastDay(clock)));
}
