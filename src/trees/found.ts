import type { FileLook } from '../chunks/ports.ts';
import type { Attribute, Meta } from '../chunks/tree/entry.ts';
import type { AnswerFields } from './answer-fields.ts';

/** What stands in a directory, as `blockmesh-trees` tells it. */
export type Found = FoundEntry | LostEntry;

/** A name of which the kernel says no more than why: it is gone, or nobody may look. */
export interface LostEntry {
  readonly name: Uint8Array;
  readonly kind: 'lost';
  /** An error number, above 0. */
  readonly code: number;
}

export interface FoundEntry {
  readonly name: Uint8Array;
  readonly look: FileLook;
  readonly kind: FoundKind;
  readonly meta: Meta;
  readonly links: number;
  readonly major: number;
  readonly minor: number;
  /** Of a symbolic link. */
  readonly target: Uint8Array;
  readonly hasHoles: boolean;
  /** Of a small file, when it was looked at; null: to be asked for. */
  readonly content: Uint8Array | null;
  /** Extended attributes could not be read, or are too large: there are none in `meta`. */
  readonly hasLostAttributes: boolean;
}

type FoundKind = 'socket' | 'symlink' | 'file' | 'block' | 'directory' | 'character' | 'fifo' | 'other';

const KINDS: ReadonlyMap<number, FoundKind> = new Map([
  [0o140000, 'socket'],
  [0o120000, 'symlink'],
  [0o100000, 'file'],
  [0o060000, 'block'],
  [0o040000, 'directory'],
  [0o020000, 'character'],
  [0o010000, 'fifo'],
]);
const KIND_BITS = 0o170000;
const RIGHTS = 0o7777;
const HOLES = 1;
const ATTRIBUTES_LOST = 2;
const CONTENT = 4;
const NS_A_SECOND = 1_000_000_000n;

export function foundIn(fields: AnswerFields): Found {
  const name = fields.bytes(fields.u16());
  const code = fields.u32();
  if (code !== 0) return { name, kind: 'lost', code };
  const { look, modified } = lookIn(fields);
  const mode = fields.u32();
  const [uid, gid, links, major, minor] = [fields.u32(), fields.u32(), fields.u32(), fields.u32(), fields.u32()];
  const target = fields.bytes(fields.u16());
  const flags = fields.u32();
  const attributes = attributesIn(fields);
  return {
    name,
    look,
    kind: KINDS.get(mode & KIND_BITS) ?? 'other',
    meta: { mode: mode & RIGHTS, uid, gid, modified, attributes },
    links,
    major,
    minor,
    target,
    content: (flags & CONTENT) === 0 ? null : fields.bytes(fields.u32()),
    hasHoles: (flags & HOLES) !== 0,
    hasLostAttributes: (flags & ATTRIBUTES_LOST) !== 0,
  };
}

export function lookIn(fields: AnswerFields): { readonly look: FileLook; readonly modified: Meta['modified'] } {
  const device = fields.u64();
  const inode = fields.u64();
  const bytes = fields.i64();
  const modified = { seconds: fields.i64(), nanoseconds: fields.u32() };
  const changed = { seconds: fields.i64(), nanoseconds: fields.u32() };
  return { look: { device, inode, bytes, modifiedNs: nsOf(modified), changedNs: nsOf(changed) }, modified };
}

export function isSameLook(a: FileLook, b: FileLook): boolean {
  return (
    a.device === b.device &&
    a.inode === b.inode &&
    a.bytes === b.bytes &&
    a.modifiedNs === b.modifiedNs &&
    a.changedNs === b.changedNs
  );
}

function nsOf({ seconds, nanoseconds }: Meta['modified']): bigint {
  return BigInt(seconds) * NS_A_SECOND + BigInt(nanoseconds);
}

function attributesIn(fields: AnswerFields): readonly Attribute[] {
  return Array.from({ length: fields.u16() }, () => {
    const nameLength = fields.u16();
    const valueLength = fields.u32();
    return { name: fields.bytes(nameLength), value: fields.bytes(valueLength) };
  });
}
