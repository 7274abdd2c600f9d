import { join } from 'node:path';
import { execa } from 'execa';
import { ENGINE_FLAGS } from '../../src/cli/engine-flags.ts';
import { RELEASE } from './bench-space.ts';
import type { Bench, Measured, Work } from './row.ts';

const GIB = 1024 ** 3;
const MB = 1e6;
const KIB = 1024;
const BLOB_GIB = 2;
const BLOB_GIB_FULL = 20;
const SMALL_MIB = 1;
const RSS_MB_MAX = 150;
const NAME = 'rss_blob';

/** @param isFull whether the blob has 20 GiB. */
export function blobMemoryBench(isFull: boolean): Bench {
  return { names: [NAME], run: async (work) => [await measure(work, isFull ? BLOB_GIB_FULL : BLOB_GIB)] };
}

/** Peak memory of `blob put`, of a stream without a pattern; against that of a small one. */
async function measure(work: Work, gib: number): Promise<Measured> {
  const small = await peakMb(work, SMALL_MIB * KIB * KIB);
  work.say(`${SMALL_MIB} MiB: ${small.toFixed(0)} MB`);
  const large = await peakMb(work, gib * GIB);
  return {
    row: {
      name: NAME,
      value: large,
      unit: 'MB',
      against: `a blob of ${SMALL_MIB} MiB; the other has ${gib} GiB`,
      yardstick: small,
      ratio: large / small,
      budget: `<= ${RSS_MB_MAX} MB`,
      holds: large <= RSS_MB_MAX,
    },
    ours: { count: 1, least: large, most: large },
    yardsticks: { count: 1, least: small, most: small },
  };
}

/** As GNU time has it, in MB. */
async function peakMb(work: Work, bytes: number): Promise<number> {
  const store = join(work.folder, `${bytes}.db`);
  const main = [...ENGINE_FLAGS, join(RELEASE, 'src/cli/main.ts')];
  await execa(process.execPath, [...main, 'store', 'init', store]);
  // A cipher's stream: nothing in it comes twice, and it takes the processor less than a disk would.
  const noise = 'openssl enc -aes-128-ctr -pass pass:bench -nosalt -pbkdf2 -in /dev/zero 2>/dev/null';
  const put = '/usr/bin/time --format %M "$@" blob put - --name noise --store "$0"';
  const script = `set -e; ${noise} | head --bytes ${bytes} | ${put}`;
  const { stderr } = await execa('bash', ['-c', script, store, process.execPath, ...main]);
  await execa('rm', ['--force', store, `${store}-reserve`, `${store}-wal`, `${store}-shm`]);
  return (Number(stderr.split('\n').at(-1)) * KIB) / MB;
}
