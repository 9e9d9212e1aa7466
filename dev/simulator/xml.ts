import { timeText } from './time-text.ts';

/** Text for an element's content. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A CDATA section; its end mark cannot stand inside and is spread over two. */
export function cdata(text: string): string {
  return `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}

/** The vendor's form of a time: whole seconds, UTC. */
export function xmlTime(instant: number): string {
  return `${timeText(instant)}Z`;
}

/** `<NAME>text</NAME>` with the text escaped; nothing when there is none. */
export function element(name: string, text: string | number | undefined): string {
  return text === undefined ? '' : `<${name}>${typeof text === 'number' ? text : escapeText(text)}</${name}>\n`;
}
