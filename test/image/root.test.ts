import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { readLines, readPackageLists } from '../../image/architecture.ts';
import { chooseModules, parseDependencies } from '../../image/kernel/modules.ts';
import { writeBoardFiles } from '../../image/root/board-files.ts';
import { layTree } from '../../image/root/lay-tree.ts';
import { prunePaths, removePackages, takeLicences } from '../../image/root/prune.ts';
import { lockedPasswords, settleRoot } from '../../image/root/settle.ts';

const IMAGE = join(import.meta.dirname, '../../image');

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

t.test('our files get one of two modes, and are not written through links', async (t) => {
  const folder = t.testdir({
    from: { a: 'new', run: '#!/bin/sh', deep: { link: t.fixture('symlink', '../a') } },
    to: { elsewhere: 'kept', a: t.fixture('symlink', 'elsewhere'), run: 'old' },
  });
  const [from, to] = [join(folder, 'from'), join(folder, 'to')];
  chmodSync(join(from, 'a'), 0o600);
  chmodSync(join(from, 'run'), 0o710);
  await layTree(from, to);
  t.equal(readFileSync(join(to, 'a'), 'utf8'), 'new');
  t.equal(readFileSync(join(to, 'elsewhere'), 'utf8'), 'kept');
  t.equal(statSync(join(to, 'a')).mode & 0o777, 0o644);
  t.equal(statSync(join(to, 'run')).mode & 0o777, 0o755);
  t.equal(readlinkSync(join(to, 'deep/link')), '../a');
});

t.test('packages are taken away with the folders that only they have', async (t) => {
  const root = t.testdir();
  write(root, {
    'usr/lib/perl/a.pm': '',
    'usr/lib/shared/perl': '',
    'usr/lib/shared/other': '',
    'var/lib/dpkg/info/perl-base:arm64.list':
      '/.\n/usr\n/usr/lib\n/usr/lib/perl\n/usr/lib/perl/a.pm\n/usr/lib/shared/perl\n/gone\n',
    'var/lib/dpkg/info/perl-modules.list': '/usr/lib/shared/other\n',
    'usr/share/doc/perl-base/copyright': 'as you like',
    'usr/share/common-licenses/GPL-3': 'GPL',
  });
  const licences = join(root, 'licences');
  await takeLicences(root, licences);
  await removePackages(root, ['perl-base']);
  t.notOk(existsSync(join(root, 'usr/lib/perl')));
  t.same(readdirSync(join(root, 'usr/lib/shared')), ['other']);
  t.equal(readFileSync(join(licences, 'perl-base/copyright'), 'utf8'), 'as you like');
  t.equal(readFileSync(join(licences, 'common-licenses/GPL-3'), 'utf8'), 'GPL');
  await t.rejects(removePackages(root, ['perl']), { code: 'not_installed', fields: { package: 'perl' } });
});

t.test('what no two builds have alike is taken away, and put right', async (t) => {
  const root = t.testdir();
  const shadow = 'root:$y$secret:20000:0:99999:7:::\nsshd:!:20001::::::\n';
  write(root, {
    'etc/shadow': shadow,
    'etc/shadow-': shadow,
    'etc/machine-id': 'b08dfa6083e7567a1921a715000001fb\n',
    'etc/ssh/ssh_host_ed25519_key': 'private',
    'etc/ssh/sshd_config': 'kept',
    'etc/resolv.conf': 'nameserver 192.0.2.1',
    'var/cache/ldconfig/aux-cache': 'x',
    'usr/share/doc/a/readme': 'x',
    'usr/lib/os-release': 'x',
  });
  await prunePaths(root, await readLines(join(IMAGE, 'packages/pruned.txt')));
  await settleRoot(root, 86_400 * 20_500);
  t.same(readdirSync(join(root, 'etc/ssh')), ['sshd_config']);
  t.equal(readFileSync(join(root, 'etc/machine-id'), 'utf8'), '');
  t.equal(readFileSync(join(root, 'etc/shadow'), 'utf8'), 'root:*:20500:0:99999:7:::\nsshd:*:20500::::::\n');
  t.equal(readlinkSync(join(root, 'etc/resolv.conf')), '../run/systemd/resolve/stub-resolv.conf');
  t.same(readdirSync(join(root, 'var')), []);
  t.equal(statSync(join(root, 'usr/lib/clock-epoch')).mtimeMs, 86_400_000 * 20_500);
  for (const gone of ['etc/shadow-', 'usr/share/doc']) t.notOk(existsSync(join(root, gone)), gone);
});

t.test('no line of a file of passwords keeps one', async (t) => {
  t.equal(lockedPasswords('a:secret:1:0:99999:7:::\n\n', 86_400 * 3), 'a:*:3:0:99999:7:::\n\n');
});

t.test('a root says what it is', async (t) => {
  const root = t.testdir();
  await writeBoardFiles(root, { version: '1.2.3', board: 'rpi', built: 7 });
  const release: unknown = JSON.parse(readFileSync(join(root, 'usr/lib/blockmesh/release.json'), 'utf8'));
  t.same(release, { version: '1.2.3', board: 'rpi', built: 7 });
  t.match(readFileSync(join(root, 'etc/rauc/system.conf'), 'utf8'), /^compatible=blockmesh-rpi$/m);
  t.equal(readlinkSync(join(root, 'usr/bin/blockmesh')), '../lib/blockmesh/blockmesh');
  t.ok(lstatSync(join(root, 'etc/systemd/system/systemd-firstboot.service')).isSymbolicLink());
});

const DEPENDENCIES = `kernel/drivers/mmc/host/sdhci.ko.xz: kernel/drivers/mmc/core/mmc_core.ko.xz
kernel/drivers/mmc/core/mmc_core.ko.xz:
kernel/net/a/b/deep.ko: kernel/net/a.ko kernel/net/c.ko
kernel/net/a.ko: kernel/net/c.ko
kernel/net/c.ko:
kernel/sound/snd.ko.xz:
`;

t.test('modules are chosen with all that they need', async (t) => {
  const needs = parseDependencies(DEPENDENCIES);
  const builtIn = 'kernel/fs/ext4/ext4.ko\n';
  const choose = (...wanted: readonly string[]): readonly string[] => [...chooseModules(needs, wanted, builtIn)].sort();
  t.same(choose('drivers/mmc/**'), ['kernel/drivers/mmc/core/mmc_core.ko.xz', 'kernel/drivers/mmc/host/sdhci.ko.xz']);
  t.same(choose('net/a/**'), ['kernel/net/a.ko', 'kernel/net/a/b/deep.ko', 'kernel/net/c.ko']);
  t.same(choose('drivers/mmc/host/sdhci', 'net/c'), [
    'kernel/drivers/mmc/core/mmc_core.ko.xz',
    'kernel/drivers/mmc/host/sdhci.ko.xz',
    'kernel/net/c.ko',
  ]);
  t.same(choose('fs/ext4/ext4', 'drivers/gone?'), [], 'what is built in is there');
  t.throws(() => choose('drivers/gone'), { code: 'no_module', fields: { pattern: 'kernel/drivers/gone' } });
});

t.test('lists of packages have no doubles and nothing that is taken away again', async (t) => {
  const removed = await readLines(join(IMAGE, 'packages/removed.txt'));
  for (const one of ['arm64', 'armhf']) {
    const names = await readPackageLists(IMAGE, ['common', one]);
    t.ok(names.length > 15 && names.includes('rauc'));
    t.same(
      names.filter((name) => removed.includes(name)),
      [],
    );
    t.ok(names.every((name) => /^[a-z0-9][a-z0-9+.-]+$/.test(name)));
  }
});
