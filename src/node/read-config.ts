import { join } from 'node:path';
import { readText } from '../store/files.ts';
import { type Config, parseConfig } from './config.ts';

/** @throws file_missing, and the codes of `parseConfig`. */
export function readConfig(folder: string): Config {
  const path = join(folder, 'blockmesh.toml');
  return parseConfig(readText(path), path, folder);
}
