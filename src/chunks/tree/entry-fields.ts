import {
  BLOB_BYTES_MAX,
  ENTRY_ATTRIBUTES_MAX,
  ENTRY_BYTES_MAX,
  INLINE_BYTES_MAX,
  LIST_HEIGHT_MAX,
  NAME_IN_TREE_BYTES_MAX,
} from '../../base/limits-chunks.ts';
import type { Fields } from '../../format/fields.ts';
import type { Attribute, Content } from './entry.ts';
import { namesOf } from './names.ts';

/** Parts of an entry, each checked as it is read. All throw what `fields` was given. */

const DIGEST_BYTES = 32;

export function attributesIn(fields: Fields): readonly Attribute[] {
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

export function contentIn(fields: Fields): Content {
  if (fields.has('c')) return { inline: bytesIn(fields, 'c', INLINE_BYTES_MAX) };
  return {
    digest: fields.bytes('id', DIGEST_BYTES),
    height: fields.integer('h', 0, LIST_HEIGHT_MAX),
    length: fields.integer('z', INLINE_BYTES_MAX + 1, BLOB_BYTES_MAX),
  };
}

export function pathIn(fields: Fields): Uint8Array {
  const path = bytesIn(fields, 'to', ENTRY_BYTES_MAX);
  if (namesOf(path) === null) fields.refuse('to', 'a path of names from the root of the snapshot');
  return path;
}

export function isTrue(fields: Fields, field: string): boolean {
  if (!fields.has(field)) return false;
  if (fields.raw(field) !== true) fields.refuse(field, 'true or absent');
  return true;
}

export function bytesIn(fields: Fields, field: string, most: number): Uint8Array {
  const value = fields.raw(field);
  if (!(value instanceof Uint8Array) || value.length > most) return fields.refuse(field, `at most ${most} bytes`);
  return value;
}

export function integers(fields: Fields, field: string, count: number, most: number): readonly number[] {
  const list = fields.list(field, count);
  const isFit = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
  if (list.length !== count || !list.every(isFit)) fields.refuse(field, `${count} integers from 0 to ${most}`);
  return list as readonly number[];
}
