import type { Json, JsonObject } from '../../base/json.ts';
import { storeError } from '../../store/database.ts';
import { ledgerPath } from '../space-folder.ts';
import { withNearest } from './nearest.ts';
import type { Operation, OperationContext } from './operation.ts';

/**
 * Runs an operation on the space in `folder`, for the control socket and for a command without a node alike.
 * @throws its refusal, with the name that was meant where a slip shows; what the store makes of a failing disk.
 */
export async function runOperation(
  operation: Operation,
  folder: string,
  context: OperationContext,
  params: JsonObject,
): Promise<Json> {
  try {
    return await operation(context, params);
  } catch (error) {
    throw storeError(withNearest(error, context.space.state, params), ledgerPath(folder));
  }
}
