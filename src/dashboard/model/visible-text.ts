/** Controls, and marks that hide text or turn its direction: what could make a vendor's text look like something else. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

/** A vendor's text with what cannot be seen written out, e.g. `⟨U+202E⟩`. Line breaks stay. */
export function toVisibleText(text: string): string {
  return text.replace(UNSEEN, (mark) => {
    if (mark === '\n') return mark;
    const code = mark.codePointAt(0) ?? 0;
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}
