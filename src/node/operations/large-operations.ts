import { isJsonObject, type Json } from '../../base/json.ts';
import { BODY_BYTES_MAX } from '../../base/limits.ts';
import { decodeJson } from '../../format/json-value.ts';
import { damaged } from '../../store/row-sum.ts';
import type { OperationContext, Operations } from './operation.ts';

export const LARGE_OPERATIONS: Operations = Object.freeze({ 'large.profiles': showProfiles });

/** How this mesh cuts large things, as its root block says. */
async function showProfiles({ space }: OperationContext): Promise<Json> {
  const bytes = space.blocks.at(1)?.bodies[0]?.bytes;
  const body = bytes === undefined ? null : decodeJson(bytes, BODY_BYTES_MAX);
  if (isJsonObject(body) && isJsonObject(body.chunkers)) return body.chunkers;
  throw damaged('the root block does not say how large things are cut', { arrival: 1 });
}
