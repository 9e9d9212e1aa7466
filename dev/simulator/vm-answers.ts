import type { Answer, Piece } from './exchange.ts';
import { cdata, element, escapeText, xmlTime } from './xml.ts';

const XML_HEADERS = { 'content-type': 'application/xml' } as const;

/** Error codes of the vendor and the HTTP status each comes with. */
const STATUSES: Readonly<Record<string, number>> = {
  '999': 500,
  '1901': 400,
  '1903': 400,
  '1904': 400,
  '1905': 400,
  '1907': 400,
  '1908': 400,
  '1920': 409,
  '1922': 400,
  '1960': 409,
  '1965': 409,
  '2000': 401,
  '2003': 409,
  '2011': 409,
};

/** A SIMPLE_RETURN with the code, the text and the items of its ITEM_LIST. */
export function simpleReturn(
  now: number,
  code: string,
  text: string,
  {
    status,
    items,
    headers,
  }: Partial<Pick<Answer, 'status' | 'headers'>> & { items?: Readonly<Record<string, string>> } = {},
): Answer {
  const list = Object.entries(items ?? {}).map(
    ([key, value]) => `      <ITEM>
        <KEY>${escapeText(key)}</KEY>
        <VALUE>${escapeText(value)}</VALUE>
      </ITEM>\n`,
  );
  const itemList = list.length === 0 ? '' : `    <ITEM_LIST>\n${list.join('')}    </ITEM_LIST>\n`;
  const body = `<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE SIMPLE_RETURN SYSTEM "https://qualysapi.qualys.example/api/2.0/simple_return.dtd">
<SIMPLE_RETURN>
  <RESPONSE>
    <DATETIME>${xmlTime(now)}</DATETIME>
    <CODE>${escapeText(code)}</CODE>
    <TEXT>${escapeText(text)}</TEXT>
${itemList}  </RESPONSE>
</SIMPLE_RETURN>\n`;
  return { status: status ?? STATUSES[code] ?? 400, headers: { ...XML_HEADERS, ...headers }, body };
}

/** The other error shape, seen for code 999. */
export function genericReturn(now: number, status = 200): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE GENERIC_RETURN SYSTEM "https://qualysapi.qualys.example/generic_return.dtd">
<GENERIC_RETURN>
  <API name="host_list_vm_detection" username="" at="${xmlTime(now)}" />
  <RETURN status="FAILED" number="999">Internal error. Please contact customer support.</RETURN>
</GENERIC_RETURN>\n`;
  return { status, headers: XML_HEADERS, body };
}

/** What stands around a list. */
export interface Envelope {
  readonly root: string;
  /** Path of the call, without the query: the DTD lies below it. */
  readonly path: string;
  readonly now: number;
  /** Origin that the client called. */
  readonly origin: string;
  /** Given when the caller asked for an echo of the request. */
  readonly echo?: { readonly user: string; readonly parameters: ReadonlyMap<string, string> };
}

function writeEcho({ path, now, origin, echo }: Envelope): string {
  if (echo === undefined) return '';
  const parameters = [...echo.parameters].map(
    ([key, value]) => `      <PARAM>
        <KEY>${escapeText(key)}</KEY>
        <VALUE>${escapeText(value)}</VALUE>
      </PARAM>\n`,
  );
  return `  <REQUEST>
    <DATETIME>${xmlTime(now)}</DATETIME>
    <USER_LOGIN>${escapeText(echo.user)}</USER_LOGIN>
    <RESOURCE>${escapeText(origin + path)}</RESOURCE>
    <PARAM_LIST>\n${parameters.join('')}    </PARAM_LIST>
  </REQUEST>\n`;
}

/** The list inside its root element, with DOCTYPE before it and comments after it, as recorded. */
export function* writeDocument(envelope: Envelope, content: Iterable<Piece>): Generator<Piece> {
  const { root, path, now, origin } = envelope;
  yield `<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE ${root} SYSTEM "${escapeText(origin + path)}${root.toLowerCase()}.dtd">
<!-- This report was made by a simulator //--> \n<${root}>
${writeEcho(envelope)}  <RESPONSE>
    <DATETIME>${xmlTime(now)}</DATETIME>\n`;
  yield* content;
  yield `  </RESPONSE>
</${root}>
<!-- This report was made by a simulator //--> 
<!-- SIMULATED DATA. Nothing in it is true, "as is". //--> \n`;
}

/** The WARNING of code 1980: the page was cut off, the next one starts at the id in its URL. */
export function writeWarning(limit: number, url: string): string {
  return `    <WARNING>
      ${element('CODE', 1980)}      ${element('TEXT', `${limit} record limit exceeded: the URL leads to the next ones.`)}      <URL>${cdata(url)}</URL>
    </WARNING>\n`;
}

/** A list in XML. */
export function xmlAnswer(body: Iterable<Piece>): Answer {
  return { status: 200, headers: XML_HEADERS, body };
}
