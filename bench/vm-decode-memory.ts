/** Process of the bench: decodes the page that comes in by standard input, compresses and uploads its chunks, and prints the most memory it took. */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { createVmPageDecoder } from '../src/lib/streams/vm-detections/decode-page.ts';
import type { VmChunk } from '../src/lib/streams/vm-detections/vm-page.ts';

const gzipInPool = promisify(gzip);

const server = createServer((incoming, answer) => {
  incoming.resume().on('end', () => answer.writeHead(204).end());
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const { port } = server.address() as AddressInfo;

/** One chunk at a time: what waits, waits in the pipe. */
async function upload({ json }: VmChunk): Promise<void> {
  const body = await gzipInPool(json, { level: constants.Z_BEST_SPEED, chunkSize: 256 * 1024 });
  const call = request({
    port,
    method: 'POST',
    headers: { 'content-encoding': 'gzip', 'content-length': body.length },
  });
  call.end(body);
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  await once(answer.resume(), 'end');
}

const decoder = createVmPageDecoder({ generatedAt: new Date(0) });
let rows = 0;
async function send(chunks: readonly VmChunk[]): Promise<void> {
  for (const chunk of chunks) {
    await upload(chunk);
    rows += chunk.rows;
  }
}
for await (const block of process.stdin) await send(decoder.write(block as Buffer));
await send(decoder.end().chunks);
server.close();
console.log(JSON.stringify({ peakMb: (process.resourceUsage().maxRSS * 1_024) / 1e6, rows }));
