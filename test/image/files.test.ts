import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { BOOT_BOARDS, type BootBoard } from '../../image/boot/boards.ts';
import { bootScriptText, writeBootScript } from '../../image/boot/boot-script.ts';
import { fillFat } from '../../image/boot/fat-files.ts';
import { raucConfiguration } from '../../image/boot/rauc.ts';
import { fillSlotBoot } from '../../image/boot/slot-boot.ts';
import { decodeSlotStates, encodeSlotState } from '../../image/boot/slot-state.ts';
import { decodeEnvironment, encodeEnvironment } from '../../image/boot/uboot-env.ts';
import { encodeCpio } from '../../image/initramfs/cpio.ts';
import { makeInitramfs } from '../../image/initramfs/initramfs.ts';
import { collectModules } from '../../image/initramfs/modules.ts';
import { RELEASE } from '../machine/release.ts';

/** The files of the boot path, read by the programs they are made for where this machine has them. */

const EPOCH_S = 1_700_000_000;

function makeFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'bm-boot-files-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

function boardOf(name: string): BootBoard {
  const board = BOOT_BOARDS[name];
  if (board === undefined) throw new Error(`there is no board ${name}`);
  return board;
}

t.test('an environment is what mkenvimage makes', async (t) => {
  const folder = makeFolder(t);
  const source = join(folder, 'text');
  const out = join(folder, 'env');
  const word = fc.stringMatching(/^\w{1,12}$/).filter((name) => name !== '__proto__');
  // mkenvimage takes a backslash at the end of a line, and a # at its beginning, for its own.
  const value = fc.stringMatching(/^[ -~]{0,30}[!-[\]-~]$/);
  const property = fc.property(fc.dictionary(word, value, { maxKeys: 6 }), (values) => {
    const bytes = encodeEnvironment(values, 1024);
    const back = decodeEnvironment(bytes);
    writeFileSync(
      source,
      Object.entries(values)
        .map(([name, one]) => `${name}=${one}\n`)
        .join(''),
    );
    execFileSync('mkenvimage', ['-p', '0', '-s', '1024', '-o', out, source]);
    t.strictSame({ ...back }, { ...values });
    return Object.keys(values).length === 0 || Buffer.from(bytes).equals(readFileSync(out));
  });
  fc.assert(property, { numRuns: 50 });
});

t.test('every bit of an environment is under its CRC', async (t) => {
  const bytes = encodeEnvironment({ generation: '1', BOOT_ORDER: 'A B' }, 256);
  const property = fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
    const wrong = Uint8Array.from(bytes);
    wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return decodeEnvironment(wrong) === undefined;
  });
  fc.assert(property);
  t.equal(decodeEnvironment(new Uint8Array(3)), undefined);
});

t.test('the state of a new card', async (t) => {
  const partition = encodeSlotState();
  t.equal(partition.length, 1024 * 1024);
  const first = { generation: '1', BOOT_ORDER: 'A B', BOOT_A_LEFT: '3', BOOT_B_LEFT: '3' };
  t.strictSame(decodeSlotStates(partition), [first, { ...first, generation: '3' }], 'and the one it would follow');
});

