import { CodedError } from '../base/errors.ts';
import { isJsonObject } from '../base/json.ts';
import {
  BLOCK_VERSION,
  type Block,
  type BlockCaps,
  type BlockTime,
  BOOT_BYTES,
  type EncodedBlock,
  type Entry,
  type EntryRef,
  LIFE_BYTES,
} from './block.ts';
import { BODY_HASH_BYTES } from './body.ts';
import { decodeValue } from './codec.ts';
import { PUBLIC_KEY_BYTES } from './ed25519.ts';
import { Fields } from './fields.ts';
import { type BlockId, blockIdOf } from './ids.ts';
import { DAPP_NAME, KIND_NAME, VERSION } from './names.ts';

const QUALITIES = ['synced', 'peer', 'restored', 'unknown'] as const;

/**
 * Reads the bytes of a block and checks all that can be known from them alone. What needs other blocks (parents,
 * heights, chains) is `src/ledger/admission.ts`; the signature is checked by the caller.
 *
 * @throws block_too_large; a `cbor_…` code; block_version for an unknown `v` (keep it unread); block_merge for a
 * merge; block_form with the field that is wrong.
 */
export function decodeBlock(bytes: Uint8Array, caps: BlockCaps): EncodedBlock {
  if (bytes.length > caps.blockBytesMax) {
    throw new CodedError('block_too_large', `a block has at most ${caps.blockBytesMax} bytes`, {
      fields: { bytes: bytes.length },
    });
  }
  const value = decodeValue(bytes, caps.blockBytesMax);
  refuseOtherVersions(value);
  const fields = new Fields(value, 'block_form', 'block');
  const block: Block = {
    mesh: fields.linkOrNull('mesh'),
    branch: fields.linkOrNull('branch'),
    author: fields.bytes('author', PUBLIC_KEY_BYTES),
    life: fields.bytes('life', LIFE_BYTES),
    seq: fields.integer('seq', 0),
    prev: fields.linkIfThere('prev'),
    base: fields.linkIfThere('base'),
    parents: decodeParents(fields, caps.parentsMax),
    height: fields.integer('height', 0),
    time: decodeTime(fields.raw('time')),
    entries: fields.list('entries', caps.entriesMax).map((entry) => decodeEntry(entry, caps)),
  };
  fields.integer('v', BLOCK_VERSION, BLOCK_VERSION);
  fields.end();
  checkWhole(fields, block);
  return { id: blockIdOf(bytes), bytes, block };
}

function refuseOtherVersions(value: unknown): void {
  if (!isJsonObject(value)) return;
  const version = value.v;
  if (typeof version === 'number' && version !== BLOCK_VERSION) {
    throw new CodedError('block_version', `this release reads blocks of version ${BLOCK_VERSION}`, {
      fields: { v: version },
      advice: 'Keep the block unread until this node is updated.',
    });
  }
  if (Object.hasOwn(value, 'merge')) {
    throw new CodedError('block_merge', 'this release does not read merges');
  }
}

/** The rules that join several fields of one block. */
function checkWhole(fields: Fields, block: Block): void {
  if (block.entries.length === 0) fields.refuse('entries', 'a list of at least one');
  const isRoot = block.mesh === null;
  if (isRoot) {
    if (block.parents.length > 0) fields.refuse('parents', 'empty in a root');
    if (block.height !== 0) fields.refuse('height', '0 in a root');
    if (block.seq !== 0) fields.refuse('seq', '0 in a root');
    if (block.branch !== null) fields.refuse('branch', 'null in a root');
    if (block.prev !== null) fields.refuse('prev', 'absent in a root');
    if (block.base !== null) fields.refuse('base', 'absent in a root');
    return;
  }
  if (block.height === 0) fields.refuse('height', 'above 0, but in a root');
  if (block.base === null) fields.refuse('base', 'there, but in a root');
  if (!block.parents.includes(block.base)) fields.refuse('base', 'one of the parents');
  if (block.prev === null && block.seq > 0) fields.refuse('prev', 'there when seq is above 0');
  if (block.prev !== null && !block.parents.includes(block.prev)) fields.refuse('prev', 'one of the parents');
}

function decodeParents(fields: Fields, most: number): readonly BlockId[] {
  const parents = fields.links('parents', most);
  const isSorted = parents.every((id, index) => index === 0 || (parents[index - 1] ?? '') < id);
  if (!isSorted) fields.refuse('parents', 'sorted and without duplicates');
  return parents;
}

function decodeTime(value: unknown): BlockTime {
  const fields = new Fields(value, 'block_form', 'time');
  const time: BlockTime = {
    wallMs: fields.integer('wall', 0),
    boot: fields.bytes('boot', BOOT_BYTES),
    monotonicMs: fields.integer('mono', 0),
    quality: fields.choice('quality', QUALITIES),
  };
  fields.end();
  return time;
}

function decodeEntry(value: unknown, caps: BlockCaps): Entry {
  const fields = new Fields(value, 'block_form', 'entry');
  const entry: Entry = {
    dapp: fields.text('dapp', DAPP_NAME, 'a dapp name'),
    ver: fields.text('ver', VERSION, 'a version such as 0.1.0'),
    kind: fields.text('kind', KIND_NAME, 'a kind name'),
    re: decodeRef(fields.raw('re'), caps.entriesMax),
    size: fields.integer('size', 0, caps.bodyBytesMax),
    body: fields.bytes('body', BODY_HASH_BYTES),
  };
  fields.end();
  return entry;
}

function decodeRef(value: unknown, entriesMax: number): EntryRef | null {
  if (value === null) return null;
  const fields = new Fields(value, 'block_form', 're');
  const ref: EntryRef = { block: fields.link('block'), index: fields.integer('index', 0, entriesMax - 1) };
  fields.end();
  return ref;
}
