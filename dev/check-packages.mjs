/* Loaded before what needs packages, as check-node.mjs. */
import { writeSync } from 'node:fs';
import process from 'node:process';
import './check-node.mjs';

try {
  import.meta.resolve('commander');
} catch {
  writeSync(2, 'The packages are not there yet: run npm ci first.\n');
  process.exit(1);
}
