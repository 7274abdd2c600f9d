import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, glob, link, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Package, packageLines } from '../archive/package.ts';
import { DISK_BYTES } from '../disk/layout.ts';
import type { StageResult } from '../stage.ts';
import type { Workshop } from '../workshop.ts';
import { imagerEntry, imagerList } from './imager.ts';
import type { Sizes } from './sizes.ts';
import { type NpmPackage, spdxOf } from './spdx.ts';

export interface Published {
  /** `disk.img.zst` and `disk.bmap`. */
  readonly packed: StageResult;
  readonly disk: StageResult;
  readonly rootfs: StageResult;
  readonly firmware: StageResult;
  /** All packages of Debian that the build took, and those of which anything is on the card. */
  readonly debian: { readonly all: readonly Package[]; readonly onCard: readonly Package[] };
  readonly npm: readonly NpmPackage[];
  readonly sizes: Sizes;
}

const SUMS = 'SHA256SUMS';
const LIST = 'imager.json';

/**
 * Lays an image and all that is told about it into `build`, by the names under which they are published.
 * @returns their paths, the image first.
 */
export async function publish(shop: Workshop, parts: Published): Promise<readonly string[]> {
  const { board, build, version, epochS, architecture } = shop;
  const name = `${board.name}-${version}`;
  const at = (end: string): string => join(build, `${name}.${end}`);
  for await (const path of glob(`${name}.*`, { cwd: build })) await rm(join(build, path));
  const image = at('img.zst');
  await link(join(parts.packed.folder, 'disk.img.zst'), image);
  await copyFile(join(parts.disk.folder, 'disk.bmap'), at('img.bmap'));
  for (const file of await readdir(join(parts.firmware.folder, 'beside'))) {
    await copyFile(join(parts.firmware.folder, 'beside', file), at(file));
  }
  await writeFile(at('sizes.json'), `${JSON.stringify(parts.sizes, null, 2)}\n`);
  await writeFile(at('packages'), packageLines(byName(parts.debian.all)));
  const bill = { name: `blockmesh-${board.name}`, version, epochS, release: architecture.release };
  await writeFile(at('spdx.json'), spdxOf({ ...bill, debian: byName(parts.debian.onCard), npm: parts.npm }));
  await packLicences(shop, join(parts.rootfs.folder, 'licences'), at('licences.tar.zst'));
  const entry = imagerEntry({
    board,
    version,
    epochS,
    url: basename(image),
    packedBytes: (await stat(image)).size,
    packedSha256: await sha256OfFile(image),
    bytes: DISK_BYTES,
    sha256: await sha256OfFile(join(parts.disk.folder, 'disk.img')),
  });
  if (board.devices.length > 0) await writeFile(at(LIST), `${JSON.stringify(entry, null, 2)}\n`);
  await writeList(build, version);
  await writeSums(build, version);
  const made = (await readdir(build)).filter((one) => one.startsWith(`${name}.`)).sort();
  return [image, ...made.map((one) => join(build, one)).filter((one) => one !== image), join(build, SUMS)];
}

function byName(packages: readonly Package[]): readonly Package[] {
  return [...packages].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function packLicences({ commands, epochS }: Workshop, folder: string, to: string): Promise<void> {
  const tar = to.replace(/\.zst$/, '');
  const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=a=rX,u+w', '--format=gnu'];
  await commands.run('tar', ['-c', '-f', tar, '-C', folder, ...same, `--mtime=@${epochS}`, '.']);
  await commands.run('zstd', ['-q', '-19', '--rm', '-f', tar, '-o', to]);
}

/** One list for the images of all boards that were built in this version. */
async function writeList(build: string, version: string): Promise<void> {
  const names = (await readdir(build)).filter((name) => name.endsWith(`-${version}.${LIST}`)).sort();
  const entries = await Promise.all(
    names.map(async (name): Promise<unknown> => JSON.parse(await readFile(join(build, name), 'utf8'))),
  );
  await writeFile(join(build, LIST), imagerList(entries));
}

async function writeSums(build: string, version: string): Promise<void> {
  const names = (await readdir(build)).filter((name) => name.includes(`-${version}.`)).sort();
  const lines = await Promise.all(names.map(async (name) => `${await sha256OfFile(join(build, name))}  ${name}\n`));
  await writeFile(join(build, SUMS), lines.join(''));
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
