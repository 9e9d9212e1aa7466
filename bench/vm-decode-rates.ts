/** Process of the bench: decodes one page over and over, in turns with its rival, and prints the rates. */
import { XMLParser } from 'fast-xml-parser';
import { promisify } from 'node:util';
import { constants, gzip, gzipSync } from 'node:zlib';
import { createVmPageDecoder } from '../src/lib/streams/vm-detections/decode-page.ts';
import { vmPage } from './vm-page.ts';

const RUNS = 5;
const GZIP = { level: constants.Z_BEST_SPEED, chunkSize: 1 << 20 };
/** Chunks being compressed while the next are made. */
const IN_FLIGHT = 2;
const gzipInPool = promisify(gzip);

const blocks = [...vmPage({ hosts: 1_000, detectionsPerHost: 100 })];
const megabytes = blocks.reduce((sum, block) => sum + block.length, 0) / 1e6;

/** Bytes to chunks ready to send, all on this thread. */
function decode(): number {
  const decoder = createVmPageDecoder({ generatedAt: new Date(0) });
  let sent = 0;
  for (const block of blocks) for (const chunk of decoder.write(block)) sent += gzipSync(chunk.json, GZIP).length;
  for (const chunk of decoder.end().chunks) sent += gzipSync(chunk.json, GZIP).length;
  return sent;
}

/** The same with compression in the thread pool, a few chunks ahead at most. */
async function decodeOverlapped(): Promise<number> {
  const decoder = createVmPageDecoder({ generatedAt: new Date(0) });
  const flying: Promise<Buffer>[] = [];
  let sent = 0;
  const send = async (json: Uint8Array): Promise<void> => {
    if (flying.length >= IN_FLIGHT) sent += (await flying.shift())?.length ?? 0;
    flying.push(gzipInPool(json, GZIP));
  };
  for (const block of blocks) for (const chunk of decoder.write(block)) await send(chunk.json);
  for (const chunk of decoder.end().chunks) await send(chunk.json);
  for (const last of flying) sent += (await last).length;
  return sent;
}

/** The whole document as objects, attributes included; no rows, no JSON, no compression. */
function parseWhole(): number {
  const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false, cdataPropName: '#cdata-section' });
  return Object.keys(parser.parse(Buffer.concat(blocks)) as object).length;
}

async function rate(work: () => number | Promise<number>): Promise<number> {
  const start = performance.now();
  if ((await work()) === 0) throw new Error('nothing came of it');
  return (megabytes * 1_000) / (performance.now() - start);
}

/** A rate of each work by turns, so that whatever else the machine does falls on all alike. */
async function ratesOf(
  works: Readonly<Record<string, () => number | Promise<number>>>,
): Promise<Record<string, number[]>> {
  const rates: Record<string, number[]> = {};
  for (let round = 0; round < RUNS; round++) {
    for (const [name, work] of Object.entries(works)) (rates[name] ??= []).push(await rate(work));
  }
  return rates;
}

// The compiler is warm after two runs of ours; the rival's take so long that it does not matter.
decode();
decode();
const works = process.argv[2] === 'threads' ? { overlapped: decodeOverlapped } : { ours: decode, rival: parseWhole };
console.log(JSON.stringify(await ratesOf(works)));
