import type { Problem } from '../answers.ts';
import { guideOf, isHurried, placeOf, SEVERITY_LOOKS, splitText } from '../model/judgement.ts';
import { TryNow } from './try-now.tsx';
import { VendorText } from './vendor-text.tsx';

/** A problem as the app tells it: what is so, what to do, and the way to its place on the page. */
export function ProblemLine({ problem }: { readonly problem: Problem }) {
  const { code, severity, text, act, docs } = problem;
  const { tone, sign, word } = SEVERITY_LOOKS[severity];
  const [first, rest] = splitText(text);
  return (
    <li class={`problem ${tone}`}>
      <span class="sign" aria-hidden="true">
        {sign}
      </span>
      <div>
        <span class="visually-hidden">{word}: </span>
        <a href={`#${placeOf(problem)}`}>
          <VendorText text={first} />
        </a>
        {rest !== '' && (
          <p class="small">
            <VendorText text={rest} />
          </p>
        )}
        <p class="muted small">
          {act}{' '}
          <a href={guideOf(docs)} target="_blank" rel="noreferrer">
            What to do
          </a>
        </p>
        {isHurried(code) && <TryNow />}
      </div>
    </li>
  );
}
