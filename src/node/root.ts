import type { Database } from 'better-sqlite3';
import { CodedError } from '../base/errors.ts';
import { isJsonObject, type Json } from '../base/json.ts';
import { BODY_BYTES_MAX } from '../base/limits.ts';
import type { BlockId } from '../format/ids.ts';
import { decodeJson } from '../format/json-value.ts';
import { BlockReader } from '../store/blocks.ts';
import { isWithoutBlocks } from '../store/database.ts';
import { openSound } from '../store/filed.ts';
import { damaged } from '../store/row-sum.ts';

/**
 * The root block's id and body; the body is of the first entry of the first block.
 * @param isChecked false only for whoever looks at damage: then it may be another than the one that was signed.
 * @throws space_unfinished, store_damaged.
 */
export function readRoot(database: Database, isChecked = true): { readonly id: BlockId; readonly body: Json } {
  if (isWithoutBlocks(database)) {
    throw new CodedError(
      'space_unfinished',
      'the ledger has no root block: its `blockmesh init` did not come to an end',
      {
        advice: 'Remove the folder and run `blockmesh init` again.',
      },
    );
  }
  const root = new BlockReader(database).at(1);
  const bytes = root?.bodies[0]?.bytes;
  if (root === null || bytes === undefined) throw damaged('the root block or its body is gone', { arrival: 1 });
  // What it says is asked for before everything else, and so checked before it too.
  if (isChecked) openSound(root);
  try {
    return { id: root.id, body: decodeJson(bytes, BODY_BYTES_MAX) };
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw damaged(`the root block cannot be read: ${cause.message}`, { arrival: 1 });
  }
}

/** The dapps that the root installs. */
export function dappNames(root: Json): readonly string[] {
  const dapps = isJsonObject(root) && Array.isArray(root.dapps) ? root.dapps : [];
  return dapps.flatMap((dapp: Json) => (isJsonObject(dapp) && typeof dapp.dapp === 'string' ? [dapp.dapp] : []));
}
