import type { IncomingMessage } from 'node:http';

const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/;

type Asked = Pick<IncomingMessage, 'headers'>;

/**
 * Why nothing at all must be answered: the request came by a name that a stranger's DNS made one of this machine (DNS rebinding).
 * @returns undefined for one that may be answered.
 */
export function whyHostRefused({ headers: { host = '' } }: Asked): string | undefined {
  return LOOPBACK.test(host) ? undefined : `the host must be 127.0.0.1 or localhost, not ${host}`;
}

/**
 * Why data must not be answered: a page of another origin asks. Programs that are no browsers send no `Origin`.
 * @returns undefined for a request that may be answered.
 */
export function whyOriginRefused({ headers }: Asked): string | undefined {
  const { host = '', origin } = headers;
  if (origin !== undefined && origin !== `http://${host}`) return `pages of ${origin} may not ask here`;
  const site = headers['sec-fetch-site'];
  // "none": typed in, or a bookmark.
  const isOwn = site === undefined || site === 'same-origin' || site === 'none';
  return isOwn ? undefined : 'pages of other sites may not ask here';
}
