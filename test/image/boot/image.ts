import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtOnce, treeKey } from '../../machine/built.ts';
import { RELEASE } from '../../machine/release.ts';
import { Program } from '../../node/program.ts';

/** The images that `make image` has made. */

const BUILD = join(RELEASE, 'build/image-test');
const PUBLISHED = 'build/image';

export interface BuiltImage {
  /** What identifies it: results with another image are not results with this one. */
  readonly key: string;
  /** The image, unpacked. */
  readonly path: string;
  /** A file that was published beside it, such as U-Boot. */
  readonly beside: (name: string) => string;
  /** A folder for what tests make of it. */
  readonly scratch: string;
}

/** Builds the image of `board`, or takes over what has not changed. @param tell hears of each stage. */
export async function buildImage(board: string, tell: (line: string) => void): Promise<void> {
  const child = spawn(process.execPath, ['image/build-main.ts', '--board', board], {
    cwd: RELEASE,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const program = new Program(child);
  let told = 0;
  program.onChange(() => {
    for (; told < program.lines.length; told += 1) tell(program.lines[told] ?? '');
  });
  const { code } = await program.exited;
  if (code !== 0)
    throw new Error(`the image was not built: ${[...program.lines.slice(-5), program.stderr].join('\n')}`);
}

/** The newest image of `board` that was built. @throws when there is none. */
export async function builtImage(board: string): Promise<BuiltImage> {
  const { version } = JSON.parse(readFileSync(join(RELEASE, 'package.json'), 'utf8')) as { readonly version: string };
  const stem = `${PUBLISHED}/${board}-${version}`;
  if (!existsSync(join(RELEASE, `${stem}.img.zst`))) {
    throw new Error(`there is no ${stem}.img.zst: run \`make image BOARD=${board}\` first, as root`);
  }
  const scratch = join(BUILD, board);
  mkdirSync(scratch, { recursive: true });
  const key = treeKey(board, [`${stem}.img.zst`]);
  const folder = await builtOnce(scratch, key, async (draft) => {
    execFileSync('zstd', ['-q', '-d', join(RELEASE, `${stem}.img.zst`), '-o', join(draft, 'card.img')]);
  });
  return {
    key,
    path: join(folder, 'card.img'),
    beside: (name) => join(RELEASE, `${stem}.${name}`),
    scratch,
  };
}
