import type { Attribute, FileTime } from '../tree/entry.ts';
import type { Header } from './header.ts';
import { type PaxRecord, timeIn, wholeNumber } from './records.ts';

/** What stands before a member beside its own header: records of pax, and GNU tar's long names. */
export interface Before {
  readonly globals: readonly PaxRecord[];
  readonly records: readonly PaxRecord[];
  readonly longPath: Uint8Array | null;
  readonly longLink: Uint8Array | null;
}

/** What is known of a member once all of it has been heard. */
export interface MemberHead {
  readonly path: Uint8Array;
  readonly link: Uint8Array;
  readonly size: number;
  readonly uid: number;
  readonly gid: number;
  readonly modified: FileTime;
  readonly major: number;
  readonly minor: number;
  /** Sorted, each name once. */
  readonly attributes: readonly Attribute[];
  readonly passedOver: readonly string[];
}

const ATTRIBUTE = 'SCHILY.xattr.';

const TWINS = new Map([
  ['SCHILY.acl.access', `${ATTRIBUTE}system.posix_acl_access`],
  ['SCHILY.acl.default', `${ATTRIBUTE}system.posix_acl_default`],
]);

const RIGHTS_ALONE = /^((user|group|other)::[-r][-w][-x][,\n]?)+$/;

/** What has no place in a snapshot, and nothing is lost without. */
const SPARE =
  /^(path|linkpath|size|uid|gid|mtime|atime|ctime|uname|gname|comment|charset|hdrcharset|SCHILY\.(dev|ino|nlink|devmajor|devminor|filetype|realsize|xattr\..+)|LIBARCHIVE\..+|GNU\.sparse\..+)$/;

/** Only these make sense for all members. */
export function isGlobal({ key }: PaxRecord): boolean {
  return /^(mtime|uid|gid)$/.test(key);
}

/** @throws tar_form. */
export function memberHead(header: Header, { globals, records, longPath, longLink }: Before): MemberHead {
  const said = (key: string): PaxRecord | null => {
    const own = records.findLast((each) => each.key === key) ?? globals.findLast((each) => each.key === key);
    // One without a value takes back what a global one said.
    return own === undefined || own.value.length === 0 ? null : own;
  };
  const number = (key: string, otherwise: number): number => {
    const record = said(key);
    return record === null ? otherwise : wholeNumber(record);
  };
  const time = said('mtime');
  return {
    path: said('GNU.sparse.name')?.value ?? said('path')?.value ?? longPath ?? header.path,
    link: said('linkpath')?.value ?? longLink ?? header.link,
    size: number('size', header.size),
    uid: number('uid', header.uid),
    gid: number('gid', header.gid),
    modified: time === null ? { seconds: header.modified, nanoseconds: 0 } : timeIn(time),
    major: number('SCHILY.devmajor', header.major),
    minor: number('SCHILY.devminor', header.minor),
    attributes: attributesIn(records),
    passedOver: records.filter((record) => !isSpare(record, records)).map(({ key }) => key),
  };
}

/**
 * Whether a record says nothing that is not kept. GNU tar tells of access lists in words, with --xattrs also as the
 * attributes that they are, and of such that are the rights of the file and no more.
 */
function isSpare({ key, value }: PaxRecord, records: readonly PaxRecord[]): boolean {
  const twin = TWINS.get(key);
  if (twin === undefined) return SPARE.test(key);
  const isRights = key === 'SCHILY.acl.access' && RIGHTS_ALONE.test(Buffer.from(value).toString('latin1'));
  return isRights || records.some((record) => record.key === twin);
}

function attributesIn(records: readonly PaxRecord[]): readonly Attribute[] {
  const byName = new Map<string, Uint8Array>();
  for (const { key, value } of records) {
    if (key.startsWith(ATTRIBUTE)) byName.set(decodedName(key.slice(ATTRIBUTE.length)), value);
  }
  const names = [...byName.keys()].sort();
  return names.map((name) => ({ name: Buffer.from(name, 'latin1'), value: byName.get(name) ?? Buffer.alloc(0) }));
}

export function attributeRecord({ name, value }: Attribute): PaxRecord {
  return { key: ATTRIBUTE + encodedName(Buffer.from(name).toString('latin1')), value };
}

/** GNU tar spells the sign that ends a key otherwise, and the sign it does so with. */
function encodedName(name: string): string {
  return name.replaceAll('%', '%25').replaceAll('=', '%3D');
}

function decodedName(name: string): string {
  return name.replaceAll('%3D', '=').replaceAll('%25', '%');
}
