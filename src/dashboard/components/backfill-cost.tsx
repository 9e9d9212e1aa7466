import { useEffect, useState } from 'preact/hooks';
import { describeEstimate } from '../model/describe-estimate.ts';
import { messageOf } from '../model/message-of.ts';
import { findMissing, toBackfillRequest, type BackfillRange } from '../model/backfill-ranges.ts';
import { useDesk } from './desk.ts';
import { VendorText } from './vendor-text.tsx';

/** Asked when nothing was typed for so long. */
const PAUSE_MS = 400;

/** What the range of the form would cost, before anything starts; why not, where it cannot be told. */
export function BackfillCost({ form }: { readonly form: BackfillRange }) {
  const { routes } = useDesk();
  const [text, setText] = useState('');
  const isWhole = Object.keys(findMissing(form)).length === 0;
  useEffect(() => {
    // What was said of another range must not stand beside this one.
    setText(isWhole ? 'Working out what that costs…' : '');
    if (!isWhole) return undefined;
    let isWanted = true;
    const show = (told: string): void => {
      if (isWanted) setText(told);
    };
    const timer = setTimeout(() => {
      const asked = routes.estimateBackfill(toBackfillRequest(form));
      void asked.then(
        (estimate) => show(describeEstimate(estimate)),
        (error: unknown) => show(messageOf(error)),
      );
    }, PAUSE_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [routes, isWhole, form.stream, form.from, form.to]);
  return (
    <p class="cost" role="status">
      {text === '' ? <span class="muted">Choose a range to see what it costs.</span> : <VendorText text={text} />}
    </p>
  );
}
