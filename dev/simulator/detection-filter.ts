import type { Detection } from './detections.ts';
import { dateParameter, parseIdList, parseSeverities } from './vm-parameters.ts';

type Parameters = ReadonlyMap<string, string>;
type Test = (detection: Detection) => boolean;

const DAY_MS = 86_400_000;

function after(parameters: Parameters, name: string, read: (detection: Detection) => number): Test[] {
  const bound = dateParameter(parameters, name);
  return bound === undefined ? [] : [(detection) => read(detection) >= bound];
}

function before(parameters: Parameters, name: string, read: (detection: Detection) => number): Test[] {
  const bound = dateParameter(parameters, name);
  return bound === undefined ? [] : [(detection) => read(detection) <= bound];
}

/** A number of days before now. */
function daysAgo(parameters: Parameters, name: string, now: number): number | undefined {
  const days = parameters.get(name);
  return days === undefined ? undefined : now - Number(days) * DAY_MS;
}

function byDays(parameters: Parameters, now: number): Test[] {
  const updated = daysAgo(parameters, 'max_days_since_detection_updated', now);
  const since = daysAgo(parameters, 'detection_last_tested_since_days', now);
  const until = daysAgo(parameters, 'detection_last_tested_before_days', now);
  return [
    ...(updated === undefined ? [] : [({ lastUpdate }: Detection) => lastUpdate >= updated]),
    ...(since === undefined ? [] : [({ lastFound }: Detection) => lastFound >= since]),
    ...(until === undefined ? [] : [({ lastFound }: Detection) => lastFound <= until]),
  ];
}

/** Fixed findings come only when asked for; information has no status and needs `show_igs`. */
function byStatus(parameters: Parameters): Test {
  const statuses = new Set<string>((parameters.get('status') ?? 'New,Active,Re-Opened').split(','));
  const showInfo = parameters.get('show_igs') === '1';
  return ({ status }) => (status === undefined ? showInfo : statuses.has(status));
}

function byKind(parameters: Parameters): Test[] {
  const severities = parameters.get('severities');
  const qids = parameters.get('qids');
  const type = parameters.get('include_vuln_type');
  const wanted = severities === undefined ? undefined : parseSeverities(severities);
  const ranges = qids === undefined ? undefined : parseIdList(qids);
  return [
    ...(wanted === undefined ? [] : [({ vulnerability }: Detection) => wanted.has(vulnerability.severity)]),
    ...(ranges === undefined
      ? []
      : [
          ({ vulnerability }: Detection) =>
            ranges.some(({ first, last }) => vulnerability.qid >= first && vulnerability.qid <= last),
        ]),
    ...(type === undefined ? [] : [({ vulnerability }: Detection) => vulnerability.type.toLowerCase() === type]),
  ];
}

function byScore(parameters: Parameters): Test[] {
  const least = Number(parameters.get('qds_min') ?? 0);
  const most = Number(parameters.get('qds_max') ?? 100);
  const isAsked = parameters.has('qds_min') || parameters.has('qds_max');
  return isAsked ? [({ qds }) => qds >= least && qds <= most] : [];
}

/** Decides which detections of a host an answer shows; all filters must hold. */
export function makeDetectionFilter(parameters: Parameters, now: number): Test {
  const tests = [
    byStatus(parameters),
    ...byKind(parameters),
    ...byScore(parameters),
    ...after(parameters, 'detection_updated_since', ({ lastUpdate }) => lastUpdate),
    ...before(parameters, 'detection_updated_before', ({ lastUpdate }) => lastUpdate),
    ...after(parameters, 'detection_processed_after', ({ processed }) => processed),
    ...before(parameters, 'detection_processed_before', ({ processed }) => processed),
    ...after(parameters, 'detection_last_tested_since', ({ lastFound }) => lastFound),
    ...before(parameters, 'detection_last_tested_before', ({ lastFound }) => lastFound),
    ...byDays(parameters, now),
  ];
  return (detection) => tests.every((test) => test(detection));
}