t.test('boot scripts', async (t) => {
  const folder = makeFolder(t);
  for (const [name, board] of Object.entries(BOOT_BOARDS)) {
    const [one, two] = [join(folder, `${name}-1`), join(folder, `${name}-2`)];
    writeBootScript(board, one, EPOCH_S);
    writeBootScript(board, two, EPOCH_S);
    t.ok(readFileSync(one).equals(readFileSync(two)), `${name}: the same again`);
    const shown = execFileSync('mkimage', ['-l', one], { encoding: 'utf8' });
    t.match(shown, board.scriptFormat === 'fit' ? /FIT description/ : /Image Type:.*Script/);
    const text = bootScriptText(board);
    t.notMatch(text, /^[^#]*setexpr/m, `${name}: AM335x's U-Boot has no setexpr`);
    const quotes = text.split('\n').filter((line) => !line.startsWith('#') && (line.split("'").length - 1) % 2 === 1);
    t.strictSame(quotes, [], `${name}: quotes are closed`);
    // A name that nothing sets would be empty, and a command with it would do something else.
    const used = [...text.matchAll(/\$\{(bm_\w+)\}/g)].map(([, variable = '']) => variable);
    const set = new Set(
      [...text.matchAll(/(?:setenv|for|part uuid \S+ \S+|part start \S+ \S+ \S+) (bm_\w+)/g)].map(([, v]) => v),
    );
    t.strictSame([...new Set(used.filter((variable) => !set.has(variable)))], [], `${name}: every name is set`);
  }
  t.notMatch(bootScriptText(boardOf('beaglebone')), /booti/);
});

t.test('memory: what U-Boot loads does not overlap, and lies in the first 256 MiB', async (t) => {
  for (const [name, { addresses, processor }] of Object.entries(BOOT_BOARDS)) {
    const start = name.startsWith('virt') ? 0x4000_0000 : processor === 'arm' ? 0x8000_0000 : 0;
    const at = (hex: string) => Number.parseInt(hex, 16) - start;
    const mib = 1024 * 1024;
    const room: Readonly<Record<string, number>> = {
      // An unpacked kernel for arm64 has 52 MB today.
      kernel: 64 * mib,
      unpacked: 64 * mib,
      tree: 2 * mib,
      overlay: mib,
      scratch: mib,
      initramfs: 16 * mib,
    };
    const places = Object.entries(addresses).map(([part, hex]) => ({
      part,
      from: at(hex),
      to: at(hex) + (room[part] ?? 0),
    }));
    places.sort((a, b) => a.from - b.from);
    for (const [index, place] of places.entries()) {
      t.ok(place.to <= (places[index + 1]?.from ?? 256 * mib), `${name}: ${place.part} ends before the next`);
    }
  }
});

t.test('a slot: what U-Boot finds there', async (t) => {
  const folder = makeFolder(t);
  const path = (name: string) => join(folder, name);
  mkdirSync(path('trees/any/depth'), { recursive: true });
  writeFileSync(path('kernel'), Buffer.alloc(100_000, 'kernel'));
  writeFileSync(path('initramfs'), 'initramfs');
  const parts = { kernel: path('kernel'), initramfs: path('initramfs'), trees: path('trees') };
  t.throws(() => fillSlotBoot(boardOf('rpi'), parts, path('boot')), { code: 'no_device_tree' });
  for (const name of boardOf('rpi').firmware?.trees ?? []) writeFileSync(path(`trees/any/depth/${name}`), name);
  fillSlotBoot(boardOf('rpi'), parts, path('boot'));
  t.same(gunzipSync(readFileSync(path('boot/vmlinuz'))), readFileSync(path('kernel')), 'packed for U-Boot');
  t.ok(statSync(path('boot/dtbs/broadcom/bcm2837-rpi-3-b.dtb')).isFile());
  t.ok(readdirSync(path('boot/overlays')).includes('uart0-header.dtbo'));
  const env = readFileSync(path('boot/boot.env'), 'utf8');
  // The CRC of these nine letters, as gzip writes it.
  t.match(env, /^initramfs_size=9\ninitramfs_crc=e7194024\ninitramfs_crc_swapped=244019e7\n/m);

  fillFat(boardOf('rpi'), path('fat'), EPOCH_S, path('trees'));
  t.match(readFileSync(path('fat/config.txt'), 'utf8'), /^kernel=u-boot\.bin$/m);
  t.equal(statSync(path('fat/levels.txt')).size, 512, 'one sector');
  t.match(decodeEnvironment(readFileSync(path('fat/uboot.env'))), { bootdelay: '-2' }, 'no byte stops U-Boot');
  t.ok(statSync(path('fat/bcm2712-d-rpi-5-b.dtb')).isFile());
  t.throws(() => fillFat(boardOf('rpi'), path('fat'), EPOCH_S), { code: 'no_device_tree' });
});

t.test('archives for the kernel', async (t) => {
  const folder = makeFolder(t);
  const content = Buffer.from('hello\n');
  const archive = encodeCpio(
    [
      { path: 'bin', kind: 'folder', mode: 0o755 },
      { path: 'bin/hello', kind: 'file', mode: 0o755, content },
      { path: 'bin/link', kind: 'link', mode: 0o777, content: Buffer.from('hello') },
      { path: 'console', kind: 'character', mode: 0o600, device: [5, 1] },
    ],
    EPOCH_S,
  );
  const listed = execFileSync('cpio', ['-tv', '--quiet', '--numeric-uid-gid'], {
    input: archive,
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
  });
  t.match(listed, /^drwxr-xr-x +2 0 +0 .* bin$/m);
  t.match(listed, /^-rwxr-xr-x +1 0 +0 +6 Nov 14 +2023 bin\/hello$/m);
  t.match(listed, /^lrwxrwxrwx .* bin\/link -> hello$/m);
  t.match(listed, /^crw------- +1 0 +0 +5, +1 .* console$/m);
  execFileSync('cpio', ['-id', '--quiet', 'bin/hello', 'bin'], { input: archive, cwd: folder });
  t.equal(readFileSync(join(folder, 'bin/hello'), 'utf8'), 'hello\n');
});

t.test('modules come after what they need', async (t) => {
  const folder = makeFolder(t);
  const kernel = join(folder, 'usr/lib/modules/7.3/kernel/drivers');
  mkdirSync(kernel, { recursive: true });
  const module = (name: string, depends: string) => `\u007fELF\0name=${name}\0depends=${depends}\0more`;
  writeFileSync(join(kernel, 'mmc-top.ko'), module('mmc_top', 'middle,built_in'));
  writeFileSync(join(kernel, 'middle.ko.xz'), execFileSync('xz', ['-c'], { input: module('middle', 'base-part') }));
  writeFileSync(join(kernel, 'base_part.ko'), module('base_part', ''));
  writeFileSync(join(folder, 'usr/lib/modules/7.3/modules.builtin'), 'kernel/drivers/built-in.ko\n');
  const found = collectModules(folder, ['mmc_top', 'built-in', 'base-part']);
  t.strictSame(
    found.map(({ name }) => name),
    ['base_part', 'middle', 'mmc_top'],
  );
  t.equal(Buffer.from(found[1]?.bytes ?? []).toString('latin1'), module('middle', 'base-part'), 'unpacked');
  t.throws(() => collectModules(folder, ['nothing']), { code: 'no_module', message: /no module nothing/ });

  const busybox = join(folder, 'busybox');
  writeFileSync(busybox, 'busybox');
  const make = () => makeInitramfs({ busybox, kernel: folder, modules: ['mmc_top'] }, EPOCH_S);
  const archive = make();
  t.ok(Buffer.from(archive).equals(make()), 'the same again');
  const listed = execFileSync('cpio', ['-t', '--quiet'], { input: zstdDecompressSync(archive), encoding: 'utf8' });
  for (const name of ['init', 'bin/busybox', 'dev/console', 'modules/mmc_top.ko', 'modules/order', 'slot']) {
    t.ok(listed.split('\n').includes(name), name);
  }
});

t.test('overlays change the trees they are for', async (t) => {
  const sources = readdirSync(join(RELEASE, 'hw/overlays'));
  t.strictSame(
    sources.sort(),
    Object.values(BOOT_BOARDS)
      .flatMap(({ overlays }) => overlays ?? [])
      .sort(),
  );
});

t.test("RAUC's configuration names our program and both slots", async (t) => {
  const text = raucConfiguration('rpi');
  t.match(text, /^compatible=blockmesh-rpi$/m);
  t.match(text, /^bootloader-custom-backend=\/usr\/lib\/blockmesh\/slot-state$/m);
  t.strictSame(
    [...text.matchAll(/^bootname=(.)$/gm)].map(([, name]) => name),
    ['A', 'B'],
  );
});

t.test('a question to RAUC starts the unit that answers', (t) => {
  const name = 'de.pengutronix.rauc';
  const read = (path: string) => readFileSync(join(RELEASE, path), 'utf8');
  const bus = 'image/rootfs/usr/share/dbus-1';
  const unit = /^SystemdService=(.*)$/m.exec(read(`${bus}/system-services/${name}.service`))?.[1];
  t.match(read(`systemd/${unit}`), new RegExp(`^BusName=${name}$`, 'm'));
  const policies = read(`${bus}/system.d/${name}.conf`).match(/<policy [^>]*>/g);
  t.strictSame(policies, ['<policy user="root">'], 'nobody but root may ask it');
  t.end();
});
