import { toHex } from '../../src/base/bytes.ts';
import { LentFolder } from '../../src/trees/lent-folder.ts';
import { seeded } from '../node/seeded.ts';
import { MemoryChunks } from './memory-chunks.ts';
import { create } from './trees.ts';

/** Bytes that no chunk compresses or repeats; the same for the same length. */
export function noiseOf(bytes: number): Buffer {
  const random = seeded(bytes);
  return Buffer.from(Array.from({ length: bytes }, () => random(256)));
}

/** Makes a snapshot of the folder that is named; prints its digest, its bytes, and whether a file was lent. */
async function main([folder = '']: readonly string[]): Promise<void> {
  const { read } = LentFolder.prototype;
  let how = 'pipe';
  LentFolder.prototype.read = function (...words) {
    how = 'lent';
    return read.apply(this, words);
  };
  const { digest, counts } = await create(folder, new MemoryChunks());
  process.stdout.write(`${toHex(digest)} ${counts.bytes} ${how}\n`);
}

if (import.meta.main) await main(process.argv.slice(2));
