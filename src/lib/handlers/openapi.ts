import { handle, json } from '../http/handle.ts';
import { VERSION } from '../services.ts';
import { STREAMS } from '../streams/index.ts';

/** Describes all routes. The document is loaded with the first request for it, which most starts of the app never see. */
export const openapi = handle(async (request) => {
  const { buildDocument } = await import('../openapi/build-document.ts');
  const serverUrl = new URL('.', request.url).href.replace(/\/$/, '');
  return json(buildDocument({ version: VERSION, serverUrl, streams: STREAMS.map(({ name }) => name) }));
});
