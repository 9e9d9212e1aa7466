/** What an open element is to the decoder. */
export const CONTEXT = {
  document: 0,
  root: 1,
  response: 2,
  warning: 3,
  hostList: 4,
  host: 5,
  detectionList: 6,
  detection: 7,
  /** A child of HOST, or anything inside it. */
  hostValue: 8,
  /** A child of DETECTION, or anything inside it. */
  detectionValue: 9,
  results: 10,
  /** Markup inside RESULTS, which is kept as text. */
  resultsMarkup: 11,
  /** A small text: the code of a warning and the like. */
  field: 12,
  ignored: 13,
  /** An element of a host or detection that fits no row: its XML goes to `RecordPart`. */
  spilled: 14,
  /** A host whose whole XML goes to `RecordPart`. */
  unreadable: 15,
} as const;

const ROOT = 'HOST_LIST_VM_DETECTION_OUTPUT';

/** What an element is, by its parent and name; `document` stands for a root that is not ours. */
export function contextOf(parent: number | undefined, name: string): number {
  switch (parent) {
    case CONTEXT.document:
      return name === ROOT ? CONTEXT.root : CONTEXT.document;
    case CONTEXT.root:
      return name === 'RESPONSE' ? CONTEXT.response : CONTEXT.ignored;
    case CONTEXT.response:
      return childOfResponse(name);
    case CONTEXT.warning:
      return CONTEXT.field;
    case CONTEXT.hostList:
      return name === 'HOST' ? CONTEXT.host : CONTEXT.ignored;
    case CONTEXT.host:
      return name === 'DETECTION_LIST' ? CONTEXT.detectionList : CONTEXT.hostValue;
    case CONTEXT.detectionList:
      return name === 'DETECTION' ? CONTEXT.detection : CONTEXT.hostValue;
    default:
      return CONTEXT.ignored;
  }
}

function childOfResponse(name: string): number {
  if (name === 'HOST_LIST') return CONTEXT.hostList;
  if (name === 'WARNING') return CONTEXT.warning;
  return name === 'CODE' || name === 'TEXT' ? CONTEXT.field : CONTEXT.ignored;
}
