import { probeVm } from '../../qualys/probes.ts';
import type { StreamDefinition } from '../stream-definition.ts';
import { readVmWindow } from './read-window.ts';
import { VM_DETECTION_SETTINGS } from './settings.ts';

/** VM host detections by the time the Qualys cloud processed the host's scan data. */
export const vmDetections: StreamDefinition = {
  name: 'vm-detections',
  table: 'QualysHostDetectionV3_CL',
  api: 'vm',
  settings: VM_DETECTION_SETTINGS,
  plan: (settings) => ({
    windowMinutes: settings.VM_WINDOW_MINUTES,
    safetyLagSeconds: settings.VM_SAFETY_LAG_SECONDS,
    ...(settings.VM_START === undefined ? {} : { start: settings.VM_START }),
  }),
  slices: /^ids\.\d*-\d*$|^look\.\d+$|^late\.\d+-\d+(?:\.\d*-\d*)?$/,
  looksBack: true,
  remembers: true,
  // The rows do not hold the time of the windows. A host is processed after it was scanned, so its scan is the earlier time.
  restart: { setting: 'VM_START', column: () => 'LastVMScannedDateTime' },
  optionalPart: { column: 'DetectionList', member: 'RESULTS' },
  probe: { check: 'qualys-vm', run: ({ vm }) => probeVm(vm) },
  read: readVmWindow,
};
