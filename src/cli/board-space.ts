import { chmodSync, existsSync, lchownSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { announceDevices } from '../node/announce.ts';
import { boardPaths, putFile } from '../node/board/board-files.ts';
import { type CardNote, note, noteOf } from '../node/board/card-note.ts';
import type { CardResult } from '../node/board/import-card.ts';
import { type BoardSettings, writeSettings } from '../node/board/settings.ts';
import { initSpace } from '../node/init.ts';
import { ledgerPath } from '../node/space-folder.ts';
import { bootId, systemClock, systemRandomness } from '../node/system.ts';
import { zoneRule } from '../node/system-zone.ts';
import { createProcessRunner } from '../sandbox/process-runner.ts';
import { syncFile, writeFileDurably } from '../store/files.ts';
import { hasOrders, obeyOrders } from './board-orders.ts';
import type { Environment } from './environment.ts';
import { FIRST_DAPPS } from './init.ts';
import { showProgress } from './progress.ts';
import { openSession } from './session.ts';

/** Whom the files of the space belong to. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface BoardSpace {
  /** The folder of the space. */
  readonly folder: string;
  /** What the board keeps. */
  readonly board: string;
  readonly owner: Owner | null;
}

const CONFIG = 'blockmesh.toml';

/**
 * Gives the space its configuration and does what the card asks of it; where there is no space, one is made first, aside,
 * and put in its place when it is whole, with its first door. @returns what could not be done.
 */
export async function provideSpace(
  place: BoardSpace,
  { settings, identity, config, isNewConfig }: CardResult,
  environment: Environment,
): Promise<readonly CardNote[]> {
  const { folder, board, owner } = place;
  const isThere = existsSync(ledgerPath(folder));
  if (!isThere && settings.space.new === false) {
    return [note('space_awaited', 'this board waits for a space', '`blockmesh restore FILE` puts one here.')];
  }
  if (!isThere && existsSync(folder) && readdirSync(folder).length > 0) {
    return [note('space_unclear', `${folder} holds files, but no ledger`, 'Look at them by SSH; nothing was changed.')];
  }
  const at = isThere ? folder : `${folder}.new`;
  const notes = isThere ? [] : await makeSpace(place, at, { settings, identity, config }, environment);
  if (isThere && isNewConfig) putFile(join(at, CONFIG), config, 0o644);
  let done: { readonly settings: BoardSettings; readonly notes: readonly CardNote[] } = { settings, notes: [] };
  try {
    if (hasOrders(settings)) done = await obeyed(at, settings, environment);
  } finally {
    // Also after orders that failed: the node could not open a ledger whose files are root's.
    if (owner !== null) give(at, owner);
  }
  if (!isThere) {
    syncFile(at);
    renameSync(at, folder);
    syncFile(dirname(folder));
  }
  writeSettings(boardPaths(board).settings, done.settings);
  return [...notes, ...done.notes];
}

async function obeyed(folder: string, settings: BoardSettings, environment: Environment) {
  // A door may only have devices that are known in the ledger; the node tells of them at its start.
  const session = await openSession(folder, environment, false, announceDevices);
  try {
    return await obeyOrders(session, settings);
  } finally {
    await session.close();
  }
}

/** @returns what could not be done as the card asks. */
async function makeSpace(
  { board }: BoardSpace,
  folder: string,
  { settings, identity, config }: Pick<CardResult, 'settings' | 'identity' | 'config'>,
  environment: Environment,
): Promise<readonly CardNote[]> {
  const { founder } = boardPaths(board);
  // What a power cut left there was never a space.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700, recursive: true });
  mkdirSync(founder, { mode: 0o700, recursive: true });
  chmodSync(founder, 0o700);
  putFile(join(folder, CONFIG), config, 0o644);
  const notes: CardNote[] = [];
  const hostName = settings.board.hostname ?? identity.hostName;
  const { recoveryKey } = await initSpace({
    folder,
    dappsFolder: environment.dapps,
    dapps: FIRST_DAPPS,
    spaceName: settings.space.name ?? hostName,
    founderName: settings.space.admin ?? 'Founder',
    nodeName: hostName,
    founderKey: { keyFile: join(founder, 'founder.json') },
    orders: { breakGlass: [], zone: zoneOf(settings, notes) },
    configExample: environment.configExample,
    clock: systemClock('timesync'),
    randomness: systemRandomness,
    boot: bootId(),
    runner: createProcessRunner({ path: environment.programPath }),
    log: pino({ level: 'warn' }, pino.destination(2)),
    progress: showProgress,
  });
  writeFileDurably(join(founder, 'recovery-key.txt'), `${recoveryKey}\n`, 0o600);
  return notes;
}

function zoneOf({ space, board }: BoardSettings, notes: CardNote[]): string | null {
  const zone = space.zone ?? board.timezone;
  if (zone === undefined) return null;
  try {
    return zoneRule(zone);
  } catch (error) {
    notes.push(noteOf(error));
    return null;
  }
}

function give(path: string, owner: Owner): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) give(inner, owner);
    else lchownSync(inner, owner.uid, owner.gid);
  }
  lchownSync(path, owner.uid, owner.gid);
}
