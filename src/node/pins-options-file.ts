import type { Config } from '../node/config.ts';
import { writeFileDurably } from '../store/files.ts';
import { pinsArguments } from './pins-arguments.ts';

const HEAD = `# What blockmesh-pins owns, written by \`blockmesh pins options --file\` from blockmesh.toml.
# A running process takes it over when it is told to \`reload\`.
`;

/** Other users may read it: the pins process may be one of them. */
const MODE = 0o644;

/**
 * Writes what `blockmesh-pins --options` reads for this configuration: one declaration a line. The old file stays until
 * the new one is whole on the disk. Returns how many there are. @throws file_unwritable.
 */
export function writePinsOptions(config: Config, path: string): number {
  // The first two words are `--socket` and its path: those are said when the process starts.
  const words = pinsArguments(config).slice(2);
  const lines = words.flatMap((word, at) => (at % 2 === 0 ? [`${word} ${words[at + 1]}\n`] : []));
  writeFileDurably(path, [HEAD, ...lines].join(''), MODE);
  return lines.length;
}
