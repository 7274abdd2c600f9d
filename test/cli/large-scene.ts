import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Test } from 'tap';
import { ENGINE_FLAGS } from '../../src/cli/engine-flags.ts';
import { makeSpace } from '../node/made-space.ts';
import { newFolder } from '../store/open-store.ts';

/** The commands of large things, each as a process, on a real store. */

const COMMAND: readonly string[] = [
  process.execPath,
  ...ENGINE_FLAGS,
  join(import.meta.dirname, '../../src/cli/main.ts'),
];

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

class LargeScene {
  readonly folder: string;
  readonly #t: Test;
  readonly #where: readonly string[];

  /** @param where the words that name the store. */
  constructor(t: Test, folder: string, where: readonly string[]) {
    this.#t = t;
    this.folder = folder;
    this.#where = where;
  }

  readonly at = (name: string): string => join(this.folder, name);

  readonly run = (...words: readonly string[]): Ran => {
    const [program = '', ...rest] = this.words(...words);
    const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8', cwd: this.folder });
    return { status, stdout, stderr };
  };

  /** What it prints, of a command that ends well. */
  readonly json = (...words: readonly string[]) => {
    const { status, stdout, stderr } = this.run(...words, '--json');
    this.#t.equal(status, 0, `${words.join(' ')}: ${stderr}`);
    return stdout === '' ? null : JSON.parse(stdout);
  };

  /** The error of a command that is refused. */
  readonly refused = (...words: readonly string[]): { readonly code: string; readonly advice: string } => {
    const { status, stderr } = this.run(...words, '--json');
    this.#t.equal(status, 1, `${words.join(' ')} is refused`);
    return JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error;
  };

  readonly words = (...words: readonly string[]): readonly string[] => [...COMMAND, ...words, ...this.#where];
}

/** A store apart. */
export function ownStore(t: Test): LargeScene {
  const folder = newFolder(t);
  const scene = new LargeScene(t, folder, ['--store', join(folder, 'chunks.db')]);
  const [program = '', ...rest] = COMMAND;
  t.equal(spawnSync(program, [...rest, 'store', 'init', scene.at('chunks.db')]).status, 0);
  return scene;
}

/** That of a space. */
export async function spaceStore(t: Test): Promise<LargeScene> {
  const { folder } = await makeSpace(t);
  return new LargeScene(t, folder, ['--folder', folder]);
}
