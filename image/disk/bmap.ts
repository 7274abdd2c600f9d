import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { assert } from '../../src/base/assert.ts';
import { sha256Of } from '../key.ts';
import { type Range, sizeOf } from './ranges.ts';

export const BMAP_BLOCK_BYTES = 4096;
const NO_CHECKSUM = '0'.repeat(64);

/**
 * The map by which `bmaptool` writes only the blocks that hold something, in its format 2.0.
 *
 * What it leaves out keeps what an earlier image left on the card. So `mapped` has every block that a file system takes
 * for its own, zeros included, and not merely those that are not zero: an old journal must not be taken for the new.
 */
export async function makeBmap(image: string, bytes: number, mapped: readonly Range[]): Promise<string> {
  assert(bytes % BMAP_BLOCK_BYTES === 0, `an image is whole blocks: ${bytes}`);
  const ranges: string[] = [];
  for (const { first, last } of mapped) {
    const hash = createHash('sha256');
    const [start, end] = [first * BMAP_BLOCK_BYTES, (last + 1) * BMAP_BLOCK_BYTES - 1];
    for await (const chunk of createReadStream(image, { start, end })) hash.update(chunk);
    ranges.push(
      `        <Range chksum="${hash.digest('hex')}"> ${first === last ? first : `${first}-${last}`} </Range>\n`,
    );
  }
  const text = [
    '<?xml version="1.0" ?>\n<bmap version="2.0">\n',
    `    <ImageSize> ${bytes} </ImageSize>\n`,
    `    <BlockSize> ${BMAP_BLOCK_BYTES} </BlockSize>\n`,
    `    <BlocksCount> ${bytes / BMAP_BLOCK_BYTES} </BlocksCount>\n`,
    `    <MappedBlocksCount> ${sizeOf(mapped)} </MappedBlocksCount>\n`,
    '    <ChecksumType> sha256 </ChecksumType>\n',
    `    <BmapFileChecksum> ${NO_CHECKSUM} </BmapFileChecksum>\n`,
    `    <BlockMap>\n${ranges.join('')}    </BlockMap>\n</bmap>\n`,
  ].join('');
  return text.replace(NO_CHECKSUM, sha256Of(text));
}
