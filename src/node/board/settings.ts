import { existsSync } from 'node:fs';
import { CodedError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { readText, writeFileDurably } from '../../store/files.ts';

/** What a board has been told by its card, all of it together: the last good word on each key. */
export interface BoardSettings {
  readonly board: { readonly hostname?: string; readonly timezone?: string; readonly country?: string };
  readonly wifi: WifiSettings;
  readonly network: NetworkSettings;
  readonly ssh: { readonly keys?: readonly string[] };
  readonly space: SpaceOrders;
  /** Doors that are still to be added. */
  readonly door: Readonly<Record<string, DoorOrder>>;
  /** Doors that were added once: whoever removed one later does not get it back by an old card. */
  readonly doorsDone: readonly string[];
  /** Sections of the node's own configuration. */
  readonly node: JsonObject;
}

export interface WifiSettings {
  readonly ssid?: string;
  /** A passphrase, or 64 hex digits of a key; absent: a network without password. */
  readonly password?: string;
  readonly hidden?: boolean;
  readonly country?: string;
}

/** Of the wire; without an address it is given one (DHCP). */
export interface NetworkSettings {
  /** With its prefix, `192.168.1.20/24`. */
  readonly address?: string;
  readonly gateway?: string;
  readonly dns?: readonly string[];
}

/** What the first start makes, and what it has not done yet. */
export interface SpaceOrders {
  readonly name?: string;
  readonly zone?: string;
  /** False: this board waits for a space that somebody restores. */
  readonly new?: boolean;
  readonly admin?: string;
  /** As printed on the admin's card; here until it is enrolled. */
  readonly badge?: string;
  /** As printed on them; here until they are enrolled. */
  readonly break_glass?: readonly string[];
}

export interface DoorOrder {
  readonly reader: string;
  readonly output: string;
  readonly title?: string;
  readonly open_ms?: number;
  readonly bits?: number;
  readonly exit_button?: string;
  readonly contact?: string;
  readonly held_ms?: number;
}

export const NO_SETTINGS: BoardSettings = Object.freeze({
  board: {},
  wifi: {},
  network: {},
  ssh: {},
  space: {},
  door: {},
  doorsDone: [],
  node: {},
});

const SECRET_MODE = 0o600;

/** @throws settings_damaged, file_unreadable, file_too_large. */
export function readSettings(path: string): BoardSettings {
  if (!existsSync(path)) return NO_SETTINGS;
  const text = readText(path);
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return { ...NO_SETTINGS, ...(value as unknown as Partial<BoardSettings>) };
  } catch {
    // Told below: the parser's own words would quote the file, and that holds a password.
  }
  throw new CodedError('settings_damaged', `${path} is not what this board wrote`, {
    fields: { path },
    advice: 'Write all settings on the card again, the Wi-Fi password too, and start the board.',
  });
}

/** @throws file_unwritable. */
export function writeSettings(path: string, settings: BoardSettings): void {
  writeFileDurably(path, `${JSON.stringify(settings, null, 2)}\n`, SECRET_MODE);
}
