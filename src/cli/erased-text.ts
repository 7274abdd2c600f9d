import type { JsonObject } from '../base/json.ts';

/** What became of the entries behind something that was taken out of the state. */
export function erasedText({ erased, kept }: JsonObject): string {
  const entries = (count: unknown) => (count === 1 ? '1 entry' : `${count} entries`);
  const rest = kept === 0 ? '' : `; ${entries(kept)} about suspensions and lost cards stay`;
  const copies = 'earlier backups, exports and damaged files that a repair kept';
  return `${entries(erased)} erased from the ledger${rest}; ${copies} have them`;
}
