import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileDurably } from '../../store/files.ts';
import type { Identity } from './identity.ts';
import { wiredNetwork } from './network-file.ts';
import type { BoardSettings } from './settings.ts';
import { wpaConfig } from './wifi-file.ts';

const PUBLIC = 0o644;
const SECRET = 0o600;

/** Where in the board's folder its things are. */
export function boardPaths(folder: string) {
  const path = (name: string) => join(folder, name);
  return {
    settings: path('settings.json'),
    identity: path('identity.json'),
    masks: path('masks.json'),
    /** The notes of the last import, one a line. */
    notes: path('notes.txt'),
    /** The founder's key and the recovery key, until somebody takes them away. */
    founder: path('founder'),
  };
}

/**
 * Writes what the programs of the system read: `board-apply` puts it where they look. Files that hold what they should
 * are not touched, and each is whole or the old one after a power cut. @param config of the node.
 * @throws file_unwritable.
 */
export function writeBoardFiles(folder: string, settings: BoardSettings, identity: Identity, config: string): void {
  const { board, wifi, network, ssh } = settings;
  const country = wifi.country ?? board.country;
  const keys = ssh.keys ?? [];
  const put = (name: string, content: string | null, mode = PUBLIC) => putFile(join(folder, name), content, mode);
  put('hostname', `${board.hostname ?? identity.hostName}\n`);
  put('machine-id', `${identity.machineId}\n`);
  put('timezone', board.timezone === undefined ? null : `${board.timezone}\n`);
  put('wpa_supplicant.conf', wpaConfig({ ...wifi, ...(country === undefined ? {} : { country }) }), SECRET);
  put('network/70-blockmesh-wired.network', wiredNetwork(network));
  put('authorized_keys', keys.length === 0 ? null : `${keys.join('\n')}\n`, SECRET);
  put('node.toml', config);
}

/** @param content null: no such file. @throws file_unwritable. */
export function putFile(path: string, content: string | null, mode: number): void {
  if (content === null) {
    rmSync(path, { force: true });
    return;
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  if (existsSync(path) && readFileSync(path, 'utf8') === content) chmodSync(path, mode);
  else writeFileDurably(path, content, mode);
}
