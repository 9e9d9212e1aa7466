import type { Found } from '../../json/find-fields.ts';
import { jsonOf, textOf } from '../../records/column-values.ts';

/**
 * The full path of a file: `fullPath` where it ends with the name, else the folder, a separator of the kind that the folder uses and the
 * name (the vendor's list gives the folder as `fullPath`).
 */
export function filePathOf(values: readonly (Found | undefined)[]): string | undefined {
  const [fullPath, folder, name] = values.map((found) => textOf(found?.value));
  const isFull = fullPath !== undefined && (name === undefined || endsWithName(fullPath, name));
  const base = isFull ? fullPath : (folder ?? fullPath);
  if (base === undefined) return undefined;
  return jsonOf(isFull || name === undefined ? base : base + separatorOf(base) + name);
}

/** Whether the last part of the path is the name; ASCII letters in any case, as file systems of Windows see them. */
function endsWithName(path: string, name: string): boolean {
  const before = path.slice(0, Math.max(0, path.length - name.length));
  const last = path.slice(before.length);
  return (last === name || lower(last) === lower(name)) && (before === '' || /[\\/]$/.test(before));
}

function lower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function separatorOf(folder: string): string {
  if (/[\\/]$/.test(folder)) return '';
  return folder.includes('/') && !folder.includes('\\') ? '/' : '\\';
}
