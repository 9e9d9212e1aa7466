import type { ComponentChildren } from 'preact';
import type { StatusAnswer, StreamStatus } from '../answers.ts';
import { formatClock, formatDuration, formatNear, formatPlural } from '../model/format.ts';
import type { Problem, Severity } from '../model/problems.ts';
import { judge, type Verdict } from '../model/verdict.ts';
import { VendorText } from './vendor-text.tsx';

const SIGNS: Readonly<Record<Severity | 'good', string>> = { good: '✓', info: 'i', warn: '!', bad: '✕' };
const WORDS: Readonly<Record<Severity, string>> = { info: 'note', warn: 'warning', bad: 'problem' };

interface VerdictCardProps {
  readonly status: StatusAnswer;
  readonly problems: readonly Problem[];
  readonly now: number;
  /** When the status was read, epoch milliseconds, where it cannot be read any more. */
  readonly staleSince: number | undefined;
  /** Ways to the rest of the page. */
  readonly children: ComponentChildren;
}

/** The answer to "is it all there, how late is it, what failed", before anything else. */
export function VerdictCard({ status, problems, now, staleSince, children }: VerdictCardProps) {
  const verdict = judge(status, problems);
  const enabled = status.streams.filter((stream) => stream.enabled);
  return (
    <section class={`card verdict ${staleSince === undefined ? verdict.severity : ''}`} aria-labelledby="verdict">
      <span class="verdict-sign" aria-hidden="true">
        {staleSince === undefined ? SIGNS[verdict.severity] : '?'}
      </span>
      <div class="verdict-text">
        <Headline
          verdict={verdict}
          problems={problems.filter(({ severity }) => severity !== 'info').length}
          staleSince={staleSince}
        />
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
            {problems.map((problem, index) => (
              <ProblemLine key={`${index} ${problem.title}`} problem={problem} />
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
  readonly verdict: Verdict;
  readonly problems: number;
  readonly staleSince: number | undefined;
}

/** Read out when it changes, so it holds no running number. */
function Headline({ verdict, problems, staleSince }: HeadlineProps) {
  return (
    <div role="status">
      <h1 id="verdict">
        {staleSince !== undefined && <>As of {formatClock(staleSince)} UTC: </>}
        {verdict.headline}
        {problems > 1 && <span class="muted"> · {formatPlural(problems, 'problem')}</span>}
      </h1>
    </div>
  );
}

function ProblemLine({ problem: { severity, title, hint, target } }: { readonly problem: Problem }) {
  return (
    <li class={`problem ${severity}`}>
      <span class="sign" aria-hidden="true">
        {SIGNS[severity]}
      </span>
      <div>
        <span class="visually-hidden">{WORDS[severity]}: </span>
        <a href={`#${target}`}>
          <VendorText text={title} />
        </a>
        <p class="muted small">
          <VendorText text={hint} />
        </p>
      </div>
    </li>
  );
}
