import { constants, gzipSync } from 'node:zlib';
import { createVmPageDecoder } from '../src/lib/streams/vm-detections/decode-page.ts';

/** Decodes a page block by block and compresses its chunks as the sink does. @returns bytes that would be sent. */
export function sendVmPage(blocks: Iterable<Uint8Array>): { bytes: number; hosts: number; detections: number } {
  const decoder = createVmPageDecoder({ generatedAt: new Date(0) });
  let bytes = 0;
  const send = ({ json }: { readonly json: Uint8Array }): void => {
    bytes += gzipSync(json, { level: constants.Z_BEST_SPEED }).length;
  };
  for (const block of blocks) for (const chunk of decoder.write(block)) send(chunk);
  const { chunks, end } = decoder.end();
  chunks.forEach(send);
  return { bytes, hosts: end.hosts, detections: end.detections };
}
