/** A route template, ready to match. */
export interface Route {
  /** Parameters by name (as the template spells them) for a decoded path, or undefined where the route does not fit. */
  readonly match: (segments: readonly string[]) => Record<string, string> | undefined;
}

interface Parameter {
  readonly name: string;
  readonly isCatchAll: boolean;
  readonly isOptional: boolean;
  readonly fallback: string | undefined;
}

const parameterPattern = /\{(\*{0,2})([^{}:=?]+)(?::(?:[^{}=?]|\{\{|\}\})*)*(?:=([^{}]*))?(\?)?\}/g;

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

function toParameter(match: RegExpExecArray): Parameter {
  const [, stars, name, fallback, mark] = match;
  return {
    name: name!,
    isCatchAll: stars !== '',
    isOptional: mark === '?' || fallback !== undefined || stars !== '',
    fallback,
  };
}

interface SegmentPattern {
  readonly source: string;
  readonly parameters: readonly Parameter[];
  /** A segment that is nothing but one parameter that may be absent. */
  readonly canBeAbsent: boolean;
  readonly isCatchAll: boolean;
}

/** One segment as a regular expression: text matches in any case, a parameter at least one character. */
function compileSegment(segment: string, template: string): SegmentPattern {
  const parameters: Parameter[] = [];
  let source = '';
  let end = 0;
  for (const match of segment.matchAll(parameterPattern)) {
    const parameter = toParameter(match);
    source += escapeRegExp(segment.slice(end, match.index)) + (parameter.isCatchAll ? '(.*)' : '([^/]+?)');
    end = match.index + match[0].length;
    parameters.push(parameter);
  }
  const rest = segment.slice(end);
  if (/[{}]/.test(rest)) {
    throw new Error(`route "${template}": "${segment}" is no valid segment; a parameter is {name}, {name?} or {*name}`);
  }
  const isWhole = parameters.length === 1 && source.startsWith('(') && rest === '';
  return {
    source: source + escapeRegExp(rest),
    parameters,
    canBeAbsent: isWhole && parameters[0]!.isOptional,
    isCatchAll: isWhole && parameters[0]!.isCatchAll,
  };
}

function compileSegments(segments: readonly SegmentPattern[]): RegExp {
  let source = '';
  let closing = '';
  for (const { source: pattern, canBeAbsent } of segments) {
    source += canBeAbsent ? `(?:${pattern}/` : `${pattern}/`;
    closing += canBeAbsent ? ')?' : '';
  }
  return new RegExp(`^${source}${closing}$`, 'i');
}

/**
 * Compiles a template of ASP.NET routing: `{id}`, `{id?}`, `{id=value}`, `{*rest}` and text around a parameter.
 * Constraints (`{id:int}`) are read over: locally such a route accepts any value.
 * @throws Error naming the template that cannot be read.
 */
export function compileRoute(template: string): Route {
  const parts = template.replace(/^\/|\/$/g, '').split('/');
  const segments = parts.filter((part) => part !== '').map((part) => compileSegment(part, template));
  if (segments.slice(0, -1).some((segment) => segment.isCatchAll)) {
    throw new Error(`route "${template}": {*name} is only allowed at the end`);
  }
  const pattern = compileSegments(segments);
  const parameters = segments.flatMap((segment) => segment.parameters);
  return {
    match: (path) => {
      const found = pattern.exec(path.map((segment) => `${segment}/`).join(''));
      if (found === null) {
        return undefined;
      }
      const values: Record<string, string> = {};
      parameters.forEach(({ name, fallback }, index) => {
        const value = found[index + 1] ?? fallback;
        if (value !== undefined && value !== '') {
          values[name] = value;
        }
      });
      return values;
    },
  };
}
