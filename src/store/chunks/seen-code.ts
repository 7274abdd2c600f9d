import { CodedError } from '../../base/errors.ts';
import { ENTRY_BYTES_MAX } from '../../base/limits-chunks.ts';
import type { FileLook } from '../../chunks/ports.ts';
import type { Content } from '../../chunks/tree/entry.ts';
import { decodeValue, encodeValue } from '../../format/codec.ts';
import { Fields } from '../../format/fields.ts';

/** How the rows of seen files are written. A look is only ever compared. */

export function encodeLook({ device, inode, bytes, modifiedNs, changedNs }: FileLook): Uint8Array {
  return Buffer.from([device, inode, BigInt(bytes), modifiedNs, changedNs].join(' '), 'latin1');
}

export function encodeContent(content: Content): Uint8Array {
  return encodeValue({ ...content });
}

/** null: what the disk made of it is none. */
export function decodeContent(bytes: Uint8Array): Content | null {
  try {
    return contentOf(bytes);
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
}

function contentOf(bytes: Uint8Array): Content {
  const value = decodeValue(bytes, ENTRY_BYTES_MAX);
  const fields = new Fields(value, 'seen_form', 'seen file');
  if (fields.has('inline')) {
    const inline = fields.raw('inline');
    return inline instanceof Uint8Array ? { inline } : fields.refuse('inline', 'bytes');
  }
  return {
    digest: fields.bytes('digest', 32),
    height: fields.integer('height', 0, Number.MAX_SAFE_INTEGER),
    length: fields.integer('length', 0, Number.MAX_SAFE_INTEGER),
  };
}
