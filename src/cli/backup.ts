import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { ARCHIVE_CALL_MS_MAX } from '../base/limits.ts';
import { BACKUP_MAGIC } from '../node/archive-header.ts';
import { dropCopy } from '../node/archive-ledger.ts';
import type { ArchiveManifest } from '../node/archive-manifest.ts';
import { type ArchiveSecret, archiveKeyFile } from '../node/archive-secret.ts';
import { writeBackup } from '../node/backup.ts';
import { refuseExisting } from '../node/replace.ts';
import { verifyBackup } from '../node/restore.ts';
import { noteBackup } from '../node/restored.ts';
import { systemRandomness } from '../node/system.ts';
import { type SecretOptions, secretForFile } from './archive-secrets.ts';
import { folderBackupCommands } from './backups.ts';
import { utcText } from './clock.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { plain, print } from './output.ts';
import { newPassphrase } from './passphrase.ts';
import { showProgress } from './progress.ts';

interface BackupOptions extends CommonOptions, SecretOptions {
  readonly plain?: boolean;
  readonly replace?: boolean;
  readonly verify?: boolean;
}

const NEW_BACKUP = {
  what: 'this backup',
  advice: 'Use --passphrase-file or --key-file; --plain makes a backup that opens by itself.',
};

const ABOUT = `back the whole space up into one sealed file: ledger, keys, badge keys, blockmesh.toml

With a command in place of the file: back folders up, on schedule, as differences, into the store of large things.
Those are not sealed, and not in the sealed file. A file that is called like a command is ./run, ./list …`;

export function backupCommand(program: Command, environment: Environment, setExitCode: (code: number) => void): void {
  const command = program
    .command('backup')
    .summary('back the whole space up into one sealed file; or folders, on schedule')
    .description(ABOUT)
    // Else it would take the options of the commands below for its own.
    .enablePositionalOptions()
    .argument('<file>', 'the file to make, or with --verify to check')
    .option('--passphrase-file <path>', 'take the passphrase from this file')
    .option('--key-file <path>', 'seal with the key in this file (made if not there); keep it apart from the backup')
    .option('--plain', 'do not encrypt: whoever has the file has the keys of the space')
    .option('--replace', 'put it in the place of an earlier backup of that name')
    .option('--verify', 'check a backup as a restore would, and restore nothing');
  common(command, environment, [
    'backup /media/stick/nord.backup',
    'backup /media/stick/nord.backup --replace --key-file ~/backup-key.json',
    'backup --verify /media/stick/nord.backup',
  ]);
  command.action(async (file: string, options: BackupOptions) => {
    const path = resolve(file);
    if (options.verify === true) await verify(path, options);
    else await backup(path, options, environment);
  });
  folderBackupCommands(command, environment, setExitCode);
}

async function backup(path: string, options: BackupOptions, environment: Environment): Promise<void> {
  const mayReplace = options.replace === true;
  // Before somebody types a passphrase for nothing.
  refuseExisting(path, mayReplace, BACKUP_MAGIC);
  const secret = await newSecret(options);
  const folder = resolve(options.folder);
  const { pid } = process;
  try {
    const copy = (await withSession({ ...options, folder }, environment, (session) =>
      session.call('backup.copy', { pid }, ARCHIVE_CALL_MS_MAX),
    )) as unknown as Copy;
    const { about, path: ledger } = copy;
    const shared = { folder, target: path, mayReplace, secret, ledger, about };
    const bytes = await writeBackup({ ...shared, randomness: systemRandomness, progress: showProgress });
    noteBackup(folder, { asOfMs: about.asOfMs, file: path });
    tell({ file: path, bytes, sealed: secret.mode, ...about }, options);
  } finally {
    dropCopy(folder, pid);
  }
}

function tell(result: JsonObject, options: BackupOptions): void {
  const { file, blocks, bytes, sealed } = result;
  const how: JsonObject = {
    plain: 'NOT encrypted',
    passphrase: 'sealed with your passphrase',
    key: 'sealed with the key file',
  };
  print(result, options.json === true, () =>
    [
      `${file}: ${blocks} blocks, ${bytes} bytes, ${how[String(sealed)]}`,
      `Check it now and then: blockmesh backup --verify ${file}`,
    ].join('\n'),
  );
}

interface Copy {
  readonly path: string;
  readonly about: Omit<ArchiveManifest, 'files'>;
}

/** @throws backup_secrets when more than one is named. */
async function newSecret(options: BackupOptions): Promise<ArchiveSecret> {
  const { passphraseFile, keyFile } = options;
  const named = [passphraseFile !== undefined, keyFile !== undefined, options.plain === true].filter(Boolean);
  if (named.length > 1) {
    throw new CodedError('backup_secrets', 'a backup is sealed in one way', {
      advice: 'Give one of --passphrase-file, --key-file and --plain.',
    });
  }
  if (options.plain === true) return { mode: 'plain' };
  if (keyFile !== undefined) return { mode: 'key', key: archiveKeyFile(resolve(keyFile), systemRandomness) };
  return { mode: 'passphrase', passphrase: await newPassphrase(passphraseFile, NEW_BACKUP) };
}

async function verify(path: string, options: BackupOptions): Promise<void> {
  // Where the space is there is room for another; what is unpacked is open meanwhile, so never beside the backup.
  const scratch = existsSync(options.folder) ? resolve(options.folder) : tmpdir();
  const secretFor = secretForFile(options);
  const manifest = await verifyBackup(scratch, { file: path, secretFor, progress: showProgress });
  const { mesh, space, node, asOfMs, blocks } = manifest;
  const result: JsonObject = { file: path, mesh, space, node, asOfMs, blocks };
  print(result, options.json === true, () => {
    return `${path} is whole: ${plain(space)} with ${blocks} blocks, as of ${utcText(asOfMs)}`;
  });
}
