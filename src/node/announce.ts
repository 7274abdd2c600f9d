import { isJsonObject } from '../base/json.ts';
import { deviceKey, MESH } from '../ledger/mesh/keys.ts';
import type { Config } from './config.ts';
import type { Space } from './space.ts';

/** Says in the ledger which devices this board has, where that is new or has changed. */
export async function announceDevices(space: Space, config: Config): Promise<void> {
  const devices = [
    ...Object.entries(config.reader).map(([name, { driver }]) => ({ name, role: 'reader', family: driver })),
    ...Object.keys(config.output).map((name) => ({ name, role: 'output', family: 'switch' })),
  ];
  const news = devices.filter((device) => {
    const known = space.state.read(MESH, deviceKey(device.name));
    const isSame = isJsonObject(known) && known.node === space.nodeKey && known.role === device.role;
    return !isSame || known.family !== device.family;
  });
  await Promise.all(news.map((device) => space.appendFact(MESH, 'device', device)));
}
