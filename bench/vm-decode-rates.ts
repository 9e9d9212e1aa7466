/**
 * Process of the bench: decodes the page in a file over and over, and prints megabytes of it for each second of processor time, run by run. With
 * `changed-hosts` as third argument hosts are compared with what was sent of them, and all have changed.
 */
import { readFile } from 'node:fs/promises';
import { constants, gzipSync } from 'node:zlib';
import { createVmPageDecoder } from '../src/lib/streams/vm-detections/decode-page.ts';
import { passingPattern } from '../src/lib/streams/vm-detections/memory/host-digest.ts';
import { VM_DETECTION_SETTINGS } from '../src/lib/streams/vm-detections/settings.ts';
import type { HostMemory } from '../src/lib/streams/vm-detections/memory/host-state.ts';

/** The compiler is warm after that many. */
const WARM_UP_RUNS = 2;
const BLOCK_BYTES = 64 * 1024;

const [path = '', runs = '1', mode] = process.argv.slice(2);
const page = await readFile(path);
const passing = passingPattern(VM_DETECTION_SETTINGS.VM_PASSING_FIELDS.parse(undefined));
const memory: HostMemory | undefined = mode === 'changed-hosts' ? { passing, judge: () => 'changed' } : undefined;

/** Bytes to chunks ready to send, all on this thread; what it sends counts so that nothing of the work can be left out. */
function send(): number {
  const decoder = createVmPageDecoder({ generatedAt: new Date(0), memory });
  let sent = 0;
  const gzip = ({ json }: { readonly json: Uint8Array }): void => {
    sent += gzipSync(json, { level: constants.Z_BEST_SPEED, chunkSize: 1 << 20 }).length;
  };
  for (let at = 0; at < page.length; at += BLOCK_BYTES)
    decoder.write(page.subarray(at, at + BLOCK_BYTES)).forEach(gzip);
  decoder.end().chunks.forEach(gzip);
  return sent;
}

/** Unlike the time of day, that of the processor does not count what else the machine does. */
function rate(): number {
  const start = process.cpuUsage();
  if (send() === 0) throw new Error('nothing came of it');
  const { user, system } = process.cpuUsage(start);
  return page.length / (user + system);
}

for (let run = 0; run < WARM_UP_RUNS; run++) send();
console.log(JSON.stringify(Array.from({ length: Number(runs) }, rate)));
