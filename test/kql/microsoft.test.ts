import { checkKind } from './support/check-kind.ts';

checkKind('microsoft');
