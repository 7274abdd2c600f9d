import type { Database } from 'better-sqlite3';
import { assert } from '../../src/base/assert.ts';
import { toHex } from '../../src/base/bytes.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { KEY_CACHE_MAX } from '../../src/base/limits.ts';
import { type BlockCaps, encodeBlock, LIFE_BYTES } from '../../src/format/block.ts';
import { SEED_BYTES, type SigningKey, signingKey, Verifier } from '../../src/format/ed25519.ts';
import { decodeJson } from '../../src/format/json-value.ts';
import { openBlock, type SealedBlock, sealBlock } from '../../src/format/sealed.ts';
import { writeEntries } from '../../src/ledger/authoring.ts';
import { MESH, MESH_VERSION } from '../../src/ledger/mesh/keys.ts';
import { rootBody, rootCaps } from '../../src/ledger/mesh/root-body.ts';
import { bootId, systemClock, systemRandomness } from '../../src/node/system.ts';
import { Writer } from '../../src/node/writer.ts';
import { BlockReader } from '../../src/store/blocks.ts';
import { openDatabase } from '../../src/store/database.ts';
import { Tips } from '../../src/store/tips.ts';
import { Transactor } from '../../src/store/transactor.ts';

const KIND = 'granted';
const clock = systemClock('trusted');

/** A ledger of its own: the store and the writer of a node, without dapps that judge what comes in. */
export class BenchLedger {
  readonly database: Database;
  readonly blocks: BlockReader;
  readonly caps: BlockCaps;
  readonly #transactor: Transactor;

  /** @param root as another ledger has it. */
  constructor(path: string, root: SealedBlock) {
    this.database = openDatabase({ path, mayCreate: true });
    const tips = new Tips(this.database);
    this.#transactor = new Transactor(this.database, tips);
    const [body] = root.bodies;
    assert(body !== undefined && body !== null, 'a root block has a body');
    this.caps = rootCaps(decodeJson(body.bytes, body.bytes.length));
    const encoded = openBlock(root, this.caps, new Verifier(1));
    this.#transactor.append([{ encoded, sealed: root, pulses: [] }]);
    this.blocks = new BlockReader(this.database, tips);
  }

  /** A writer in a life of its own, as each start of a node has one. */
  writer(): Writer {
    const parts = { blocks: this.blocks, transactor: this.#transactor, caps: this.caps };
    const verifier = new Verifier(KEY_CACHE_MAX);
    return new Writer({ ...parts, verifier, clock, randomness: systemRandomness, boot: bootId() }, () => undefined);
  }

  close(): void {
    this.database.close();
  }
}

export function newKey(): SigningKey {
  return signingKey(systemRandomness.bytes(SEED_BYTES));
}

export function newRoot(): SealedBlock {
  const founder = newKey();
  const key = toHex(founder.publicKey);
  const node = { name: 'bench', key };
  const body = rootBody({
    name: 'Bench',
    founder: { principal: 'founder', name: 'Ada', key },
    node,
    recovery: key,
    dapps: [],
  });
  const { entries, bodies } = writeEntries(
    [{ dapp: MESH, ver: MESH_VERSION, kind: 'root', re: null, body }],
    systemRandomness,
  );
  const nothing = { mesh: null, branch: null, prev: null, base: null, parents: [], height: 0 };
  const time = { ...clock.now(), boot: bootId(), monotonicMs: clock.monotonicMs() };
  const life = systemRandomness.bytes(LIFE_BYTES);
  const encoded = encodeBlock({ ...nothing, author: founder.publicKey, life, seq: 0, time, entries });
  return sealBlock(encoded, bodies, founder);
}

/** One block of `key` with the fact that a door writes most often; its body has some 200 bytes. */
export async function appendFact(writer: Writer, key: SigningKey, position: number): Promise<void> {
  const body = grantedBody(position);
  await writer.append(
    key,
    [{ dapp: 'door', ver: '0.1.0', kind: KIND, re: null, body }],
    [{ pulse: String(body.pulse), fact: `door ${KIND}` }],
  );
}

/** Another one for each `position`. */
function grantedBody(position: number): JsonObject {
  const digits = String(position).padStart(16, '0');
  return {
    door: 'front-door-of-the-workshop',
    member: 'm-0a1b2c3d',
    badge: 'b-0a1b2c3d',
    rule: 'schedule:front-door-of-the-workshop',
    event: digits,
    clock: 'synced',
    pulse: digits.repeat(2),
  };
}
