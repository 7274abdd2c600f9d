import type { JsonObject } from '../../base/json.ts';
import { BLOCK_BYTES_MAX, BLOCK_ENTRIES_MAX, BLOCK_PARENTS_MAX, BODY_BYTES_MAX } from '../../base/limits.ts';
import type { BlockCaps } from '../../format/block.ts';
import { CHUNKERS } from '../../format/chunkers/profile.ts';
import { Fields } from '../../format/fields.ts';

/** What the founder decides once, in the root block. */
export interface Founding {
  /** Name of the space, for people. */
  readonly name: string;
  readonly founder: { readonly principal: string; readonly name: string; readonly key: string };
  readonly node: { readonly name: string; readonly key: string };
  /** Public half of the recovery key. */
  readonly recovery: string;
  readonly dapps: readonly { readonly dapp: string; readonly ver: string }[];
}

/** The caps a new mesh starts with; those in force stand in its root block. */
const STARTING_CAPS: BlockCaps = {
  blockBytesMax: BLOCK_BYTES_MAX,
  parentsMax: BLOCK_PARENTS_MAX,
  entriesMax: BLOCK_ENTRIES_MAX,
  bodyBytesMax: BODY_BYTES_MAX,
};

/** Body of the one entry of a root block. */
export function rootBody(founding: Founding): JsonObject {
  return {
    name: founding.name,
    founder: { ...founding.founder },
    node: { ...founding.node },
    recovery: founding.recovery,
    rules: { seats: [founding.node.key], quorum: 'two-thirds', view: 'pending-admins' },
    caps: { ...STARTING_CAPS },
    chunkers: CHUNKERS,
    dapps: founding.dapps.map((dapp) => ({ ...dapp })),
  };
}

/**
 * The caps a root body sets, so that later blocks can be judged.
 * @throws root_form with the field that is wrong.
 */
export function rootCaps(body: unknown): BlockCaps {
  const caps = new Fields(new Fields(body, 'root_form', 'root').raw('caps'), 'root_form', 'caps');
  return {
    blockBytesMax: caps.integer('blockBytesMax', 1024, BLOCK_BYTES_MAX),
    parentsMax: caps.integer('parentsMax', 2, BLOCK_PARENTS_MAX),
    entriesMax: caps.integer('entriesMax', 1, BLOCK_ENTRIES_MAX),
    bodyBytesMax: caps.integer('bodyBytesMax', 1024, BODY_BYTES_MAX),
  };
}
