import { testShare } from './test-share.ts';

testShare(3);
