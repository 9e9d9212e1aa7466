import { useState } from 'preact/hooks';
import { formatCount } from '../model/format.ts';
import { toVisibleText } from '../model/visible-text.ts';

/** Shown at once of a long text, in characters. */
const SHORT = 400;

/** Text that comes from Qualys or Azure: never markup, kept apart from the page's direction, its hidden characters written out. */
export function VendorText({ text }: { readonly text: string }) {
  return (
    <bdi class="vendor" dir="auto">
      {toVisibleText(text)}
    </bdi>
  );
}

/** The same as a block; a long text can be unfolded. */
export function VendorBlock({ text }: { readonly text: string }) {
  const [isOpen, setOpen] = useState(false);
  const isLong = text.length > SHORT;
  return (
    <div class="vendor-block">
      <VendorText text={isLong && !isOpen ? `${text.slice(0, SHORT)}…` : text} />
      {isLong && (
        <button type="button" class="button link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Show less' : `Show all ${formatCount(text.length)} characters`}
        </button>
      )}
    </div>
  );
}
