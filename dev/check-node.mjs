/* Loaded before any TypeScript, so that a Node.js which cannot read that says so in a sentence: plain JavaScript, for Node.js 20 too. */
import { writeSync } from 'node:fs';
import process from 'node:process';

if (!process.features.typescript) {
  writeSync(
    2,
    `Node.js ${process.versions.node} is too old. Run npm ci first: it brings the Node.js that this needs; or use Node.js 22.18 or later.\n`,
  );
  process.exit(1);
}
