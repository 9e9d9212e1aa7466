import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

/** A file that is generated, or has generated parts, as it should be. */
export interface GeneratedFile {
  /** Relative to the project. */
  readonly path: string;
  readonly text: string;
}

/** The text of a file of the project. */
export function readText(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** A text in the project's format. */
export async function formatted(root: string, path: string, text: string): Promise<GeneratedFile> {
  const filepath = join(root, path);
  return { path, text: await format(text, { ...(await resolveConfig(filepath)), filepath }) };
}

/** JSON as `npm run format` leaves it. */
export function jsonFile(root: string, path: string, value: unknown): Promise<GeneratedFile> {
  return formatted(root, path, JSON.stringify(value, null, 2));
}

/**
 * A file with its generated parts made anew. They stand between `generated: <name>` and `end of generated part`, in whatever makes a
 * comment there.
 * @throws Error when the file lacks the markers of a part.
 */
export function replaceParts(root: string, path: string, parts: Readonly<Record<string, string>>): GeneratedFile {
  let text = readText(root, path);
  for (const [name, part] of Object.entries(parts)) {
    const pattern = new RegExp(
      `^([^\\n]*\\bgenerated: ${name}\\b[^\\n]*\\n)(\\n?)[^]*?^([^\\n]*\\bend of generated part\\b)`,
      'm',
    );
    if (!pattern.test(text))
      throw new Error(`${path} must hold the lines "generated: ${name}" and "end of generated part"`);
    text = text.replace(
      pattern,
      (_, begin: string, blank: string, end: string) => `${begin}${blank}${part}\n${blank}${end}`,
    );
  }
  return { path, text };
}
