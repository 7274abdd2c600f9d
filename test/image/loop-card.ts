import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Test } from 'tap';
import { newFolder } from '../store/open-store.ts';

/** A card as the image makes it, on a loop device: its third partition is the data partition, of 128 MiB. */

const LIB = join(import.meta.dirname, '../../image/rootfs/usr/lib/blockmesh');
const MIB = 1024 * 1024;
const SECTOR_BYTES = 512;
const DATA_AT = 1700 * MIB;
const DATA_BYTES = 128 * MIB;
const TABLE = `label: dos
label-id: 0x424d0001
unit: sectors
1 : start=8192, size=262144, type=c
3 : start=${DATA_AT / SECTOR_BYTES}, size=${DATA_BYTES / SECTOR_BYTES}, type=83
`;

export interface Ran {
  readonly code: number | null;
  readonly text: string;
}

export class LoopCard {
  readonly #root: string;
  readonly device: string;

  private constructor(root: string, device: string) {
    this.#root = root;
    this.device = device;
  }

  /** @param bytes of the whole card; the file has holes. */
  static make(t: Test, bytes: number): LoopCard {
    if (process.getuid?.() !== 0) throw new Error('loop devices are for root: run the tests of the image as root');
    const root = newFolder(t);
    const image = join(root, 'card.img');
    writeFileSync(image, '');
    truncateSync(image, bytes);
    execFileSync('sfdisk', ['-q', image], { input: TABLE });
    const device = execFileSync('losetup', ['--show', '-f', image], { encoding: 'utf8' }).trim();
    const card = new LoopCard(root, device);
    t.teardown(() => card.#clear());
    // Not every kernel reads tables of partitions by itself.
    execFileSync('partx', ['--add', device]);
    for (const name of ['card', 'run']) mkdirSync(join(root, name));
    card.format();
    return card;
  }

  get part(): string {
    return `${this.device}p3`;
  }

  /** Formats the data partition as the build of the image does. */
  format(): void {
    const env = { ...process.env, MKE2FS_CONFIG: join(LIB, 'mke2fs-data.conf') };
    execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-T', 'blockmesh-data', '-L', 'bm-data', this.part], { env });
  }

  /** Runs `data-disk`. @param programs a folder with programs that take the place of the system's. */
  run(mode: 'partition' | 'filesystem', programs?: string): Ran {
    const path = (name: string) => join(this.#root, name);
    const names = { BM_DISK: basename(this.device), BM_CARD: path('card'), BM_RUN: path('run') };
    const env = { ...names, BM_MKE2FS: join(LIB, 'mke2fs-data.conf'), ...(programs ? { BM_PROGRAMS: programs } : {}) };
    const { status, stdout, stderr } = spawnSync('dash', [join(LIB, 'data-disk'), mode], { env, encoding: 'utf8' });
    return { code: status, text: stdout + stderr };
  }

  put(name: string, content: string): void {
    writeFileSync(join(this.#root, 'card', name), content);
  }

  remove(name: string): void {
    rmSync(join(this.#root, 'card', name), { force: true });
  }

  path(name: string): string {
    return join(this.#root, name);
  }

  /** Writes over some bytes of a device. */
  overwrite(device: string, at: number, bytes: Uint8Array): void {
    execFileSync(
      'dd',
      [`of=${device}`, 'bs=64k', `seek=${at}`, 'oflag=seek_bytes', 'conv=notrunc,fsync', 'status=none'],
      { input: bytes },
    );
  }

  /** The first sectors of the card. */
  begin(sectors: number): Buffer {
    return execFileSync('dd', [`if=${this.device}`, 'bs=512', `count=${sectors}`, 'status=none']);
  }

  /** Length of the data partition in bytes: by the table on the card, and by the kernel. */
  lengths(): readonly [table: number, kernel: number] {
    const mbr = this.begin(1);
    const sectors = Number(readFileSync(`/sys/class/block/${basename(this.part)}/size`, 'utf8'));
    return [mbr.readUInt32LE(490) * SECTOR_BYTES, sectors * SECTOR_BYTES];
  }

  /** Runs `task` with the data partition mounted. */
  mounted<T>(task: (folder: string) => T): T {
    const folder = join(this.#root, 'data');
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', [this.part, folder]);
    try {
      return task(folder);
    } finally {
      execFileSync('umount', [folder]);
    }
  }

  #clear(): void {
    spawnSync('umount', [join(this.#root, 'data')]);
    spawnSync('partx', ['--delete', this.device]);
    execFileSync('losetup', ['-d', this.device]);
  }
}
