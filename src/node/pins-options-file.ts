import { writeFileDurably } from '../store/files.ts';
import type { Config } from './config.ts';
import { pinsDeclarations } from './pins-arguments.ts';

const HEAD = `# What blockmesh-pins owns, written by blockmesh from blockmesh.toml: change that, and say \`blockmesh reload\`.
`;

/** Other users may read it: the pins process may be one of them. */
const MODE = 0o644;

/** What `blockmesh-pins --options` reads for this configuration: one declaration a line. */
export function pinsOptionsText(config: Config): string {
  return [HEAD, ...pinsDeclarations(config).map(([option, value]) => `${option} ${value}\n`)].join('');
}

/** Puts it at `path`. The old file stays until the new one is whole on the disk. @throws file_unwritable. */
export function writePinsOptions(text: string, path: string): void {
  writeFileDurably(path, text, MODE);
}
