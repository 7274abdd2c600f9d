import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { builtOnce, treeKey } from '../machine/built.ts';
import { copyPrograms, makeImage, makeInitramfs } from '../machine/images.ts';
import { powerOnQemu } from '../machine/qemu.ts';
import { RELEASE } from '../machine/release.ts';
import type { Program } from '../node/program.ts';
import { newFolder } from '../store/open-store.ts';

/** A kernel of a board grows the data partition of a card, FAT and all, while its power is cut again and again. */

/** The kernel and busybox, unpacked by `make test-pins-parts`. */
const DEBIAN = join(RELEASE, 'build/pins-guest/debian/root');
const BUILD = join(RELEASE, 'build/growth');
const LIB = 'image/rootfs/usr/lib/blockmesh';
const MODULES = ['virtio_blk', 'ext4', 'vfat', 'nls_cp437', 'nls_ascii', 'nls_utf8'];
const SCRIPTS = ['data-disk', 'board-status', 'mke2fs-data.conf'];
const PROGRAMS = ['mke2fs', 'e2fsck', 'resize2fs', 'blkid', 'partx', 'mountpoint', 'dash'];
const TOOLS = [
  'env',
  'dd',
  'od',
  'cat',
  'tr',
  'rm',
  'mv',
  'cp',
  'mkdir',
  'basename',
  'readlink',
  'head',
  'sed',
  'sync',
];
const MORE_TOOLS = ['mount', 'df', 'awk', 'grep', 'cmp', 'stat', 'wc', 'date', 'cut', 'tail', 'hostname'];
const MIB = 1024 * 1024;
const CARD_BYTES = 128_000_000_000;
const DATA_AT = 1700 * MIB;
/** How long after the growth began, in ms: of an emulated machine, so where they hit is a matter of chance. */
const CUTS_MS = [60, 700];

interface Machine {
  readonly kernel: string;
  readonly initramfs: string;
  readonly system: string;
}

async function build(): Promise<Machine> {
  const [kernel] = globSync(join(DEBIAN, '{boot/vmlinuz-*,usr/lib/modules/*/vmlinuz}'));
  if (kernel === undefined) throw new Error('the parts of the machine are missing: run `make test-pins-parts` first');
  const init = 'test/image/growth-guest-init.sh';
  const files = [
    ...SCRIPTS.map((name) => join(LIB, name)),
    init,
    'test/image/growth.test.ts',
    'test/machine/images.ts',
  ];
  const folder = await builtOnce(BUILD, treeKey(kernel.slice(DEBIAN.length), files), async (draft) => {
    const busybox = join(DEBIAN, 'usr/bin/busybox');
    const parts = { debian: DEBIAN, busybox, programs: [], modules: MODULES, init: join(RELEASE, init) };
    makeInitramfs(parts, join(draft, 'initramfs'), join(draft, 'initramfs.cpio'));
    makeSystem(busybox, join(draft, 'system'), join(draft, 'system.img'));
  });
  return { kernel, initramfs: join(folder, 'initramfs.cpio'), system: join(folder, 'system.img') };
}

