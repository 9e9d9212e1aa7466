import type { HttpRoute } from './http-routes.ts';

/**
 * What `GET /` answers: what can be opened here, pages before the rest.
 * @param more further paths that are served, without the leading slash.
 */
export function writeHomePage(routes: readonly HttpRoute[], more: readonly string[] = []): string {
  const readable = routes.filter(
    ({ methods, template }) => methods?.includes('GET') !== false && !template.includes('{'),
  );
  const isPage = ({ isAnonymous }: HttpRoute): boolean => isAnonymous;
  const paths = [
    ...readable.filter(isPage).map(({ template }) => template),
    ...more,
    ...readable.filter((route) => !isPage(route)).map(({ template }) => template),
  ];
  const links = paths.map((path) => `<li><a href="/${path}">/${path}</a></li>`).join('\n');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>Local Functions host</title>
<h1>The local Functions host is running</h1>
<ul>
${links}
</ul>
`;
}
