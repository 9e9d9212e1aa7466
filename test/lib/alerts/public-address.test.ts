import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPublicAddress, mayBePublic } from '../../../src/lib/alerts/public-address.ts';

describe('an address', () => {
  test.for([
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '168.63.129.15',
    '168.63.129.17',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2001:4860:4860::8888',
    '2001:200::1',
    '2606:4700::1111',
    '2a01:111::1',
  ])('of the internet is public: %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test.for([
    '0.0.0.0',
    '0.255.255.255',
    '10.0.0.0',
    '10.255.255.255',
    '100.64.0.0',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.0.0',
    '169.254.169.254',
    '169.254.255.255',
    '172.16.0.0',
    '172.31.255.255',
    '192.0.0.8',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.0.0',
    '192.168.255.255',
    '168.63.129.16',
    '198.18.0.0',
    '198.19.255.255',
    '198.51.100.7',
    '203.0.113.7',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:8.8.8.8',
    '::ffff:10.0.0.1',
    '::7f00:1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:1::1',
    '2001:db8::1',
    '2002:a9fe:a9fe::1',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '2606:4700::1111%eth0',
    '',
    'soar.example',
    '1.1.1',
  ])('of another kind is not: %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('the host of a URL', () => {
  test.for(['soar.example', 'localhost.example', 'notlocalhost', '8.8.8.8', '[2606:4700::1111]', '0x8.0x8.0x8.0x8'])(
    'may be public: %s',
    (host) => {
      expect(mayBePublic(new URL(`https://${host}/key`))).toBe(true);
    },
  );

  test.for([
    'localhost',
    'LOCALHOST',
    'localhost.',
    'localhost..',
    'a.b.localhost',
    'a.localhost.',
    'lo%63alhost',
    '127.0.0.1',
    '127.1',
    '127.0.0.1.',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '017700000001',
    '0177.0.0.1',
    '0',
    '169.254.43518',
    '0xa9fea9fe',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:a9fe:a9fe]',
    '[fd00::1]',
    '[fe80::1]',
    '[64:ff9b::10.0.0.1]',
  ])('is not public: %s', (host) => {
    expect(mayBePublic(new URL(`https://${host}/key`))).toBe(false);
  });

  test('is judged alike however an IPv4 address is written', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.constantFrom(8, 10, 16), fc.integer({ min: 1, max: 4 }), (address, base, count) => {
        const bytes = address.split('.').map(Number);
        const rest = bytes.slice(count - 1).reduce((sum, byte) => sum * 256 + byte, 0);
        const write = (number: number): string => `${{ 8: '0', 10: '', 16: '0x' }[base]}${number.toString(base)}`;
        const written = [...bytes.slice(0, count - 1), rest].map(write).join('.');
        expect(mayBePublic(new URL(`https://${written}/`))).toBe(isPublicAddress(address));
      }),
    );
  });

  test('is never public as an IPv4 address within an IPv6 one', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.constantFrom('::ffff:', '::', '64:ff9b::'), (address, prefix) => {
        expect(mayBePublic(new URL(`https://[${prefix}${address}]/`))).toBe(false);
      }),
    );
  });
});
