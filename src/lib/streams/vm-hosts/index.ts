import { probeList } from '../../qualys/probes.ts';
import { hostListOf } from '../../qualys/vm/vm-targets.ts';
import type { StreamDefinition } from '../stream-definition.ts';
import { readHosts } from './read-window.ts';
import { VM_HOST_SETTINGS } from './settings.ts';

/** Snapshots of all VM hosts, so that purged ones can be seen to be gone: no feed of Qualys tells that. */
export const vmHosts: StreamDefinition = {
  name: 'vm-hosts',
  table: 'QualysVmHosts_CL',
  api: 'vm',
  settings: VM_HOST_SETTINGS,
  isSnapshot: true,
  plan: (settings) => ({
    windowMinutes: Number.POSITIVE_INFINITY,
    gridMinutes: settings.HOSTS_WINDOW_MINUTES,
    safetyLagSeconds: settings.HOSTS_SAFETY_LAG_SECONDS,
  }),
  probe: {
    check: 'qualys-vm-hosts',
    run: ({ settings, vm }) => probeList(vm, hostListOf(settings), settings.HOSTS_PARAMS),
  },
  read: readHosts,
};
