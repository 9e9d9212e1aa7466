import { BlockList, isIP } from 'node:net';

/**
 * What no public webhook has: this host and its network, private, shared, link-local, reserved and documentation ranges, multicast.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const NOT_PUBLIC_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  // With the metadata service of every cloud.
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  // Where Azure answers its virtual machines; no other address of its range is special.
  '168.63.129.16/32',
];
/** Only there are public addresses, but for the tunnels, protocols and documentation in it. */
const PUBLIC_V6 = '2000::/3';
/** @see https://www.iana.org/assignments/iana-ipv6-special-registry */
const NOT_PUBLIC_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const notPublic = blockList([...NOT_PUBLIC_V4, ...NOT_PUBLIC_V6]);
const publicV6 = blockList([PUBLIC_V6]);

/** Whether an IP address is one of the internet's. An IPv4 address within an IPv6 one is none: it may lead anywhere. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !notPublic.check(address, 'ipv4');
    case 6:
      return !address.includes('%') && publicV6.check(address, 'ipv6') && !notPublic.check(address, 'ipv6');
    default:
      return false;
  }
}

/**
 * Whether the host of a URL may be public, by what it looks like: a name may still resolve to an address that is not. URLs have numbers
 * written in any way as four decimals by then.
 */
export function mayBePublic({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '');
  return isIP(host) === 0 ? !/(^|\.)localhost$/i.test(host) : isPublicAddress(host);
}

function blockList(subnets: readonly string[]): BlockList {
  const addresses = new BlockList();
  for (const subnet of subnets) {
    const [net = '', prefix] = subnet.split('/');
    addresses.addSubnet(net, Number(prefix), isIP(net) === 4 ? 'ipv4' : 'ipv6');
  }
  return addresses;
}
