import { createHash } from 'node:crypto';
import { fromHex } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import { type BlockId, idText } from '../format/ids.ts';
import { applyMesh } from '../ledger/mesh/apply.ts';
import { type EntryView, NO_ENTRIES } from '../ledger/mesh/erase.ts';
import { MESH } from '../ledger/mesh/keys.ts';
import { type EntryCall, type Outcome, refused } from '../ledger/outcome.ts';
import type { StateReader } from '../ledger/state.ts';
import type { ApplyCall } from '../sandbox/contract.ts';
import type { Dapps } from './dapps.ts';

/** Asks whoever rules over an entry what becomes of it: the built-in `mesh`, or the contract of a dapp. */
export interface Judge {
  /**
   * @throws a CodedError (`dapp_…`) when the dapp failed and said nothing about the entry; worth another try.
   */
  play(call: EntryCall, state: StateReader): Promise<Outcome>;
}

/**
 * @param mesh id of the root, which stands for the previous merge in the seed while there is none.
 * @param entries those that an erase may name.
 */
export function createJudge(dapps: Dapps, mesh: BlockId, entries: EntryView = NO_ENTRIES): Judge {
  return {
    async play(call, state) {
      if (call.dapp === MESH) return applyMesh(call, state, entries);
      const dapp = dapps.find(call.dapp);
      if (dapp === undefined) return refused('no_dapp', `no dapp ${call.dapp} is installed`);
      const kind = dapp.manifest.entries[call.kind];
      try {
        dapp.check.check(call.kind, call.body);
      } catch (error) {
        if (error instanceof CodedError) return refused(error.code, error.message);
        throw error;
      }
      if (kind !== undefined && kind.roles.length > 0 && !kind.roles.some((role) => call.roles.includes(role))) {
        return refused('not_allowed', `${call.kind} needs one of the roles ${kind.roles.join(', ')}`);
      }
      return await dapp.contract.apply(toApplyCall(call, mesh), state);
    },
  };
}

function toApplyCall(call: EntryCall, mesh: BlockId): ApplyCall {
  const { dapp, ver, kind, re, body, block, index, author, roles, at } = call;
  return {
    entry: {
      dapp,
      ver,
      kind,
      re: re === null ? null : { block: idText(re.block), index: re.index },
      body,
      block: idText(block),
      index,
    },
    author: { key: author.key, principal: author.principal, node: author.node },
    roles,
    at: { ms: at.wallMs, quality: at.quality },
    seed: seedOf(mesh, block, index),
  };
}

/** SHA-256(previous merge ‖ block id ‖ entry index as 4 bytes, big-endian), in hex. Not a lottery. */
function seedOf(previous: BlockId, block: BlockId, index: number): string {
  const place = Buffer.alloc(4);
  place.writeUInt32BE(index);
  return createHash('sha256').update(fromHex(previous)).update(fromHex(block)).update(place).digest('hex');
}
