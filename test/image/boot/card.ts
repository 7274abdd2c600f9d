import { execFileSync } from 'node:child_process';
import { statSync, truncateSync } from 'node:fs';
import { PARTS } from '../../../image/disk/layout.ts';

/** A card: the image as it was published, in a file of its own, and what people do to it in their computers. */

const ENV = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, MTOOLS_SKIP_CHECK: '1' };
const GIB = 2 ** 30;

export class Card {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static at(path: string): Card {
    return new Card(path);
  }

  /** @param gib how large the card is; absent: as large as the image. */
  static copy(image: string, path: string, gib?: number): Card {
    execFileSync('cp', ['--sparse=always', image, path]);
    if (gib !== undefined) truncateSync(path, gib * GIB);
    return new Card(path);
  }

  get bytes(): number {
    return statSync(this.path).size;
  }

  /** Puts a file on the FAT partition. */
  write(name: string, content: string | Uint8Array): void {
    execFileSync('mcopy', ['-o', '-D', 'o', '-i', this.#fat, '-', `::/${name}`], { env: ENV, input: content });
  }

  /** A file of the FAT partition. */
  read(name: string): string {
    return execFileSync('mcopy', ['-i', this.#fat, `::/${name}`, '-'], { env: ENV, encoding: 'utf8' });
  }

  /** Copies a file of the FAT partition to the file `to`. */
  take(name: string, to: string): void {
    execFileSync('mcopy', ['-n', '-i', this.#fat, `::/${name}`, to], { env: ENV });
  }

  /** Copies a file of slot A. */
  takeFromSlot(path: string, to: string): void {
    execFileSync('debugfs', ['-R', `dump ${path} ${to}`, `${this.path}?offset=${PARTS.SLOT_A.start}`], {
      env: ENV,
      stdio: 'ignore',
    });
  }

  /** Runs commands of debugfs in the file system of the data partition. */
  inData(commands: readonly string[]): string {
    const input = commands.map((one) => `${one}\n`).join('');
    const disk = `${this.path}?offset=${PARTS.DATA.start}`;
    return execFileSync('debugfs', ['-w', '-f', '-', disk], { env: ENV, input, encoding: 'utf8' });
  }

  /** How large the file system of the data partition is, also of a card whose power went. */
  get dataBytes(): number {
    const words = ['-c', '-R', 'stats -h', `${this.path}?offset=${PARTS.DATA.start}`];
    const text = execFileSync('debugfs', words, { env: ENV, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const field = (name: string) => Number(new RegExp(`^${name}: +(\\d+)$`, 'm').exec(text)?.[1]);
    return field('Block count') * field('Block size');
  }

  get #fat(): string {
    return `${this.path}@@${PARTS.BOOT.start}`;
  }
}
