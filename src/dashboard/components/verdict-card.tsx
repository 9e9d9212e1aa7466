import type { ComponentChildren } from 'preact';
import type { StatusAnswer, StreamStatus } from '../answers.ts';
import { formatClock, formatDuration, formatNear, formatPlural } from '../model/format.ts';
import { VERDICT_LOOKS } from '../model/judgement.ts';
import { ProblemLine } from './problem-line.tsx';

interface VerdictCardProps {
  readonly status: StatusAnswer;
  /** When the status was read, epoch milliseconds, where it cannot be read any more. */
  readonly staleSince: number | undefined;
  /** Ways to the rest of the page. */
  readonly children?: ComponentChildren;
}

/** The answer to "is it all there, how late is it, what failed", before anything else, as the app judges it. */
export function VerdictCard({ status, staleSince, children }: VerdictCardProps) {
  const { verdict, problems } = status;
  const now = Date.parse(status.time);
  const { tone, sign } = VERDICT_LOOKS[verdict];
  const enabled = status.streams.filter((stream) => stream.enabled);
  return (
    <section class={`card verdict ${staleSince === undefined ? tone : ''}`} aria-labelledby="verdict">
      <span class="verdict-sign" aria-hidden="true">
        {staleSince === undefined ? sign : '?'}
      </span>
      <div class="verdict-text">
        <Headline status={status} staleSince={staleSince} />
        <p class="muted">
          {enabled.map((stream, index) => (
            <span key={stream.name}>
              {index > 0 && ' · '}
              {stream.name} {reachOf(stream, now)}
            </span>
          ))}
        </p>
        {problems.length > 0 && (
          <ul class="problems">
            {problems.map((problem) => (
              <ProblemLine
                key={[problem.code, problem.stream, problem.api, problem.since].join(' ')}
                problem={problem}
              />
            ))}
          </ul>
        )}
        {children}
      </div>
    </section>
  );
}

/** Up to when a stream is complete. */
function reachOf({ watermark }: StreamStatus, now: number): string {
  if (watermark === null) return 'not started';
  const lag = formatDuration((now - Date.parse(watermark)) / 1000);
  return `up to ${formatNear(watermark, now)} (${lag} ago)`;
}

interface HeadlineProps {
  readonly status: StatusAnswer;
  readonly staleSince: number | undefined;
}

/** Read out when it changes, so it holds no running number. */
function Headline({ status: { headline, problems }, staleSince }: HeadlineProps) {
  const count = problems.filter(({ severity }) => severity !== 'info').length;
  return (
    <div role="status">
      <h1 id="verdict" tabIndex={-1}>
        {staleSince !== undefined && <>As of {formatClock(staleSince)} UTC: </>}
        {headline}
        {count > 1 && <span class="muted"> · {formatPlural(count, 'problem')}</span>}
      </h1>
    </div>
  );
}
