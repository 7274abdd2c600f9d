import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { encodeSlotState } from '../../image/boot/slot-state.ts';
import { Commands } from '../../image/command.ts';
import { BMAP_BLOCK_BYTES, makeBmap } from '../../image/disk/bmap.ts';
import { type Contents, makeDisk, mappedBlocks } from '../../image/disk/disk.ts';
import { makeExt4 } from '../../image/disk/ext4.ts';
import { makeFat } from '../../image/disk/fat.ts';
import { DISK_BYTES, MIB, PARTS, uuidOf } from '../../image/disk/layout.ts';
import { complementOf, parseRanges, type Range, sizeOf } from '../../image/disk/ranges.ts';

const EPOCH_S = 1_700_000_000;
const DISK_ID = 'b10c00ff';
const SBIN = { env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` } };

function hashOfFile(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function commandsIn(folder: string): Commands {
  return new Commands(join(folder, 'log'), EPOCH_S);
}

/** A small root. What order its files are made in, and when, is up to the caller. */
function fillRoot(folder: string, names: readonly string[], when: Date): void {
  mkdirSync(join(folder, 'etc/deep'), { recursive: true });
  for (const name of names) {
    writeFileSync(join(folder, 'etc', name), name.repeat(5000));
    utimesSync(join(folder, 'etc', name), when, when);
  }
  // A hole in the middle of what is used: not to be taken for free.
  writeFileSync(
    join(folder, 'etc/deep/hollow'),
    Buffer.concat([Buffer.from('a'), Buffer.alloc(64 * 1024), Buffer.from('z')]),
  );
  chmodSync(join(folder, 'etc/deep/hollow'), 0o4755);
  symlinkSync('etc/deep', join(folder, 'link'));
}

async function makeContents(folder: string): Promise<Contents> {
  const commands = commandsIn(folder);
  const at = (name: string): string => join(folder, name);
  fillRoot(at('root'), ['b', 'a'], new Date());
  mkdirSync(at('fat/deep'), { recursive: true });
  writeFileSync(at('fat/blockmesh.toml'), '# mine\r\n');
  writeFileSync(at('fat/deep/start.elf'), Buffer.concat([Buffer.alloc(200_000), Buffer.from('end')]));
  const fat = { image: at('boot'), bytes: PARTS.BOOT.size, label: 'BLOCKMESH', id: DISK_ID, folder: at('fat') };
  await makeFat(commands, fat);
  writeFileSync(at('state'), encodeSlotState());
  const slot = { image: at('slot'), bytes: PARTS.SLOT_A.size, label: 'bm-a', uuid: uuidOf(DISK_ID, PARTS.SLOT_A) };
  await makeExt4(commands, { ...slot, folder: at('root'), isReadOnly: true, epochS: EPOCH_S });
  const data = { image: at('data'), bytes: PARTS.DATA.size, label: 'bm-data', uuid: uuidOf(DISK_ID, PARTS.DATA) };
  await makeExt4(commands, { ...data, isReadOnly: false, epochS: EPOCH_S });
  return { boot: at('boot'), state: at('state'), slotA: at('slot'), data: at('data') };
}

async function readAt(path: string, start: number, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    return (await file.read(Buffer.alloc(length), 0, length, start)).buffer;
  } finally {
    await file.close();
  }
}

t.test('a root gives the same file system whenever, and in whatever order, its files were made', async (t) => {
  const folder = t.testdir();
  const images = [];
  for (const [name, names, when] of [
    ['one', ['a', 'b', 'c', 'd'], new Date(0)],
    ['two', ['d', 'b', 'c', 'a'], new Date()],
  ] as const) {
    const image = join(folder, `${name}.ext4`);
    fillRoot(join(folder, name), names, when);
    const shape = { bytes: 64 * MIB, label: 'bm-a', uuid: uuidOf(DISK_ID, PARTS.SLOT_A), isReadOnly: true };
    await makeExt4(commandsIn(folder), { image, ...shape, folder: join(folder, name), epochS: EPOCH_S });
    images.push(image);
  }
  const [one = '', two = ''] = images;
  t.equal(hashOfFile(one), hashOfFile(two));
  const told = execFileSync('debugfs', ['-R', 'stat /etc/a', one], { ...SBIN, encoding: 'utf8', stdio: 'pipe' });
  t.match(told, /ctime: 0x6553f100/, 'the time at which a file was last changed is the build’s');
});

t.test('a FAT has no time of this machine in it', async (t) => {
  const folder = t.testdir({ fat: { 'blockmesh.toml': '# mine', deep: { file: 'x' } } });
  const image = join(folder, 'boot');
  const options = { bytes: PARTS.BOOT.size, label: 'BLOCKMESH', id: DISK_ID, folder: join(folder, 'fat') };
  await makeFat(commandsIn(folder), { image, ...options });
  const { ctimeMs } = statSync(image);
  const root = await readAt(image, 0, 4 * MIB);
  const year = (date: number): number => 1980 + (date >> 9);
  for (const name of ['BLOCKMESH  ', 'BLOCKM~1TOM', 'DEEP       ']) {
    const at = root.lastIndexOf(name, undefined, 'latin1');
    const [made, written] = [root.readUInt16LE(at + 16), root.readUInt16LE(at + 24)];
    const thisYear = new Date(ctimeMs).getFullYear();
    t.ok(at > 0 && [made, written].every((date) => year(date) < thisYear), `${name}: ${year(made)} ${year(written)}`);
  }
});

t.test('a disk has its partitions where boards look for them', async (t) => {
  const folder = t.testdir();
  const contents = await makeContents(folder);
  const disk = join(folder, 'disk.img');
  await makeDisk(commandsIn(folder), disk, DISK_ID, contents);
  const table = execFileSync('sfdisk', ['--json', disk], { ...SBIN, encoding: 'utf8' });
  const { partitiontable } = JSON.parse(table) as {
    partitiontable: { id: string; partitions: { node: string; start: number; size: number; bootable?: boolean }[] };
  };
  t.equal(partitiontable.id, `0x${DISK_ID}`);
  const found = partitiontable.partitions.map((one) => [Number(one.node.at(-1)), one.start * 512, one.size * 512]);
  t.same(
    found.sort(([a = 0], [b = 0]) => a - b),
    Object.values(PARTS)
      .map(({ number, start, size }) => [number, start, size])
      .sort(([a = 0], [b = 0]) => a - b),
  );
  t.equal(partitiontable.partitions.find((one) => one.bootable)?.start, PARTS.BOOT.start / 512, 'the ROM looks for it');
  t.equal(PARTS.DATA.start + PARTS.DATA.size, DISK_BYTES, 'the data partition is last, and can grow');

  t.test('the map has all that is used, whatever was on the card before', async (t) => {
    const bmap = join(folder, 'disk.bmap');
    const mapped = await mappedBlocks(commandsIn(folder), contents);
    writeFileSync(bmap, await makeBmap(disk, DISK_BYTES, mapped));
    t.ok(sizeOf(mapped) * BMAP_BLOCK_BYTES < 80 * MIB, `${sizeOf(mapped)} blocks are far from all`);
    const card = join(folder, 'card');
    writeFileSync(card, '');
    truncateSync(card, DISK_BYTES);
    await soil(card);
    execFileSync('bmaptool', ['-q', 'copy', '--bmap', bmap, disk, card], { stdio: 'pipe' });
    for (const { start, size } of [PARTS.SLOT_A, PARTS.DATA]) {
      const part = join(folder, `part-${start}`);
      writeFileSync(part, await readAt(card, start, size));
      t.doesNotThrow(() => execFileSync('e2fsck', ['-f', '-n', part], { ...SBIN, stdio: 'pipe' }));
    }
    const slot = join(folder, `part-${PARTS.SLOT_A.start}`);
    const hollow = execFileSync('debugfs', ['-R', 'cat /etc/deep/hollow', slot], { ...SBIN, stdio: 'pipe' });
    t.equal(hollow.length, 64 * 1024 + 2);
    t.ok(
      hollow.subarray(1, -1).every((byte) => byte === 0),
      'zeros in a file are zeros',
    );
    const fat = `${card}@@${PARTS.BOOT.start}`;
    const start = execFileSync('mtype', ['-i', fat, '::/deep/start.elf'], { stdio: 'pipe' });
    t.ok(start.equals(readFileSync(join(folder, 'fat/deep/start.elf'))));
    t.ok(
      (await readAt(card, PARTS.SLOT_B.start, MIB)).every((byte) => byte === 0),
      'an older slot B is no slot any more',
    );
    t.ok((await readAt(card, PARTS.STATE.start, MIB)).equals(Buffer.from(encodeSlotState())));
  });
});

/** Every sixteenth block of a card holds what an older image left; where it is not written over, it stays. */
async function soil(card: string): Promise<void> {
  const file = await open(card, 'r+');
  try {
    const old = Buffer.alloc(BMAP_BLOCK_BYTES, 0xa5);
    for (let at = 0; at < DISK_BYTES; at += 16 * BMAP_BLOCK_BYTES) await file.write(old, 0, old.length, at);
  } finally {
    await file.close();
  }
}

t.test('a part that does not fit is refused', async (t) => {
  const folder = t.testdir({ large: '' });
  const large = join(folder, 'large');
  truncateSync(large, PARTS.STATE.size + 1);
  const contents = { boot: large, state: large, slotA: large, data: large };
  await t.rejects(makeDisk(commandsIn(folder), join(folder, 'disk'), DISK_ID, contents), { code: 'part_too_large' });
});

const RANGE: fc.Arbitrary<Range> = fc
  .tuple(fc.nat(200), fc.nat(20))
  .map(([first, more]) => ({ first, last: first + more }));

t.test('what is not free is used, and nothing else', async () => {
  fc.assert(
    fc.property(fc.array(RANGE, { maxLength: 12 }), fc.integer({ min: 1, max: 250 }), (free, count) => {
      const isIn = (ranges: readonly Range[], at: number): boolean => {
        return ranges.some(({ first, last }) => first <= at && at <= last);
      };
      const used = complementOf(free, count);
      const wanted = Array.from({ length: count }, (_, at) => at).filter((at) => !isIn(free, at));
      return (
        sizeOf(used) === wanted.length &&
        wanted.every((at) => isIn(used, at)) &&
        used.every(({ first, last }, at) => last >= first && first > (used[at - 1]?.last ?? -2) + 1)
      );
    }),
  );
});

t.test('ranges are read as dumpe2fs prints them', async (t) => {
  t.same(parseRanges('1-5, 7, 9-12'), [
    { first: 1, last: 5 },
    { first: 7, last: 7 },
    { first: 9, last: 12 },
  ]);
  t.same(parseRanges(''), []);
});
