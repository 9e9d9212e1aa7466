const CLOSING: Readonly<Record<string, string>> = { ')': '(', ']': '[' };

/** Whether a condition stays whole inside parentheses. */
export function isBalancedQql(condition: string): boolean {
  const open: string[] = [];
  const outside = condition.replace(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`/gs, '');
  for (const character of outside) {
    if (/['"`]/.test(character)) return false;
    if (character === '(' || character === '[') open.push(character);
    else if (CLOSING[character] !== undefined && open.pop() !== CLOSING[character]) return false;
  }
  return open.length === 0;
}
