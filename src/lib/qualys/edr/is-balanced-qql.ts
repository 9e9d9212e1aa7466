const CLOSING: Readonly<Record<string, string>> = { ')': '(', ']': '[' };

/** Whether a condition stays whole inside parentheses. Reads each character once, however long a hostile condition is. */
export function isBalancedQql(condition: string): boolean {
  const open: string[] = [];
  let quote = '';
  for (let index = 0; index < condition.length; index++) {
    const character = condition.charAt(index);
    // In backquotes a backslash is a character as any other.
    if (quote !== '' && quote !== '`' && character === '\\') index++;
    else if (quote !== '') quote = character === quote ? '' : quote;
    else if (/['"`]/.test(character)) quote = character;
    else if (character === '(' || character === '[') open.push(character);
    else if (CLOSING[character] !== undefined && open.pop() !== CLOSING[character]) return false;
  }
  return quote === '' && open.length === 0;
}
