import {
  BLOB_BYTES_MAX,
  ENTRY_ATTRIBUTES_MAX,
  ENTRY_BYTES_MAX,
  INLINE_BYTES_MAX,
  LIST_HEIGHT_MAX,
  NAME_IN_TREE_BYTES_MAX,
  SYMLINK_BYTES_MAX,
} from '../../base/limits-chunks.ts';
import { decodeValue, encodeValue } from '../../format/codec.ts';
import { Fields } from '../../format/fields.ts';
import type { Attribute, Content, Entry, Meta, Node } from './entry.ts';
import { isName, namesOf } from './names.ts';

/**
 * An entry as bytes: canonical DAG-CBOR of a map with short names, for a tree has millions. What is as it mostly is does
 * not stand there: no nanoseconds, no attributes, no holes.
 */

const LETTERS = {
  file: 'f',
  directory: 'd',
  symlink: 'l',
  character: 'c',
  block: 'b',
  fifo: 'p',
  hardlink: 'h',
} as const;

const RIGHTS_MAX = 0o7777;
const ID_MAX = 2 ** 32 - 2;
const DEVICE_MAX = 2 ** 32 - 1;
const NANOSECONDS_MAX = 999_999_999;
const DIGEST_BYTES = 32;

export function encodeEntry(entry: Entry): Uint8Array {
  const head = { n: entry.name, t: LETTERS[entry.kind] };
  if (entry.kind === 'hardlink') return encodeValue({ ...head, to: entry.to });
  const { mode, uid, gid, modified, attributes } = entry.meta;
  return encodeValue({
    ...head,
    m: mode,
    u: uid,
    g: gid,
    s: modified.seconds,
    ...(modified.nanoseconds === 0 ? {} : { ns: modified.nanoseconds }),
    ...(attributes.length === 0 ? {} : { x: attributes.map(({ name, value }) => [name, value]) }),
    ...nodeFields(entry),
  });
}

function nodeFields(node: Node): Readonly<Record<string, unknown>> {
  switch (node.kind) {
    case 'file':
      return { ...contentFields(node.content), ...(node.hasHoles ? { o: true } : {}) };
    case 'directory':
      return contentFields(node.content);
    case 'symlink':
      return { to: node.target };
    case 'character':
    case 'block':
      return { d: [node.major, node.minor] };
    case 'fifo':
      return {};
  }
}

function contentFields(content: Content): Readonly<Record<string, unknown>> {
  if ('inline' in content) return { c: content.inline };
  return { id: content.digest, h: content.height, z: content.length };
}

/**
 * An entry as it came from anywhere.
 * @throws entry_form with the field that is wrong; the codes of `decodeValue`.
 */
export function decodeEntry(bytes: Uint8Array): Entry {
  const fields = new Fields(decodeValue(bytes, ENTRY_BYTES_MAX), 'entry_form', 'entry');
  const name = bytesIn(fields, 'n', NAME_IN_TREE_BYTES_MAX);
  if (!isName(name)) fields.refuse('n', 'a name: no slash, no zero, neither . nor ..');
  const entry = { name, ...rest(fields) };
  fields.end();
  return entry;
}

function rest(fields: Fields) {
  const letter = fields.choice('t', Object.values(LETTERS));
  if (letter === LETTERS.hardlink) return { kind: 'hardlink', to: pathIn(fields) } as const;
  return { ...nodeIn(fields, letter), meta: metaIn(fields) };
}

function nodeIn(fields: Fields, letter: Exclude<(typeof LETTERS)[keyof typeof LETTERS], 'h'>): Node {
  switch (letter) {
    case 'f':
      return { kind: 'file', content: contentIn(fields), hasHoles: isTrue(fields, 'o') };
    case 'd':
      return { kind: 'directory', content: contentIn(fields) };
    case 'l': {
      const target = bytesIn(fields, 'to', SYMLINK_BYTES_MAX);
      if (target.length === 0 || target.includes(0)) fields.refuse('to', 'a target without a zero');
      return { kind: 'symlink', target };
    }
    case 'c':
    case 'b': {
      const [major, minor] = integers(fields, 'd', 2, DEVICE_MAX);
      return { kind: letter === 'c' ? 'character' : 'block', major: major ?? 0, minor: minor ?? 0 };
    }
    case 'p':
      return { kind: 'fifo' };
  }
}

function metaIn(fields: Fields): Meta {
  const nanoseconds = fields.has('ns') ? fields.integer('ns', 1, NANOSECONDS_MAX) : 0;
  return {
    mode: fields.integer('m', 0, RIGHTS_MAX),
    uid: fields.integer('u', 0, ID_MAX),
    gid: fields.integer('g', 0, ID_MAX),
    modified: { seconds: fields.integer('s', Number.MIN_SAFE_INTEGER), nanoseconds },
    attributes: fields.has('x') ? attributesIn(fields) : [],
  };
}

function attributesIn(fields: Fields): readonly Attribute[] {
  const list = fields.list('x', ENTRY_ATTRIBUTES_MAX);
  if (list.length === 0) fields.refuse('x', 'absent when there is none');
  const attributes = list.map((pair): Attribute => {
    const [name, value] = Array.isArray(pair) && pair.length === 2 ? (pair as unknown[]) : [];
    if (!(name instanceof Uint8Array && value instanceof Uint8Array)) return fields.refuse('x', 'pairs of bytes');
    if (name.length === 0 || name.length > NAME_IN_TREE_BYTES_MAX || name.includes(0)) fields.refuse('x', 'named');
    return { name, value };
  });
  for (const [index, { name }] of attributes.entries()) {
    const before = attributes[index - 1];
    if (before !== undefined && Buffer.compare(before.name, name) >= 0) fields.refuse('x', 'sorted, each name once');
  }
  return attributes;
}

function contentIn(fields: Fields): Content {
  if (fields.has('c')) return { inline: bytesIn(fields, 'c', INLINE_BYTES_MAX) };
  return {
    digest: fields.bytes('id', DIGEST_BYTES),
    height: fields.integer('h', 0, LIST_HEIGHT_MAX),
    length: fields.integer('z', INLINE_BYTES_MAX + 1, BLOB_BYTES_MAX),
  };
}

function pathIn(fields: Fields): Uint8Array {
  const path = bytesIn(fields, 'to', ENTRY_BYTES_MAX);
  if (namesOf(path) === null) fields.refuse('to', 'a path of names from the root of the snapshot');
  return path;
}

function isTrue(fields: Fields, field: string): boolean {
  if (!fields.has(field)) return false;
  if (fields.raw(field) !== true) fields.refuse(field, 'true or absent');
  return true;
}

function bytesIn(fields: Fields, field: string, most: number): Uint8Array {
  const value = fields.raw(field);
  if (!(value instanceof Uint8Array) || value.length > most) return fields.refuse(field, `at most ${most} bytes`);
  return value;
}

function integers(fields: Fields, field: string, count: number, most: number): readonly number[] {
  const list = fields.list(field, count);
  const isFit = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
  if (list.length !== count || !list.every(isFit)) fields.refuse(field, `${count} integers from 0 to ${most}`);
  return list as readonly number[];
}
