import type { JsonObject } from '../../base/json.ts';
import { idText } from '../../format/ids.ts';
import type { Space } from '../space.ts';

export const DOOR = 'door';

/** Sends a command to dapp door. @returns its body with the block it stands in. */
export async function orderDoor(space: Space, kind: string, body: JsonObject): Promise<JsonObject> {
  const { block } = await space.command(DOOR, kind, body);
  return { ...body, block: idText(block) };
}
