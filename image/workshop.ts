import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Architecture, readArchitecture } from './architecture.ts';
import { Apt } from './archive/apt.ts';
import { type Board, readBoard } from './board.ts';
import { Commands } from './command.ts';
import type { Progress } from './progress.ts';
import { Cache } from './stage.ts';

/** What every stage of one build has at hand. */
export interface Workshop {
  /** The folder of this checkout. */
  readonly top: string;
  /** `image` in it. */
  readonly image: string;
  /** `build/image`: all that a build writes. */
  readonly build: string;
  /** Packages of Debian as they were downloaded. */
  readonly debs: string;
  readonly board: Board;
  readonly architecture: Architecture;
  readonly version: string;
  /** The time of everything in the image, in seconds since 1970. */
  readonly epochS: number;
  readonly apt: Apt;
  readonly commands: Commands;
  readonly cache: Cache;
  readonly progress: Progress;
}

export interface WorkshopOptions {
  readonly top: string;
  /** Where results are written and kept between builds. */
  readonly build: string;
  readonly board: string;
  readonly version: string;
  readonly epochS: number;
}

export async function openWorkshop(options: WorkshopOptions, progress: Progress): Promise<Workshop> {
  const { top, build, version, epochS } = options;
  const image = join(top, 'image');
  const board = await readBoard(image, options.board);
  const architecture = await readArchitecture(image, board.architecture);
  await mkdir(join(build, 'cache'), { recursive: true });
  const log = join(build, `${board.name}.log`);
  await rm(log, { force: true });
  const commands = new Commands(log, epochS);
  const cache = new Cache(join(build, 'cache'), progress);
  const apt = new Apt(join(build, 'cache', `apt-${board.architecture}`), architecture, commands);
  const debs = join(build, 'cache', 'debs');
  return { top, image, build, debs, board, architecture, version, epochS, apt, commands, cache, progress };
}