function makeSystem(busybox: string, folder: string, image: string): void {
  for (const name of ['proc', 'sys', 'dev', 'run', 'card', 'data', 'lib/bm', 'usr/lib/blockmesh']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const find = (name: string) => execFileSync('/bin/sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin command -v ${name}`]);
  const theirs = PROGRAMS.map((name) => [`sbin/${name}`, find(name).toString().trim()]);
  const tools = [...TOOLS, ...MORE_TOOLS].map((name) => [`bin/${name}`, busybox]);
  copyPrograms(
    Object.fromEntries([...theirs, ...tools, ['usr/bin/env', busybox], ['bin/sh', find('dash').toString().trim()]]),
    folder,
  );
  for (const name of SCRIPTS) {
    const to = name.endsWith('.conf') ? 'usr/lib/blockmesh' : 'lib/bm';
    copyFileSync(join(RELEASE, LIB, name), join(folder, to, name));
  }
  makeImage(folder, image, 256 * MIB, []);
  rmSync(folder, { recursive: true });
}

/** A card as the image makes it; a file with holes. */
function makeCard(t: Test): string {
  const folder = newFolder(t);
  const [card, part] = [join(folder, 'card.img'), join(folder, 'part.img')];
  writeFileSync(card, '');
  truncateSync(card, CARD_BYTES);
  const [start, size] = [DATA_AT / 512, (128 * MIB) / 512];
  execFileSync('sfdisk', ['-q', card], {
    input: `label: dos\nunit: sectors\n1: start=8192, size=${size}, type=c\n3: start=${start}, size=${size}, type=83\n`,
  });
  const put = (at: number) =>
    execFileSync('dd', [`if=${part}`, `of=${card}`, 'bs=1M', `seek=${at / MIB}`, 'conv=notrunc,sparse', 'status=none']);
  writeFileSync(part, '');
  truncateSync(part, 128 * MIB);
  execFileSync('mkfs.vfat', ['-F', '32', '-n', 'BLOCKMESH', part]);
  put(4 * MIB);
  rmSync(part);
  writeFileSync(part, '');
  truncateSync(part, 128 * MIB);
  const env = { ...process.env, MKE2FS_CONFIG: join(RELEASE, LIB, 'mke2fs-data.conf') };
  execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-T', 'blockmesh-data', '-L', 'bm-data', part], { env });
  put(DATA_AT);
  return card;
}

/** An emulated machine beside others takes its time: what a program of this one would have said by now is yet to come. */
const PATIENCE = 6;

async function came(program: Program, what: string): Promise<void> {
  const find = () => program.line((line) => line.startsWith(`bm:${what}`));
  for (let tries = 1; tries < PATIENCE && !program.hasEnded; tries += 1) {
    const isThere = await find().then(
      () => true,
      () => false,
    );
    if (isThere) return;
  }
  await find();
}

t.test('a card of 128 GB, and power cuts while it is grown', { timeout: 900_000 }, async (t) => {
  const machine = await build();
  const card = makeCard(t);
  const power = (word: string): Program => {
    const drives = [`file=${machine.system},readonly=on`, `file=${card},discard=unmap`];
    const { kernel, initramfs } = machine;
    const program = powerOnQemu({ kernel, initramfs, words: [word], drives, instructionNsLog2: 0 });
    t.teardown(() => program.kill());
    return program;
  };
  const said = (program: Program, what: string) => program.lines.filter((line) => line.startsWith(`bm:${what}`));
  const toEnd = async (program: Program) => {
    await came(program, 'ended');
    t.strictSame(said(program, 'failed'), [], program.lines.join('; '));
  };
  for (const [at, ms] of CUTS_MS.entries()) {
    const program = power('do=nothing');
    await came(program, 'growing');
    await pause(ms);
    await program.kill();
    t.strictSame(said(program, 'failed'), [], `before cut ${at}`);
    if (at > 0) t.strictSame(said(program, 'kept'), ['bm:kept growing'], 'what was there is there');
  }
  const whole = power('do=nothing');
  await toEnd(whole);
  t.strictSame(said(whole, 'kept'), ['bm:kept growing']);
  const mib = Number(said(whole, 'grown')[0]?.split(' ')[1]);
  const wanted = (CARD_BYTES - DATA_AT) / MIB;
  t.ok(mib > wanted * 0.95 && mib <= wanted, `${mib} of ${wanted} MiB can be used`);
  t.strictSame(said(whole, 'status'), ['bm:status 4096 1'], 'status.txt is on the FAT');

  const reset = power('do=reset');
  await toEnd(reset);
  t.strictSame(said(reset, 'kept'), [], 'it was erased');
  t.strictSame(said(reset, 'wish'), [], 'and the wish is gone from the FAT');
  t.ok(Number(said(reset, 'grown')[0]?.split(' ')[1]) > wanted * 0.95);
});
