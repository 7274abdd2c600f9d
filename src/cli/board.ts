import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { execa } from 'execa';
import { boardPaths, putFile } from '../node/board/board-files.ts';
import { noteOf } from '../node/board/card-note.ts';
import { importCard } from '../node/board/import-card.ts';
import { lockImport } from '../node/board/import-lock.ts';
import { systemRandomness } from '../node/system.ts';
import { founderCommand } from './board-founder.ts';
import { type Owner, provideSpace } from './board-space.ts';
import { type CommonOptions, common } from './command.ts';
import type { Environment } from './environment.ts';
import { plain, print } from './output.ts';

interface ImportOptions extends CommonOptions {
  readonly card: string;
  readonly board: string;
  readonly owner?: Owner;
  readonly remount?: boolean;
  readonly rescue?: boolean;
}

const CARD = '/boot/firmware';
const BOARD = '/data/board';

export function boardCommands(program: Command, environment: Environment): void {
  const board = program.command('board').description('a board that boots from a card of ours: what is on the card');
  importCommand(board, environment);
  statusCommand(board, environment);
  founderCommand(board, environment);
}

function importCommand(board: Command, environment: Environment): void {
  const command = board
    .command('import')
    .description(
      'take up what is on the card: blockmesh.toml, and what Raspberry Pi Imager wrote; at the first start, make a space',
    )
    .option('--card <path>', 'where the first partition of the card is', CARD)
    .option('--board <path>', 'where the board keeps what it took up', BOARD)
    .option('--owner <uid:gid>', 'whom the files of the space are to belong to', owner)
    .option('--remount', 'mount the card writable for the moment in which passwords are taken off it')
    .option('--rescue', 'the data partition is not to be had: make no space, and take nothing off the card');
  common(command, environment, [
    'board import',
    'board import --card /media/card --board ~/board --folder ~/space',
    'board import --owner 980:980 --remount --folder /data/space',
  ]);
  command.action((options: ImportOptions) => importNow(options, environment));
}

async function importNow(options: ImportOptions, environment: Environment): Promise<void> {
  const unlock = lockImport(resolve(options.board));
  try {
    await importLocked(options, environment);
  } finally {
    unlock();
  }
}

async function importLocked(options: ImportOptions, environment: Environment): Promise<void> {
  const [card, board, folder] = [resolve(options.card), resolve(options.board), resolve(options.folder)];
  const result = await importCard({
    card,
    board,
    space: folder,
    randomness: systemRandomness,
    ...(options.rescue === true ? {} : { whileWritable: writer(card, options.remount === true) }),
  });
  const place = { folder, board, owner: options.owner ?? null };
  const notes = [...result.notes];
  try {
    if (options.rescue !== true) notes.push(...(await provideSpace(place, result, environment)));
  } catch (error) {
    notes.push(noteOf(error));
    throw error;
  } finally {
    putFile(boardPaths(board).notes, notes.map(({ text }) => `${text}\n`).join(''), 0o644);
  }
  const hostName = readFileSync(resolve(board, 'hostname'), 'utf8').trim();
  print({ hostName, folder, notes: notes.map((one) => ({ ...one })) }, options.json === true, () =>
    [`${plain(hostName)} has taken up what is on the card`, ...notes.map(({ text }) => `  ${plain(text)}`)].join('\n'),
  );
}

/** The card is read-only, for a power cut then finds nothing half written on the partition that the board boots from. */
function writer(card: string, mustMount: boolean): (task: () => void) => Promise<void> {
  const remount = async (how: 'rw' | 'ro') => {
    if (mustMount) await execa('mount', ['-o', `remount,${how}`, card]);
  };
  return async (task) => {
    await remount('rw');
    try {
      task();
    } finally {
      await remount('ro');
    }
  };
}

function owner(text: string): Owner {
  const [, uid, gid] = /^(\d{1,9}):(\d{1,9})$/.exec(text) ?? [];
  if (uid === undefined || gid === undefined) throw new InvalidArgumentError('It must be like 980:980.');
  return { uid: Number(uid), gid: Number(gid) };
}

function statusCommand(board: Command, environment: Environment): void {
  const command = board
    .command('status')
    .description('what the last import made of the card, and what it could not take up')
    .option('--board <path>', 'where the board keeps what it took up', BOARD);
  common(command, environment, ['board status', 'board status --json']);
  command.action(({ board: folder, json }: ImportOptions) => {
    const { notes, founder } = boardPaths(resolve(folder));
    const told = existsSync(notes) ? readFileSync(notes, 'utf8').split('\n').filter(Boolean) : null;
    const hasFounder = existsSync(founder);
    print({ imported: told !== null, notes: told ?? [], founderKeyHere: hasFounder }, json === true, () =>
      [
        ...(told === null ? ['nothing was taken up yet: `blockmesh board import`'] : []),
        ...(told?.length === 0 ? ['all of the card is taken up'] : (told ?? []).map(plain)),
        ...(hasFounder ? ['the founder’s key is still on this board: `blockmesh board founder` shows it'] : []),
      ].join('\n'),
    );
  });
}
