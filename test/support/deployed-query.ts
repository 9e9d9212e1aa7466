import { readFunctions, type Content, type RuleDescription } from '../../infra/sentinel/content.ts';

/** The query of a rule as Bicep deploys it: the functions it uses stand before it, without comments and indentation. */
export function toDeployedQuery({ description, query }: Content<RuleDescription>): string {
  const texts = new Map(readFunctions().map(({ name, query: text }) => [name, text]));
  const lets = description.functions.map((name) => {
    const lines = texts
      .get(name)!
      .split('\n')
      .map((line) => line.trim());
    return `let ${name} = () {\n${lines.filter((line) => !line.startsWith('//')).join('\n')}\n};\n`;
  });
  return lets.join('') + query;
}
