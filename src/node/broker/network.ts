import { hostname, networkInterfaces } from 'node:os';

const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,62})$/;
/** Of IPv6 within one cable: it means nothing without the name of an interface. */
const LINK_LOCAL = /^fe80:/i;

/** By what a device may call this board: names and addresses, sorted, each once. */
export interface BoardNames {
  readonly names: readonly string[];
  readonly addresses: readonly string[];
}

export function boardNames(): BoardNames {
  const host = hostname();
  const own = HOST_NAME.test(host) ? [host, ...(host.endsWith('.local') ? [] : [`${host}.local`])] : [];
  const found = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  const addresses = found.filter((address) => !LINK_LOCAL.test(address));
  return { names: sorted([...own, 'localhost']), addresses: sorted(['127.0.0.1', '::1', ...addresses]) };
}

/** The first IPv4 address of an interface, else an IPv6 one; null when there is none now. */
export function addressOf(name: string): string | null {
  const all = (networkInterfaces()[name] ?? []).filter(({ address }) => !LINK_LOCAL.test(address));
  return (all.find(({ family }) => family === 'IPv4') ?? all[0])?.address ?? null;
}

function sorted(all: readonly string[]): readonly string[] {
  return [...new Set(all)].sort();
}
