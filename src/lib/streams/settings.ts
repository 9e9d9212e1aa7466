import { EDR_EVENT_SETTINGS, edrEventLosses, edrEventMistakes } from './edr-events/settings.ts';
import { EDR_INCIDENT_SETTINGS } from './edr-incidents/settings.ts';
import { ACTIVITY_LOG_SETTINGS } from './vm-activity-log/settings.ts';
import {
  ingestModeOf,
  VM_DETECTION_SETTINGS,
  vmDetectionLosses,
  vmDetectionMistakes,
} from './vm-detections/settings.ts';
import { VM_HOST_SETTINGS } from './vm-hosts/settings.ts';
import { knowledgeBaseMistakes, VM_KNOWLEDGE_BASE_SETTINGS } from './vm-knowledge-base/settings.ts';

/** The settings of all streams: one line a stream. Apart from the registry, because settings are read before streams are loaded. */
export const STREAM_SETTINGS = {
  ...EDR_EVENT_SETTINGS,
  ...VM_DETECTION_SETTINGS,
  ...EDR_INCIDENT_SETTINGS,
  ...VM_KNOWLEDGE_BASE_SETTINGS,
  ...VM_HOST_SETTINGS,
  ...ACTIVITY_LOG_SETTINGS,
};

/** What tells values of them that nobody can have meant; they do not stop the connector. */
export const STREAM_MISTAKES = [edrEventMistakes, vmDetectionMistakes, knowledgeBaseMistakes];

/** What tells what somebody has chosen to lose by them. */
export const STREAM_LOSSES = [edrEventLosses, vmDetectionLosses];

/** What counts where that is something else than what is set. */
export function countingInstead(set: Parameters<typeof ingestModeOf>[0]) {
  return { VM_INGEST: ingestModeOf(set) };
}
