import { ENTRY_BYTES_MAX, NAME_IN_TREE_BYTES_MAX, SYMLINK_BYTES_MAX } from '../../base/limits-chunks.ts';
import { decodeValue, encodeValue, lendValue } from '../../format/codec.ts';
import { Fields } from '../../format/fields.ts';
import type { Content, Entry, Meta, Node } from './entry.ts';
import { attributesIn, bytesIn, contentIn, integers, isTrue, pathIn } from './entry-fields.ts';
import { isName } from './names.ts';

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

export function encodeEntry(entry: Entry): Uint8Array {
  return encodeValue(fieldsOf(entry));
}

/** @param headBytes zeros that come before it. @param take is lent the bytes. */
export function lendEntry<Result>(entry: Entry, headBytes: number, take: (bytes: Uint8Array) => Result): Result {
  return lendValue(fieldsOf(entry), headBytes, take);
}

function fieldsOf(entry: Entry): Readonly<Record<string, unknown>> {
  const head = { n: entry.name, t: LETTERS[entry.kind] };
  if (entry.kind === 'hardlink') return { ...head, to: entry.to };
  const { mode, uid, gid, modified, attributes } = entry.meta;
  return {
    ...head,
    m: mode,
    u: uid,
    g: gid,
    s: modified.seconds,
    ...(modified.nanoseconds === 0 ? {} : { ns: modified.nanoseconds }),
    ...(attributes.length === 0 ? {} : { x: attributes.map(({ name, value }) => [name, value]) }),
    ...nodeFields(entry),
  };
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
