import { probeCall } from '../../qualys/probes.ts';
import { lastDay } from '../last-day.ts';
import type { StreamDefinition, StreamServices } from '../stream-definition.ts';
import { activityLogOf, filterOf } from './activity-log.ts';
import { readActivityWindow } from './read-window.ts';
import { ACTIVITY_LOG_SETTINGS } from './settings.ts';

/** The activity log of the subscription by the time of its entries. */
export const vmActivityLog: StreamDefinition = {
  name: 'vm-activity-log',
  table: 'QualysUserActivity_CL',
  api: 'vm',
  settings: ACTIVITY_LOG_SETTINGS,
  plan: (settings) => ({
    windowMinutes: settings.ACTIVITY_WINDOW_MINUTES,
    safetyLagSeconds: settings.ACTIVITY_SAFETY_LAG_SECONDS,
    ...(settings.ACTIVITY_START === undefined ? {} : { start: settings.ACTIVITY_START }),
  }),
  restart: { setting: 'ACTIVITY_START', column: () => 'ActivityTime' },
  probe: { check: 'qualys-vm-activity-log', run: readOneEntry },
  read: readActivityWindow,
};

function readOneEntry({ clock, settings, vm }: StreamServices): Promise<string> {
  const filter = filterOf(lastDay(clock));
  return probeCall('VM', undefined, async (options) => {
    (await activityLogOf(vm, settings)({ filter, size: 1 }, undefined, options)).cancel();
    return 'the activity log may be read';
  });
}
