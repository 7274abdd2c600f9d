import { equalBytes, fromHex } from '../base/bytes.ts';
import { isJsonObject } from '../base/json.ts';
import { deviceKey, MESH } from '../ledger/mesh/keys.ts';
import type { Config } from './config.ts';
import { openStored } from './played.ts';
import type { Space } from './space.ts';

/** Says in the ledger which devices this board has, where that is new or has changed. */
export async function announceDevices(space: Space, config: Config): Promise<void> {
  const devices = [
    ...Object.entries(config.reader).map(([name, { driver }]) => ({ name, role: 'reader', family: driver })),
    ...Object.keys(config.input).map((name) => ({ name, role: 'input', family: 'contact' })),
    ...Object.keys(config.output).map((name) => ({ name, role: 'output', family: 'switch' })),
    ...Object.keys(config.relay).map((name) => ({ name, role: 'output', family: 'relay' })),
  ];
  const news = devices.filter((device) => {
    const known = space.state.read(MESH, deviceKey(device.name));
    const isSame = isJsonObject(known) && known.node === space.nodeKey && known.role === device.role;
    return !isSame || known.family !== device.family;
  });
  await Promise.all(news.map((device) => space.appendFact(MESH, 'device', device)));
}

/**
 * Says in the ledger that this board was without power since it wrote last, where its last block is of another boot:
 * what its doors did meanwhile, their hardware alone has decided.
 */
export async function announceReturn(space: Space, boot: Uint8Array): Promise<void> {
  const { prev } = space.blocks.placeFor(fromHex(space.nodeKey), space.caps.parentsMax);
  const arrival = prev === null ? null : space.blocks.arrivalOf(prev.id);
  const stored = arrival === null ? null : space.blocks.at(arrival);
  if (stored === null) return;
  const { time } = openStored(stored).block;
  if (equalBytes(time.boot, boot)) return;
  await space.appendFact(MESH, 'returned', { lastMs: time.wallMs });
}
