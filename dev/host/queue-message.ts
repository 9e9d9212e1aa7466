import type { DequeuedMessageItem } from '@azure/storage-queue';
import type { TypedData } from './core-types.ts';

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Bytes of a message's text under the encoding of host.json; undefined where it is no base64. */
export function decodeMessage(text: string, encoding: 'base64' | 'none'): Buffer | undefined {
  if (encoding === 'none') {
    return Buffer.from(text);
  }
  const packed = text.replace(/[ \t\r\n]/g, '');
  return base64Pattern.test(packed) ? Buffer.from(packed, 'base64') : undefined;
}

function formatTime(date: Date): string {
  return date.toISOString().replace(/(?:\.000)?Z$/, '+00:00');
}

type Metadata = Record<string, TypedData>;

/** Properties of a JSON body that is an object; arrays and nulls are left out. */
function readBodyProperties(body: string): readonly (readonly [string, TypedData])[] {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return [];
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return [];
  }
  const properties = Object.entries(json).filter(([, value]) => value !== null && !Array.isArray(value));
  return properties.map(([name, value]: [string, unknown]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return [name, typeof value === 'object' ? { json: text } : { string: text }];
  });
}

/**
 * Trigger metadata as the host sends it; the library turns names to camel case. As there, the top-level properties of
 * a JSON body join it and win over the queue's own, in any case: a body with `id` hides the message's id.
 */
export function createQueueMetadata(message: DequeuedMessageItem, body: string): Metadata {
  const metadata: Metadata = {
    QueueTrigger: { string: body },
    DequeueCount: { json: String(message.dequeueCount) },
    ExpirationTime: { json: JSON.stringify(formatTime(message.expiresOn)) },
    Id: { string: message.messageId },
    InsertionTime: { json: JSON.stringify(formatTime(message.insertedOn)) },
    NextVisibleTime: { json: JSON.stringify(formatTime(message.nextVisibleOn)) },
    PopReceipt: { string: message.popReceipt },
  };
  for (const [name, data] of readBodyProperties(body)) {
    const known = Object.keys(metadata).find((key) => key.toLowerCase() === name.toLowerCase());
    metadata[known ?? name] = data;
  }
  return metadata;
}
