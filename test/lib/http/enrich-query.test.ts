import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { liveLookup, SUBJECTS } from '../../../src/lib/enrich/subject.ts';
import { enrichQuery, subjectOf } from '../../../src/lib/http/enrich-query.ts';
import { lookupFilter } from '../../../src/lib/qualys/edr/lookup-filter.ts';
import { parseQuery } from '../../../dev/simulator/query.ts';

const HOUR = { from: '2026-05-01T10:00:00Z', to: '2026-05-01T11:00:00Z' };
const TOKEN = { EDR_TIME_TOKEN: 'event.eventProcessedTime' };
const SHA = 'A'.repeat(64);

function errorsOf(query: Record<string, string>): string[] {
  return enrichQuery.safeParse(query).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? [];
}

describe('a query', () => {
  test.for([
    [{ host: ' ws-01.lab.example ' }, { kind: 'host', value: 'ws-01.lab.example', hours: 168 }],
    [{ host: 'SRV_ÄÖ$1' }, { kind: 'host', value: 'SRV_ÄÖ$1', hours: 168 }],
    [{ host: 'Alice’s MacBook Pro (2)' }, { kind: 'host', value: 'Alice’s MacBook Pro (2)', hours: 168 }],
    [
      { user: 'NT AUTHORITY\\SYSTEM', hours: '24' },
      { kind: 'user', value: 'NT AUTHORITY\\SYSTEM', hours: 24 },
    ],
    [
      { sha256: SHA, hours: '2160' },
      { kind: 'sha256', value: 'a'.repeat(64), hours: 2160 },
    ],
    [{ md5: 'B'.repeat(32) }, { kind: 'md5', value: 'b'.repeat(32), hours: 168 }],
    [{ ip: '203.0.113.7' }, { kind: 'ip', value: '203.0.113.7', hours: 168 }],
    [{ ip: '2001:DB8::1' }, { kind: 'ip', value: '2001:db8::1', hours: 168 }],
    [{ domain: 'C2.Example.NET.' }, { kind: 'domain', value: 'c2.example.net', hours: 168 }],
    [{ domain: '_dmarc.xn--bcher-kva.example' }, { kind: 'domain', value: '_dmarc.xn--bcher-kva.example', hours: 168 }],
    [{ domain: 'wpad' }, { kind: 'domain', value: 'wpad', hours: 168 }],
    [{ mac: '02-00-5E-10-00-FF' }, { kind: 'mac', value: '02-00-5e-10-00-ff', hours: 168 }],
    [{ mac: '0200.5e10.00ff' }, { kind: 'mac', value: '0200.5e10.00ff', hours: 168 }],
    [{ threat: ' Win32/Trojan!x ' }, { kind: 'threat', value: 'Win32/Trojan!x', hours: 168 }],
    [{ file: "C:\\O'Neil\\x.dll" }, { kind: 'file', value: "C:\\O'Neil\\x.dll", hours: 168 }],
    [
      { agentId: '11111111-2222-4333-8444-55555555555A' },
      { kind: 'agentId', value: '11111111-2222-4333-8444-55555555555a', hours: 168 },
    ],
    [{ cve: ' cve-2021-44228 ' }, { kind: 'cve', value: 'CVE-2021-44228', hours: 720 }],
    [
      { qid: '91345', hours: '24' },
      { kind: 'qid', value: '91345', hours: 24 },
    ],
  ] as const)('%j is taken', ([query, subject]) => {
    expect(subjectOf(enrichQuery.parse(query))).toEqual(subject);
  });

  test.for([
    [{}, /exactly one of host, .* must be given, none is/],
    [{ host: 'a', ip: '192.0.2.1' }, /exactly one of .* must be given, 2 are/],
    [{ host: '' }, /host must not be empty/],
    [{ host: 'https://ws-01' }, /host must be a host name/],
    [{ host: 'LAB\\ws-01' }, /host must be a host name/],
    [{ host: '-a' }, /host must be a host name/],
    [{ host: 'a'.repeat(256) }, /host must be at most 255 characters/],
    [{ user: 'a\u0000b' }, /user must not hold control characters/],
    [{ user: '\ud800' }, /user must not hold control characters or broken ones/],
    [{ user: 'x'.repeat(257) }, /user must be at most 256 characters/],
    [{ agentId: '1' }, /agentId must be a UUID/],
    [{ sha256: 'a'.repeat(63) }, /sha256 must be 64 hexadecimal digits/],
    [{ sha256: `${'a'.repeat(63)}g` }, /sha256 must be 64 hexadecimal digits/],
    [{ md5: 'a'.repeat(64) }, /md5 must be 32 hexadecimal digits/],
    [{ ip: '256.1.1.1' }, /ip must be an IPv4 or IPv6 address/],
    [{ ip: 'fe80::1%eth0' }, /ip must be an IPv4 or IPv6 address/],
    [{ ip: '192.0.2.1/24' }, /ip must be an IPv4 or IPv6 address/],
    [{ domain: 'c2.example.net/path' }, /domain must be a domain name/],
    [{ mac: '02:00:00:00:00' }, /mac must be a MAC address/],
    [{ mac: '02:00:00:00:00:0g' }, /mac must be a MAC address/],
    [{ threat: ' ' }, /threat must not be empty/],
    [{ domain: 'bücher.example' }, /domain must be a domain name/],
    [{ domain: `${'a'.repeat(64)}.example` }, /domain must be a domain name/],
    [{ file: '*' }, /file must be a file name/],
    [{ file: 'C:\\' + '\\'.repeat(3) + '`' }, /file must be a file name/],
    [{ file: '\\\\' }, /file must name a file or folder/],
    [{ file: `a'b"c` }, /file must hold only one kind of quotes/],
    [{ cve: 'CVE-2021-442' }, /cve must be a CVE id such as CVE-2021-44228/],
    [{ cve: "CVE-2021-44228' or true" }, /cve must be/],
    [{ cve: 'CVE-2021-44228,CVE-2021-45046' }, /cve must be a CVE id/],
    [{ qid: '0' }, /qid must be a QID: a whole number from 1/],
    [{ qid: '-1' }, /qid must be a QID/],
    [{ qid: '1.5' }, /qid must be a QID/],
    [{ qid: '12345678901' }, /qid must be a QID/],
    [{ qid: '1', cve: 'CVE-2021-44228' }, /exactly one of .* must be given, 2 are/],
    [{ file: 'x', hours: '0' }, /hours must be a whole number of hours from 1 to 2160/],
    [{ file: 'x', hours: '2161' }, /hours must be a whole number of hours from 1 to 2160/],
    [{ file: 'x', hours: '1e3' }, /hours must be a whole number of hours from 1 to 2160/],
    [{ file: 'x', days: '1' }, /Unrecognized key: "days"/],
  ] as const)('%j is refused', ([query, reason]) => {
    expect(errorsOf(query).join('\n')).toMatch(reason);
  });
});

