import { join } from 'node:path';
import { toHex } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import { isJsonObject } from '../base/json.ts';
import { idText } from '../format/ids.ts';
import { MESH, nodeKey, signerKey } from '../ledger/mesh/keys.ts';
import { BlockReader } from '../store/blocks.ts';
import { faultsOf, openDatabase, storeError } from '../store/database.ts';
import { readText } from '../store/files.ts';
import { StateTable } from '../store/states.ts';
import { type ArchiveManifest, CONFIG_FILE, LEDGER_FILE } from './archive-manifest.ts';
import { parseConfig } from './config.ts';
import { keyFolder, readBadgeKeys, readKey } from './key-files.ts';

/**
 * Whether what was unpacked into `folder` is a space that starts: a sound ledger of the mesh that the backup names,
 * the keys of a board and a console that this ledger knows, a ring of badge keys, a configuration.
 * @throws backup_unfit; backup_ledger; the codes of key files and of the configuration.
 */
export function checkRestored(folder: string, manifest: ArchiveManifest): void {
  const keys = keyFolder(folder);
  const node = toHex(readKey(keys.node).publicKey);
  const console = toHex(readKey(keys.console).publicKey);
  readBadgeKeys(keys.badges);
  const config = join(folder, CONFIG_FILE);
  parseConfig(readText(config), config, folder);
  if (node !== manifest.node) throw unfit('the key of the board is not the one it names');
  const path = join(folder, LEDGER_FILE);
  try {
    checkLedger(path, manifest, node, console);
  } catch (error) {
    throw storeError(error, path);
  }
}

function checkLedger(path: string, manifest: ArchiveManifest, node: string, console: string): void {
  const database = openDatabase({ path, mayCreate: false });
  try {
    const [fault] = faultsOf(database);
    if (fault !== undefined) {
      throw new CodedError('backup_ledger', `the ledger in the backup is damaged: ${fault}`, {
        advice: 'Use another backup; nothing was made of this one.',
      });
    }
    if (database.prepare('SELECT 1 FROM block LIMIT 1').get() === undefined) throw unfit('its ledger is empty');
    const blocks = new BlockReader(database);
    if (idText(blocks.mesh) !== manifest.mesh) throw unfit('the ledger is of another mesh than it names');
    if (blocks.counts().blocks < manifest.blocks) throw unfit('the ledger holds fewer blocks than it names');
    const state = new StateTable(database);
    if (state.read(MESH, nodeKey(node)) === null) throw unfit('the ledger does not know the key of the board');
    const signer = state.read(MESH, signerKey(console));
    if (!isJsonObject(signer) || signer.node !== node) throw unfit('the ledger does not know the key of the console');
  } finally {
    database.close();
  }
}

function unfit(what: string): CodedError {
  return new CodedError('backup_unfit', `what is in the backup does not fit together: ${what}`, {
    advice: 'Use another backup; nothing was made of this one.',
  });
}
