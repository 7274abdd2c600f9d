import { resolve } from 'node:path';
import { CodedError } from '../base/errors.ts';
import { type ArchiveSecret, archiveKeyFile } from '../node/archive-secret.ts';
import { knownPassphrase } from './passphrase.ts';

/** Options by which a command is told what opens a backup. */
export interface SecretOptions {
  readonly passphraseFile?: string;
  readonly keyFile?: string;
}

const KNOWN_BACKUP = { what: 'the backup', advice: 'Use --passphrase-file.' };

/** What opens a backup that is sealed so. @throws backup_locked when its key file is not named. */
export function secretForFile(options: SecretOptions): (mode: ArchiveSecret['mode']) => Promise<ArchiveSecret> {
  const { passphraseFile, keyFile } = options;
  return async (mode) => {
    if (mode === 'plain') return { mode };
    if (mode === 'passphrase') return { mode, passphrase: await knownPassphrase(passphraseFile, KNOWN_BACKUP) };
    if (keyFile !== undefined) return { mode, key: archiveKeyFile(resolve(keyFile), null) };
    throw new CodedError('backup_locked', 'the backup is sealed with a key file', {
      advice: 'Name its key file with --key-file.',
    });
  };
}
