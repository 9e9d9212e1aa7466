import type { EventFacts } from './event-facts.ts';
import type { JsonObject } from './event-record.ts';

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function scalarText(value: unknown, missing: string): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : missing;
}

/** In details the indicators' score is a text and a blank stays one space, while the lists beside them are empty texts. */
function detailIndicators(record: JsonObject): JsonObject[] {
  const list: unknown[] = Array.isArray(record.indicator2) ? record.indicator2 : [];
  return list.filter(isObject).map((indicator) => ({ ...indicator, score: scalarText(indicator.score, ' ') }));
}

function valuesOf(indicators: readonly JsonObject[], name: string): string[] {
  return indicators.map((indicator) => scalarText(indicator[name], '').trim());
}

function detailFile(file: JsonObject): JsonObject {
  const folder = String(file.path);
  return {
    ...file,
    fullPath: `${folder}\\${String(file.fileName)}`,
    size: 178_688,
    accessDate: file.createdDate,
    writeDate: file.createdDate,
    deviceLetter: 'C',
    company: 'Example Corporation',
    copyright: '\u00a9 Example Corporation',
    version: '10.0.1',
    product: 'Example\u00ae System',
    securityAttributes: 'O:SYG:SYD:PAI(A;;FA;;;BA)',
  };
}

function detailActor(actor: JsonObject, facts: EventFacts): JsonObject {
  return {
    state: 'RUNNING',
    eventId: `RTP_${facts.agentId}_-7916036775084163258_${String(actor.processId)}`,
    arguments: actor.arguments ?? '-k LocalService -p',
    elevated: 'false',
    userName: actor.userName,
    processId: actor.processId,
    parentProcessId: 0,
    processName: actor.processName,
    imageFullPath: actor.imageFullPath,
  };
}

/**
 * The same event as `/ioc/events/{agentId}/{eventId}` gives it: `eventId` for `id`, the score as a number, verdicts,
 * families and categories as lists, and no processed time.
 */
export function makeDetail(record: JsonObject, facts: EventFacts): JsonObject {
  const { id: _id, eventProcessedTime: _processed, score: _score, timeSeriesId: _series, ...rest } = record;
  const indicators = detailIndicators(record);
  const { asset, file, actor } = record;
  return {
    ...rest,
    score: facts.score ?? 0,
    customerId: isObject(asset) ? asset.customerId : undefined,
    verdict: valuesOf(indicators, 'verdict'),
    category: valuesOf(indicators, 'category'),
    familyName: valuesOf(indicators, 'familyName'),
    eventId: facts.id,
    ...(isObject(file) ? { file: detailFile(file) } : {}),
    indicator2: indicators,
    ...(isObject(actor) ? { actor: detailActor(actor, facts) } : {}),
  };
}