describe('a value that passes', () => {
  const hostile = fc.string({
    unit: fc.constantFrom(...Array.from(`\\'"\`()[]:.. ANDORor=*?><,\n\u0000/aC-$é`)),
    maxLength: 40,
  });

  test('stays one value in the query of Qualys, whatever it is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SUBJECTS), fc.oneof(hostile, fc.string({ unit: 'binary' })), (kind, value) => {
        const parsed = enrichQuery.safeParse({ [kind]: value });
        if (!parsed.success) return;
        const lookup = liveLookup(subjectOf(parsed.data));
        if (lookup === undefined) return;
        const tree = parseQuery(lookupFilter(TOKEN, lookup, HOUR));
        expect(tree).toMatchObject({
          kind: 'and',
          parts: [{ kind: 'range' }, kind === 'ip' ? { kind: 'or' } : { kind: 'match' }],
        });
        if (tree?.kind !== 'and' || tree.parts[1]?.kind !== 'match') return;
        expect(tree.parts).toHaveLength(2);
        expect(tree.parts[1].values).toHaveLength(1);
      }),
      { numRuns: 2000 },
    );
  });

  test('is the value that Qualys is asked for', () => {
    const condition = (query: Record<string, string>): string => {
      const lookup = liveLookup(subjectOf(enrichQuery.parse(query)));
      return lookup === undefined ? '' : lookupFilter(TOKEN, lookup, HOUR).replace(/^.*? AND /, '');
    };
    expect(condition({ file: 'drop.dll' })).toBe(`(file.name: 'drop.dll')`);
    expect(condition({ file: 'C:\\Users\\alice\\' })).toBe(`(file.fullPath: 'C:\\Users\\alice')`);
    expect(condition({ file: "/srv/o'neil" })).toBe(`(file.fullPath: "/srv/o'neil")`);
    expect(condition({ ip: '::1' })).toBe(`(network.local.address.ip: '::1' OR network.remote.address.ip: '::1')`);
  });
});
