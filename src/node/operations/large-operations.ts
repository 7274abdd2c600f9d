import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { BODY_BYTES_MAX } from '../../base/limits.ts';
import { COPIES_LEAST_MAX } from '../../base/limits-chunks.ts';
import { idText } from '../../format/ids.ts';
import { decodeJson } from '../../format/json-value.ts';
import { leastCopies } from '../../ledger/mesh/copies.ts';
import { MESH } from '../../ledger/mesh/keys.ts';
import { damaged } from '../../store/row-sum.ts';
import type { OperationContext, Operations } from './operation.ts';
import { integerOf } from './params.ts';

export const LARGE_OPERATIONS: Operations = Object.freeze({
  'large.profiles': showProfiles,
  'copies.show': showCopies,
  'copies.set': setCopies,
});

/** How this mesh cuts large things, as its root block says. */
async function showProfiles({ space }: OperationContext): Promise<Json> {
  const bytes = space.blocks.at(1)?.bodies[0]?.bytes;
  const body = bytes === undefined ? null : decodeJson(bytes, BODY_BYTES_MAX);
  if (isJsonObject(body) && isJsonObject(body.chunkers)) return body.chunkers;
  throw damaged('the root block does not say how large things are cut', { arrival: 1 });
}

/** `{least}`: on how many other boards a large thing has to lie before this one lets it go. */
async function showCopies({ space }: OperationContext): Promise<Json> {
  await space.fold.settled();
  return { least: leastCopies(space.state) };
}

async function setCopies({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const least = integerOf(params, 'least', COPIES_LEAST_MAX);
  const { block } = await space.command(MESH, 'copies.set', { least });
  return { least, block: idText(block) };
}
