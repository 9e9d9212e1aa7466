import { EDR_EVENT_SETTINGS } from './edr-events/settings.ts';
import { EDR_INCIDENT_SETTINGS } from './edr-incidents/settings.ts';
import { ACTIVITY_LOG_SETTINGS } from './vm-activity-log/settings.ts';
import { VM_DETECTION_SETTINGS } from './vm-detections/settings.ts';
import { VM_HOST_SETTINGS } from './vm-hosts/settings.ts';
import { VM_KNOWLEDGE_BASE_SETTINGS } from './vm-knowledge-base/settings.ts';

/** The settings of all streams: one line a stream. Apart from the registry, because settings are read before streams are loaded. */
export const STREAM_SETTINGS = {
  ...EDR_EVENT_SETTINGS,
  ...VM_DETECTION_SETTINGS,
  ...EDR_INCIDENT_SETTINGS,
  ...VM_KNOWLEDGE_BASE_SETTINGS,
  ...VM_HOST_SETTINGS,
  ...ACTIVITY_LOG_SETTINGS,
};
