import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import type { LocalRoutes } from '../local-pages/local-pages.ts';

const PAGE = join(import.meta.dirname, 'page');
/** Colours and type are the dashboard's. */
const STYLES = join(import.meta.dirname, '../../src/dashboard/styles');

/** The page of the local tables. */
export const ROW_PAGE: LocalRoutes['files'] = {
  'GET /rows': async () => ({ type: 'text/html', text: await readFile(join(PAGE, 'rows.html'), 'utf8') }),
  'GET /rows.js': async () => ({
    type: 'text/javascript',
    text: stripTypeScriptTypes(await readFile(join(PAGE, 'rows.ts'), 'utf8')),
  }),
  'GET /rows.css': async () => {
    const paths = [join(STYLES, 'theme.css'), join(STYLES, 'base.css'), join(PAGE, 'rows.css')];
    return { type: 'text/css', text: (await Promise.all(paths.map((path) => readFile(path, 'utf8')))).join('\n') };
  },
};
