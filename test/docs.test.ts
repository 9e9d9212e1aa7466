import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import { DECLARED } from '../scripts/generators/streams.ts';
import { PROBLEM_CODES } from '../src/lib/health/problem-codes.ts';
import { SETTING_NAMES } from '../src/lib/config.ts';
import { createSentinelWorkspace, findFaults } from './support/kql.ts';

const root = join(import.meta.dirname, '..');

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function list(...patterns: string[]): string[] {
  const ignored = /(^|\/)(node_modules|dist|coverage|\.local)(\/|$)/;
  const found = globSync(patterns, { cwd: root, exclude: (path) => ignored.test(path) });
  return found.filter((path) => !path.endsWith('.log')).sort();
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;
const docs = list('**/*.md', '.github/**/*.md').map((path) => ({ path, text: read(path) }));
const code = list('{src,cli,dev,infra,scripts,bench,test}/**/*.{ts,bicep,json}', '.github/**/*.yml')
  .map(read)
  .join('\n');

/** Code of a page: fenced blocks and inline code. */
function codeOf(text: string): string {
  const blocks = [...text.matchAll(FENCE)].map((match) => match[2] ?? '');
  return [...blocks, ...matches(text.replace(FENCE, ''), /`([^`\n]+)`/g)].join('\n');
}

/** Whatever `pick` finds on the pages and `isKnown` does not know, with its page. */
function findUnknown(pick: (text: string) => string[], isKnown: (name: string) => boolean): string[] {
  return docs.flatMap(({ path, text }) =>
    [...new Set(pick(text))].filter((name) => !isKnown(name)).map((name) => `${path}: ${name}`),
  );
}

describe('links', () => {
  /** Anchors as GitHub makes them from headings. */
  function anchorsOf(text: string): Set<string> {
    const seen = new Map<string, number>();
    const anchors = matches(text.replace(FENCE, ''), /^#{1,6} +(.+?) *$/gm).map((heading) => {
      const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const slug = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    });
    return new Set(anchors);
  }

  function whyBroken(from: string, link: string): string | undefined {
    const [path = '', anchor] = decodeURI(link).split('#');
    const target = path === '' ? from : relative(root, join(root, dirname(from), path));
    if (!existsSync(join(root, target))) return `${from}: ${link} leads nowhere`;
    const isThere = anchor === undefined || anchorsOf(read(target)).has(anchor);
    return isThere ? undefined : `${from}: ${link} has no such heading`;
  }

  test('and anchors between pages lead somewhere', () => {
    const broken = docs.flatMap(({ path, text }) => {
      const prose = text.replace(FENCE, '').replace(/`[^`\n]*`/g, '');
      const links = [
        ...matches(prose, /\]\(([^)\s]+)(?: "[^"]*")?\)/g),
        ...matches(prose, /(?:src|href|srcset)="([^"]+)"/g),
      ];
      return links.filter((link) => !/^[a-z]+:/.test(link)).map((link) => whyBroken(path, link));
    });
    expect(broken.filter((reason) => reason !== undefined)).toEqual([]);
  });
});

