import { VendorText } from './vendor-text.tsx';

/** What the person is told; the number makes the same text a new one. */
export interface NoticeText {
  readonly text: string;
  readonly number: number;
}

/** Says what an act has done, until it is put away or the next one says something. */
export function Notice({
  notice,
  onDismiss,
}: {
  readonly notice: NoticeText | undefined;
  readonly onDismiss: () => void;
}) {
  return (
    <div class="notice-place" role="status">
      {notice !== undefined && (
        <div class="notice" key={notice.number}>
          <VendorText text={notice.text} />
          <button type="button" class="button" onClick={onDismiss}>
            Dismiss
          </button>
        </div>
      )}
    </div>
  );
}
