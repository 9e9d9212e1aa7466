import type { WindowView } from '../answers.ts';
import { formatDuration, formatNear, formatPlural } from '../model/format.ts';
import { groupWindows } from '../model/group-by-reason.ts';
import { completeness, windowTitle } from '../model/window-words.ts';
import { ReasonList } from './reason-list.tsx';
import { RetryAll } from './retry-all.tsx';
import { VendorText } from './vendor-text.tsx';
import { WindowActs } from './window-acts.tsx';
import { WindowBadge } from './window-details.tsx';

interface WindowListProps {
  readonly title: string;
  readonly stream: string;
  readonly run: string;
  readonly windows: readonly WindowView[];
  /** Others that wait for their next try by themselves. */
  readonly waiting?: readonly WindowView[];
  readonly now: number;
}

/** Windows by their errors, with what can be done, and how many others wait; nothing where there are none. */
export function WindowList({ title, stream, run, windows, waiting = [], now }: WindowListProps) {
  if (windows.length + waiting.length === 0) return null;
  return (
    <div class="window-list">
      <div class="card-head">
        <h3>{windows.length === 0 ? 'Windows that wait' : title}</h3>
        {(windows.length > 1 || waiting.length > 0) && <RetryAll stream={stream} run={run} />}
      </div>
      {waiting.length > 0 && <p class="muted small">{describeWaiting(waiting, now)}</p>}
      {groupWindows(windows).map((group) => (
        <ReasonList key={group.name} group={group} noun="window" kind={group.members[0]?.state}>
          {(window) => (
            <li key={window.key} class="window-item">
              <div>
                <strong>
                  <VendorText text={windowTitle(window)} />
                </strong>{' '}
                <WindowBadge window={window} />
                {group.reason === undefined && window.error !== null && (
                  <p class="small">
                    <VendorText text={window.error} />
                  </p>
                )}
                <p class="muted small">{progressOf(window, now)}</p>
              </div>
              <div class="buttons">
                <WindowActs place={{ stream, run, key: window.key }} window={window} />
              </div>
            </li>
          )}
        </ReasonList>
      ))}
    </div>
  );
}

function progressOf(window: WindowView, now: number): string {
  const waitMs = window.notBefore === null ? 0 : Date.parse(window.notBefore) - now;
  const parts = [
    completeness(window),
    `${formatPlural(window.uploaded, 'row')} uploaded`,
    window.attempts > 0 ? `${formatPlural(window.attempts, 'failure')} in a row` : undefined,
    (window.state === 'failed' || window.repair !== null) && waitMs > 0
      ? `tried again in ${formatDuration(waitMs / 1000)} or later`
      : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}

function describeWaiting(waiting: readonly WindowView[], now: number): string {
  const [first] = waiting.flatMap(({ notBefore }) => notBefore ?? []).sort();
  const verb = waiting.length === 1 ? 'waits' : 'wait';
  const when = first === undefined ? '' : `, the first at ${formatNear(first, now)} UTC`;
  return `${formatPlural(waiting.length, 'window')} ${verb} for the next try${when}.`;
}
