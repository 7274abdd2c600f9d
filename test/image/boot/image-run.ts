import { copyFileSync, existsSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ImageBoard, imageBoard } from './boards.ts';
import { Card } from './card.ts';
import { cardText } from './card-text.ts';
import { type BuiltImage, builtImage } from './image.ts';
import { layKit } from './kit.ts';
import { makeKey, RunningBoard, type RunOptions } from './running.ts';

/** A card of the image with the test's wires, and boards that are started from it. */

export interface TestCard {
  readonly board: ImageBoard;
  readonly image: BuiltImage;
  readonly card: Card;
  readonly folder: string;
}

export interface CardWishes {
  /** What is written into blockmesh.toml, given the public key for SSH. */
  readonly text?: (key: string) => string;
  readonly gib?: number;
}

const IMAGE_BYTES_MAX = 2 ** 31;

/** Makes a card of the newest image for the board `name`. It lies in a folder of this process, which `discard` deletes. */
export async function makeCard(name: string, { text, gib }: CardWishes = {}): Promise<TestCard> {
  const board = imageBoard(name);
  const image = await builtImage(board.image);
  const folder = join(image.scratch, `run-${process.pid}`);
  // Whoever was stopped has left a card behind.
  for (const path of globSync(join(image.scratch, 'run-*'))) {
    const pid = path.slice(path.lastIndexOf('-') + 1);
    if (pid === `${process.pid}` || !existsSync(`/proc/${pid}`)) rmSync(path, { recursive: true });
  }
  mkdirSync(folder, { recursive: true });
  const key = makeKey(folder);
  const round = board.isCardRound ? IMAGE_BYTES_MAX / 2 ** 30 : undefined;
  const size = gib ?? round;
  const card = Card.copy(image.path, join(folder, 'card.img'), size);
  card.write('blockmesh.toml', text === undefined ? cardText({ key }) : text(key));
  layKit(card, board.words);
  takeFirmware(board, image, card, folder);
  return { board, image, card, folder };
}

/** Puts what QEMU starts the board with into `folder`. */
export function takeFirmware(board: ImageBoard, image: BuiltImage, card: Card, folder: string): void {
  for (const { name, in: place, path } of board.firmware) {
    const to = join(folder, name);
    if (place === 'beside') copyFileSync(image.beside(path), to);
    else if (place === 'fat') card.take(path, to);
    else card.takeFromSlot(path, to);
  }
}

export async function start(
  { board, card, folder }: TestCard,
  options: Pick<RunOptions, 'hasNetwork' | 'words' | 'clockBaseS'> & { readonly disk?: string } = {},
): Promise<RunningBoard> {
  return await RunningBoard.on({
    board,
    firmware: (file) => join(folder, file),
    disk: `file=${card.path}`,
    folder,
    ...options,
  });
}

export function discard({ folder }: TestCard): void {
  rmSync(folder, { recursive: true, force: true });
}
