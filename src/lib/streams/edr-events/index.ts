import { probeEdr } from '../../qualys/probes.ts';
import { windowFilter } from '../../qualys/edr/qql.ts';
import { lastDay } from '../last-day.ts';
import type { StreamDefinition, StreamServices } from '../stream-definition.ts';
import { EVENT_COLUMNS } from './event-columns.ts';
import { readEdrWindow } from './read-window.ts';
import { EDR_EVENT_SETTINGS } from './settings.ts';

/** EDR events by the time the Qualys cloud processed them, so that events delivered late by an agent are ingested too. */
export const edrEvents: StreamDefinition = {
  name: 'edr-events',
  table: 'QualysEdrEvents_CL',
  api: 'edr',
  settings: EDR_EVENT_SETTINGS,
  plan: (settings) => ({
    windowMinutes: settings.EDR_WINDOW_MINUTES,
    safetyLagSeconds: settings.EDR_SAFETY_LAG_SECONDS,
    ...(settings.EDR_START === undefined ? {} : { start: settings.EDR_START }),
  }),
  slices: /^type\.[\w-]+$|^look\.\d+$|^late\.\d+-\d+$/,
  looksBack: true,
  restart: {
    setting: 'EDR_START',
    column: ({ EDR_TIME_FIELD: field }) => EVENT_COLUMNS.find(({ from }) => from.includes(field))?.name ?? 'EventTime',
  },
  optionalPart: { column: 'Record' },
  probe: { check: 'qualys-edr', run: readOneEvent },
  read: readEdrWindow,
};

function readOneEvent({ clock, edr, settings }: StreamServices): Promise<string> {
  return probeEdr(edr, { filter: windowFilter(settings, lastDay(clock)) });
}
