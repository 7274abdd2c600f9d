import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { pino } from 'pino';
import { idText } from '../format/ids.ts';
import { initSpace } from '../node/init.ts';
import { bootId, systemClock, systemRandomness } from '../node/system.ts';
import { createProcessRunner } from '../sandbox/process-runner.ts';
import { type CommonOptions, common } from './command.ts';
import type { Environment } from './environment.ts';
import { plain, print } from './output.ts';
import { newPassphrase } from './passphrase.ts';

interface InitCommandOptions extends CommonOptions {
  readonly name: string;
  readonly founder: string;
  readonly nodeName: string;
  readonly keyFile?: string;
  readonly passphraseFile?: string;
}

/** What a new space decides by, until an admin installs more. */
const FIRST_DAPPS = ['membership', 'door'];

export function initCommand(program: Command, environment: Environment): void {
  const command = program
    .command('init')
    .description('make a new space: its keys, its root block, its blockmesh.toml')
    .requiredOption('--name <name>', 'name of the space')
    .requiredOption('--founder <name>', 'your name: you become its first admin')
    .option('--node-name <name>', 'name of this board', hostname())
    .option('--key-file <path>', 'keep the founder’s key open in this file (made if not there) and not in the folder')
    .option('--passphrase-file <path>', 'take the passphrase that seals the founder’s key from this file');
  common(command, environment, [
    'init --folder /var/lib/blockmesh --name "Makerspace Nord" --founder "Ada Lovelace"',
    'init --name Shed --founder Ada --key-file /media/stick/ada.json',
  ]);
  command.action((options: InitCommandOptions) => init(options, environment));
}

async function init(options: InitCommandOptions, environment: Environment): Promise<void> {
  const folder = resolve(options.folder);
  const founderKey =
    options.keyFile === undefined
      ? { passphrase: await newPassphrase(options.passphraseFile) }
      : { keyFile: resolve(options.keyFile) };
  const { mesh, recoveryKey } = await initSpace({
    folder,
    dappsFolder: join(environment.release, 'dapps'),
    dapps: FIRST_DAPPS,
    spaceName: options.name,
    founderName: options.founder,
    nodeName: options.nodeName,
    founderKey,
    configExample: join(environment.release, 'src/node/blockmesh.example.toml'),
    clock: systemClock(false),
    randomness: systemRandomness,
    boot: bootId(),
    runner: createProcessRunner({ path: environment.programPath }),
    log: pino({ level: 'warn' }, pino.destination(2)),
  });
  const result = { folder, mesh: idText(mesh), recoveryKey };
  print(result, options.json === true, () =>
    [
      `${plain(options.name)} is founded in ${folder}`,
      `  mesh          ${result.mesh}`,
      `  recovery key  ${recoveryKey.match(/.{8}/g)?.join(' ')}`,
      '',
      'Write the recovery key down and keep it away from this machine: it is shown this once and stored nowhere.',
      `Next: name your reader and output in ${join(folder, 'blockmesh.toml')}, then \`blockmesh run\`.`,
    ].join('\n'),
  );
}
