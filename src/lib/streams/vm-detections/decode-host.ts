import { copyAttribute } from '../../qualys/xml/copy-text.ts';
import type { JsonOut } from '../../qualys/xml/json-out.ts';
import { clear } from '../../qualys/xml/json-out.ts';
import {
  addMember,
  closeMember,
  closeValue,
  findMember,
  isJoined,
  memberValue,
  openAttribute,
  openMember,
  openString,
  openText,
  settleText,
} from '../../qualys/xml/xml-json.ts';
import type { XmlReader } from '../../qualys/xml/xml-reader.ts';
import { startCapture, stopCapture } from './decode-capture.ts';
import { beginRows, endRows } from './decode-detections.ts';
import { isTooLong, keepAsText, giveUpHost, spillValue, spillWholeValue } from './decode-spill.ts';
import type { Decoder } from './decode-state.ts';
import { CONTEXT } from './decode-state.ts';
import { flushParts } from './decode-parts.ts';
import { COLUMN_OF, EXTRA_OF, HOST_COLUMNS } from './host-columns.ts';
import { columnJson, hasColumn, resetHost, setColumn } from './host-state.ts';
import { toIntText, toUtcTime } from './host-values.ts';