describe('names in the docs exist:', () => {
  test('npm scripts', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const builtIn = ['ci', 'install', 'exec', 'audit', 'sbom', 'rebuild'];
    const pick = (text: string): string[] => matches(codeOf(text), /\bnpm (?:run (?:-s |--silent )?)?([a-z][\w:-]*)/g);
    expect(findUnknown(pick, (name) => name in scripts || builtIn.includes(name))).toEqual([]);
  });

  test('settings, by the beginnings that settings have', () => {
    const beginnings = new Set(SETTING_NAMES.map((name) => name.split('_')[0]));
    const readByCode = matches(code, /\benv(?:\.|\[['"])(\w+)/g);
    const ofDeployments = matches(read('infra/main.parameters.json'), /\$\{(\w+)\}/g);
    const ofHost = matches(code, /'(AzureWebJobsStorage__\w+)'/g);
    // https://no-color.org, which the library of Node.js honours.
    const ofNode = ['NO_COLOR'];
    const known = new Set<string>([...SETTING_NAMES, ...ofNode, ...readByCode, ...ofDeployments, ...ofHost]);
    const pick = (text: string): string[] =>
      matches(text, /\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|AzureWebJobsStorage(?:__\w+)?)\b/g).filter((name) =>
        beginnings.has(name.split('_')[0] ?? ''),
      );
    expect(findUnknown(pick, (name) => known.has(name))).toEqual([]);
  });

  test('other variables and names of the vendor', () => {
    const known = new Set(matches(code, /\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/g));
    const pick = (text: string): string[] => matches(codeOf(text), /\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/g);
    expect(findUnknown(pick, (name) => known.has(name))).toEqual([]);
  });

  test('HTTP routes', () => {
    const routes = list('src/functions/*.ts').flatMap((path) => matches(read(path), /route: '([^']+)'/g));
    const known = routes.map((route) => new RegExp(`^${route.replace(/\{\w+\}/g, '[^/]+')}$`));
    // Paths of the vendor begin with a version; three dots leave something out.
    const pick = (text: string): string[] =>
      matches(codeOf(text), /\/api\/([^\s"'`|?)]+)/g).filter((route) => !/^[\d<]|…/.test(route));
    expect(findUnknown(pick, (route) => known.some((pattern) => pattern.test(route)))).toEqual([]);
  });

  test('source files', () => {
    const pick = (text: string): string[] =>
      matches(text.replace(FENCE, ''), /`((?:src|cli|dev|infra|docs|scripts|test|bench)\/[^`\s<>*{}…]+)`/g);
    expect(findUnknown(pick, (path) => existsSync(join(root, path)))).toEqual([]);
  });
});

describe('operate.md', () => {
  const text = read('docs/operate.md');

  test('has a section for each code of a problem', () => {
    const anchors = matches(text, /^#{2,3} (.+)$/gm).map((heading) => heading.toLowerCase().replaceAll(' ', '-'));
    expect(PROBLEM_CODES.filter((code) => !anchors.includes(code))).toEqual([]);
  });

  test('has a section for each alarm', () => {
    const alarms = matches(read('infra/modules/alerts.bicep'), /^ {4}name: '([a-z-]+)'$/gm);
    expect(alarms.length).toBeGreaterThan(0);
    expect(alarms.filter((alarm) => !text.includes(`\n### ${alarm}\n`))).toEqual([]);
  });

  test('lists each log line with its level, and no other', () => {
    const inCode = list('src/**/*.ts').flatMap((path) =>
      [...read(path).matchAll(/[lL]og\.(info|warn|error)\(([^;]*?)[,)]/g)].flatMap(([, level, first = '']) =>
        matches(first, /'([A-Z]\w+)'/g).map((event) => `${event} ${level ?? ''}`),
      ),
    );
    const section = text.slice(text.indexOf('\n## Log lines'));
    const inDocs = [...section.matchAll(/^\| (`.+?`) \| (\w+) \|/gm)].flatMap(([, events = '', level = '']) =>
      matches(events, /`(\w+)`/g).map((event) => `${event} ${level}`),
    );
    expect(inDocs.sort()).toEqual([...new Set(inCode)].sort());
  });
});

test('every query in the docs is sound', () => {
  const workspace = createSentinelWorkspace();
  const queries = docs.flatMap(({ path, text }) =>
    [...text.matchAll(FENCE)].filter(([, language]) => language === 'kql').map(([, , query = '']) => ({ path, query })),
  );
  expect(queries.length).toBeGreaterThan(3);
  // Every table has this column; the workspace here does not declare it.
  const faults = queries.flatMap(({ path, query }) =>
    findFaults(workspace, query.replaceAll('_BilledSize', '1')).map((fault) => `${path}: ${fault}`),
  );
  expect(faults).toEqual([]);
});

test('README begins with the commands', () => {
  const [run, check] = [...read('README.md').matchAll(FENCE)].map(([, , block = '']) => block);
  expect([run, check]).toEqual(['npm ci && npm start\n', 'npm ci && npm test\n']);
});

describe('add-a-stream.md', () => {
  /** They came before streams were folders. */
  const FIRST = ['edr-events', 'vm-detections', 'edr-incidents', 'vm-knowledge-base', 'vm-hosts'];
  const places = matches(read('docs/add-a-stream.md'), /^\| (?:written|one line each|generated) \| (.*) \|$/gm)
    .flatMap((line) => matches(line, /`([^`]+)`/g))
    .map((path) => new RegExp(`^${path.replaceAll('.', '\\.').replace(/<\w+>/g, '[^/]+')}$`));
  const files = list('{src,cli,dev,infra,scripts,bench,test,.ci}/**/*.*', '*.*', 'docs/streams.md', '.github/**/*.*');

  test('tells all places of each further stream, eight at the most', () => {
    const untold = DECLARED.filter(({ name }) => !FIRST.includes(name)).flatMap(({ name, settings, table }) => {
      const own = [`src/lib/streams/${name}/`, `test/lib/streams/${name}/`];
      const said = new RegExp(`\\b(?:${[name, table, ...settings].join('|')})\\b`);
      const found = files.filter((path) => !own.some((folder) => path.startsWith(folder)) && said.test(read(path)));
      return found.filter((path) => path !== 'README.md' && !places.some((place) => place.test(path)));
    });
    expect(untold).toEqual([]);
    expect(places.length).toBeLessThanOrEqual(8);
  });
});

describe('decisions', () => {
  const adrs = list('docs/adr/*.md');

  test('are numbered without gaps, listed in architecture.md, and have their three parts in 10 to 30 lines', () => {
    const architecture = read('docs/architecture.md');
    const faults = adrs.filter((path, index) => {
      const number = String(index + 1).padStart(4, '0');
      const text = read(path);
      const lines = text.trimEnd().split('\n').length;
      const hasParts = ['**Context.**', '**Decision.**', '**Consequences.**'].every((part) => text.includes(part));
      const isListed = architecture.includes(`[${number}](adr/${basename(path)})`);
      return !text.startsWith(`# ${number} `) || !hasParts || !isListed || lines < 10 || lines > 30;
    });
    expect(faults).toEqual([]);
  });

  test('that code refers to exist', () => {
    const numbers = adrs.map((path) => basename(path).slice(0, 4));
    const cited = matches(code, /\bADR (\d{4})\b/g);
    expect(cited.filter((number) => !numbers.includes(number))).toEqual([]);
  });
});

test('the picture of the data path is well-formed, described, and made for both themes', () => {
  const svg = read('docs/data-path.svg');
  expect(() => new SaxesParser().write(svg).close()).not.toThrow();
  expect(svg).toMatch(/<title .*<desc .*prefers-color-scheme: dark/s);
});
