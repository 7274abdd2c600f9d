import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { BRIDGE_DOORS_MAX } from '../../base/limits.ts';
import type { DiscoveredDoor } from '../../broker/discovery.ts';
import { nonceTag } from '../../broker/door-command.ts';
import { idText } from '../../format/ids.ts';
import { deviceKey, MESH } from '../../ledger/mesh/keys.ts';
import type { Space } from '../space.ts';

/** A door whose output is on this board. */
export interface BridgeDoor extends DiscoveredDoor {
  readonly output: string;
  readonly reader: string;
}

/** The doors of this board, at most BRIDGE_DOORS_MAX, by name. A door of another board is told by that one. */
export async function doorsHere(space: Space): Promise<readonly BridgeDoor[]> {
  const found: BridgeDoor[] = [];
  let after: string | null = null;
  do {
    const page = await space.query('door', 'doors', after === null ? {} : { after });
    const { doors, more } = page as { readonly doors: readonly JsonObject[]; readonly more: boolean };
    for (const door of doors) {
      if (isHere(space, door)) found.push(bridgeDoor(space, door));
    }
    after = more ? String(doors.at(-1)?.door) : null;
  } while (after !== null && found.length < BRIDGE_DOORS_MAX);
  return found.slice(0, BRIDGE_DOORS_MAX);
}

function isHere(space: Space, { output }: JsonObject): boolean {
  const device = space.state.read(MESH, deviceKey(String(output)));
  return isJsonObject(device) && device.node === space.nodeKey;
}

function bridgeDoor(space: Space, { door, title, contact, bell, output, reader }: JsonObject): BridgeDoor {
  return {
    door: String(door),
    title: typeof title === 'string' ? title : null,
    hasContact: typeof contact === 'string',
    hasBell: typeof bell === 'string',
    nonceTag: nonceTag(idText(space.mesh), String(door)),
    output: String(output),
    reader: String(reader),
  };
}
