/** When the planner of a stream runs. */
export interface Schedule {
  readonly stream: string;
  /** Setting that holds it. */
  readonly setting: string;
  /** NCRONTAB expression where that is not set. */
  readonly default: string;
}

/** When the planner of each stream runs. Apart from the streams, because registering the timers must not load their code. */
// generated: schedules
export const SCHEDULES = [
  { stream: 'edr-events', setting: 'EDR_SCHEDULE', default: '0 */5 * * * *' },
  { stream: 'vm-detections', setting: 'VM_SCHEDULE', default: '0 */30 * * * *' },
  { stream: 'edr-incidents', setting: 'INCIDENTS_SCHEDULE', default: '0 */10 * * * *' },
  { stream: 'vm-knowledge-base', setting: 'KB_SCHEDULE', default: '0 */15 * * * *' },
  { stream: 'vm-hosts', setting: 'HOSTS_SCHEDULE', default: '0 */15 * * * *' },
  { stream: 'vm-activity-log', setting: 'ACTIVITY_SCHEDULE', default: '0 */15 * * * *' },
] as const satisfies readonly Schedule[];
// end of generated part
