import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { readText } from '../../store/files.ts';
import { parseToml } from '../toml.ts';
import { type CardNote, noteOf } from './card-note.ts';
import { type BoardSettings, NO_SETTINGS, readSettings } from './settings.ts';

/**
 * What this board keeps, before a card changes it. @param path of its settings. @param space folder of the space.
 * @param notes gets what cannot be read. @throws file_unreadable, file_too_large.
 */
export function keptSettings(path: string, space: string, notes: CardNote[]): BoardSettings {
  return { ...settingsIn(path, notes), ...spaceConfig(space, notes) };
}

/** Settings that cannot be read are told, and begun anew from the card. */
function settingsIn(path: string, notes: CardNote[]): BoardSettings {
  try {
    return readSettings(path);
  } catch (error) {
    if (codeOf(error) !== 'settings_damaged') throw error;
    notes.push(noteOf(error));
    return NO_SETTINGS;
  }
}

/** What the space has now: somebody may have changed it there, or restored it. */
function spaceConfig(space: string, notes: CardNote[]): Pick<BoardSettings, 'node'> | null {
  const path = join(space, 'blockmesh.toml');
  if (!existsSync(path)) return null;
  try {
    return { node: parseToml(readText(path), path).value as JsonObject };
  } catch (error) {
    notes.push(noteOf(error));
    return null;
  }
}
