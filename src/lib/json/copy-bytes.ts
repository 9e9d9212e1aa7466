/** Bytes, and the same bytes as a view, which reads and writes four of them at once wherever they lie. */
export interface ViewedBytes {
  readonly bytes: Buffer;
  readonly view: DataView;
}

/** Bytes that must follow the copied ones in both places, for words may reach over the end. */
export const SLACK_BYTES = 8;

/** Up to this many bytes, copying word by word beats the native copy with its cost a call. */
const MAX_WORDWISE = 24;

/** New memory for `size` bytes and the slack; what was in it before is left there. */
export function createViewedBytes(size: number): ViewedBytes {
  const bytes = Buffer.allocUnsafeSlow(size + SLACK_BYTES);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** Copies the bytes `[start, end)` of `source` to `at` in `target`; returns the position behind the copy. */
export function copyBytes(
  target: ViewedBytes,
  at: number,
  source: Buffer,
  sourceView: DataView,
  start: number,
  end: number,
): number {
  const distance = at - start;
  if (end - start > MAX_WORDWISE) {
    source.copy(target.bytes, at, start, end);
  } else {
    const { view } = target;
    for (let from = start; from < end; from += 4) {
      view.setInt32(from + distance, sourceView.getInt32(from, true), true);
    }
  }
  return end + distance;
}
