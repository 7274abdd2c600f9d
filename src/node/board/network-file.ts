import type { NetworkSettings } from './settings.ts';

/** What systemd-networkd reads for the wire, or null where it is to ask for an address: see systemd.network(5). */
export function wiredNetwork({ address, gateway, dns = [] }: NetworkSettings): string | null {
  if (address === undefined) return null;
  return [
    '# Written by `blockmesh board import` from the card.',
    '[Match]',
    'Type=ether',
    'Kind=!*',
    '',
    '[Link]',
    'RequiredForOnline=no',
    '',
    '[Network]',
    `Address=${address}`,
    ...(gateway === undefined ? [] : [`Gateway=${gateway}`]),
    ...dns.map((one) => `DNS=${one}`),
    'MulticastDNS=yes',
    '',
  ].join('\n');
}
