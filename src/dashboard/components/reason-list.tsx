import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { formatPlural } from '../model/format.ts';
import type { ReasonGroup } from '../model/group-by-reason.ts';
import { VendorBlock } from './vendor-text.tsx';

/** Shown of a group before it is unfolded. */
const SHOWN = 4;

interface ReasonListProps<T> {
  readonly group: ReasonGroup<T>;
  /** What a member is called. */
  readonly noun: string;
  /** Class of the group. */
  readonly kind?: string | undefined;
  /** Class of the list. */
  readonly list?: string;
  /** Draws a member. */
  readonly children: (member: T) => ComponentChildren;
}

/** What has the same reason, which is said once; a long list can be unfolded. */
export function ReasonList<T>({ group: { reason, members }, noun, kind, list, children }: ReasonListProps<T>) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div class={`window-group ${kind ?? ''}`}>
      {reason !== undefined && <VendorBlock text={reason} />}
      <ul class={list}>{(isOpen ? members : members.slice(0, SHOWN)).map(children)}</ul>
      {members.length > SHOWN && (
        <button type="button" class="button link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Show fewer' : `Show all ${formatPlural(members.length, noun)}`}
        </button>
      )}
    </div>
  );
}
