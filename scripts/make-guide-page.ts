/** Anchors as GitHub makes them from headings. */
function anchorOf(heading: string): string {
  const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Links within the page lead there; those to other pages of the repository stay text. */
function linkText(text: string): string {
  return escapeText(text).replace(/\[([^\]]+)\]\((#[\w-]+)\)/g, '<a href="$2">$1</a>');
}

/**
 * Makes a page of a guide in Markdown, for an operator whom a mail or the dashboard sends to one of its sections: the text as it is written,
 * with headings that have anchors and links that work. No converter is needed for that, and none of its faults can hide a sentence.
 */
export function makeGuidePage(markdown: string): string {
  let isCode = false;
  const lines = markdown.split('\n').map((line) => {
    if (line.startsWith('```')) isCode = !isCode;
    const [, marks, heading] = isCode ? [] : (/^(#{1,6}) (.+)$/.exec(line) ?? []);
    if (marks === undefined || heading === undefined) return isCode ? escapeText(line) : linkText(line);
    const level = marks.length;
    return `</pre><h${level} id="${anchorOf(heading)}">${escapeText(heading)}</h${level}><pre>`;
  });
  const head = `<meta charset="utf-8" /><meta name="viewport" content="width=device-width, initial-scale=1" /><meta name="color-scheme" content="light dark" /><meta name="robots" content="noindex" /><title>Operate the Qualys connector</title><link rel="icon" href="icon.svg" type="image/svg+xml" /><link rel="stylesheet" href="app.css" />`;
  const body = `<pre>${lines.join('\n')}</pre>`.replace(/<pre>\s*<\/pre>/g, '');
  return `<!doctype html><html lang="en"><head>${head}</head><body><main class="guide">${body}</main></body></html>\n`;
}
