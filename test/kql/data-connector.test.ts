import { checkKind } from './support/check-kind.ts';

checkKind('data-connector');
