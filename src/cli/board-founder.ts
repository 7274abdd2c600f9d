import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { CodedError } from '../base/errors.ts';
import { boardPaths } from '../node/board/board-files.ts';
import { readText, syncFile } from '../store/files.ts';
import { type CommonOptions, common } from './command.ts';
import type { Environment } from './environment.ts';
import { print } from './output.ts';

interface FounderOptions extends CommonOptions {
  readonly board: string;
  readonly forget?: boolean;
}

export function founderCommand(board: Command, environment: Environment): void {
  const command = board
    .command('founder')
    .description(
      'show the founder’s key and the recovery key that the first start made, for a place away from this board',
    )
    .option('--board <path>', 'where the board keeps what it took up', '/data/board')
    .option('--forget', 'remove them from this board; they are nowhere else than where you have kept them');
  common(command, environment, ['board founder', 'board founder --json', 'board founder --forget']);
  command.action(({ board: folder, forget, json }: FounderOptions) => {
    const { founder } = boardPaths(resolve(folder));
    if (!existsSync(founder)) {
      throw new CodedError('founder_gone', `the founder’s key is not in ${founder}`, {
        fields: { path: founder },
        advice: 'It was made elsewhere, or taken away; this board works without it.',
      });
    }
    if (forget === true) {
      rmSync(founder, { recursive: true });
      syncFile(resolve(folder));
      print(
        { forgotten: true },
        json === true,
        () => 'The founder’s key and the recovery key are gone from this board.',
      );
      return;
    }
    const key = readText(join(founder, 'founder.json')).trim();
    const recoveryKey = readText(join(founder, 'recovery-key.txt')).trim();
    print({ key, recoveryKey }, json === true, () =>
      [
        'The founder’s key, for a file of your own:',
        key,
        `The recovery key: ${recoveryKey.match(/.{8}/g)?.join(' ')}`,
        'Keep both away from this board, then say `blockmesh board founder --forget`.',
      ].join('\n'),
    );
  });
}
