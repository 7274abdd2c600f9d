import { isJsonObject, type Json } from '../../base/json.ts';
import { idText } from '../../format/ids.ts';
import { MESH, MESH_KEY } from '../../ledger/mesh/keys.ts';
import { verifySpace } from '../verify.ts';
import type { OperationContext, Operations } from './operation.ts';

export const SPACE_OPERATIONS: Operations = Object.freeze({ 'space.show': showSpace, verify: verifyAll });

async function showSpace({ space }: OperationContext): Promise<Json> {
  await space.fold.settled();
  const record = space.state.read(MESH, MESH_KEY);
  const waiting = space.journal.waiting();
  return {
    name: isJsonObject(record) ? (record.name ?? '') : '',
    mesh: idText(space.mesh),
    node: space.nodeKey,
    ...space.blocks.counts(),
    waiting: waiting.length,
    waitingFor: [...new Set(waiting.map((entry) => entry.dapp))],
    dapps: space.dapps.all().map(({ manifest }) => ({ dapp: manifest.name, ver: manifest.version })),
    clock: space.clock.now().quality,
    disk: { freeBytes: space.disk.freeBytes, isLow: space.disk.isLow },
  };
}

async function verifyAll({ space, progress }: OperationContext): Promise<Json> {
  return { ...(await verifySpace(space, progress)) };
}
