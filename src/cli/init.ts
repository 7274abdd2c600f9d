import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { pino } from 'pino';
import { idText } from '../format/ids.ts';
import { initSpace } from '../node/init.ts';
import { bootId, systemClock, systemRandomness } from '../node/system.ts';
import { zoneRule } from '../node/system-zone.ts';
import { createProcessRunner } from '../sandbox/process-runner.ts';
import { type CommonOptions, collect, common, requireFolderSaid } from './command.ts';
import type { Environment } from './environment.ts';
import { plain, print } from './output.ts';
import { newPassphrase } from './passphrase.ts';
import { showProgress } from './progress.ts';

interface InitCommandOptions extends CommonOptions {
  readonly name: string;
  readonly founder: string;
  readonly nodeName: string;
  readonly keyFile?: string;
  readonly passphraseFile?: string;
  readonly breakGlass: readonly string[];
  readonly zone?: string;
}

const FOUNDER_KEY = {
  what: 'the founder’s key',
  advice: 'Use --passphrase-file, or --key-file to keep the founder’s key in a file of your own.',
};

/** What a new space decides by, until an admin installs more. */
export const FIRST_DAPPS = ['membership', 'door'];

export function initCommand(program: Command, environment: Environment): void {
  const command = program
    .command('init')
    .description('make a new space: its keys, its root block, its blockmesh.toml')
    .requiredOption('--name <name>', 'name of the space')
    .requiredOption(
      '--founder <name>',
      'your name; the founder’s key is the first admin, a badge of your own needs `member add`',
    )
    .option('--node-name <name>', 'name of this board in the ledger', hostname())
    .option('--key-file <path>', 'keep the founder’s key open in this file (made if not there) and not in the folder')
    .option('--passphrase-file <path>', 'take the passphrase that seals the founder’s key from this file')
    .option(
      '--break-glass <number>',
      'a card that opens in an emergency, by the 10 digits on it (repeat, up to 8)',
      collect,
      [],
    )
    .option('--zone <zone>', 'the time zone of the space: Europe/Berlin, or a POSIX TZ rule (default: UTC0)');
  common(command, environment, [
    'init --folder /var/lib/blockmesh --name "Makerspace Nord" --founder "Ada Lovelace"',
    'init --folder ~/shed --name Shed --founder Ada --zone Europe/Berlin --break-glass 0009362416',
    'init --folder ~/shed --name Shed --founder Ada --key-file /media/stick/ada.json',
  ]);
  command.action((options: InitCommandOptions) => {
    requireFolderSaid(command, environment);
    return init(options, environment);
  });
}

async function init(options: InitCommandOptions, environment: Environment): Promise<void> {
  const folder = resolve(options.folder);
  const founderKey =
    options.keyFile === undefined
      ? { passphrase: await newPassphrase(options.passphraseFile, FOUNDER_KEY) }
      : { keyFile: resolve(options.keyFile) };
  const { mesh, recoveryKey } = await initSpace({
    folder,
    dappsFolder: environment.dapps,
    dapps: FIRST_DAPPS,
    spaceName: options.name,
    founderName: options.founder,
    nodeName: options.nodeName,
    founderKey,
    orders: { breakGlass: options.breakGlass, zone: options.zone === undefined ? null : zoneRule(options.zone) },
    configExample: environment.configExample,
    clock: systemClock('timesync'),
    randomness: systemRandomness,
    boot: bootId(),
    runner: createProcessRunner({ path: environment.programPath }),
    log: pino({ level: 'warn' }, pino.destination(2)),
    progress: showProgress,
  });
  const result = { folder, mesh: idText(mesh), recoveryKey };
  print(result, options.json === true, () =>
    [
      `${plain(options.name)} is founded in ${folder}`,
      `  mesh          ${result.mesh}`,
      `  recovery key  ${recoveryKey.match(/.{8}/g)?.join(' ')}`,
      '',
      'Write the recovery key down and keep it away from this machine: it is shown this once and stored nowhere.',
      glassText(options.breakGlass.length),
      `Next: name your reader and output in ${join(folder, 'blockmesh.toml')}, start blockmesh-pins, then \`blockmesh run\`.`,
    ].join('\n'),
  );
}

function glassText(cards: number): string {
  if (cards > 0)
    return `Break-glass cards: ${cards}. Keep them sealed and known to few: each opens every door that nobody has locked down or disabled.`;
  return 'There is no break-glass card; `blockmesh badge break-glass NUMBER` adds one for when the clock or a plan fails.';
}
