import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initSpace } from '../../src/node/init.ts';
import { partsOf } from '../node/made-space.ts';
import { makeDataDisk, makeInitramfs, makeSystem, RELEASE, releaseFiles } from './images.ts';
import { type Machine, powerOn } from './power.ts';

/** Makes the machine whose power is cut, once for each tree. */

export const BUILD = join(RELEASE, 'build/powercut');
/** Debian's kernel, static busybox and static e2fsck, unpacked by `make powercut-parts`. */
const DEBIAN = join(BUILD, 'debian');
const KEY_CHARS = 12;

/** Builds the machine of this tree, unless it was built before. @throws when its parts are not there. */
export async function buildMachine(tell: (what: string) => void): Promise<Machine> {
  const [kernel] = globSync(join(DEBIAN, 'boot/vmlinuz-*'));
  if (kernel === undefined) throw new Error('the parts of the machine are missing: run `make powercut-parts` first');
  const tree = treeKey(kernel);
  const folder = join(BUILD, `machine-${tree}`);
  const machineIn = (where: string): Machine => {
    return { tree, kernel, initramfs: join(where, 'initramfs.cpio'), system: join(where, 'system.img') };
  };
  if (!existsSync(folder)) {
    tell('building the machine, once for this tree');
    // Of other trees, and of builds that did not come to their end.
    for (const old of globSync(join(BUILD, '{machine,draft}-*'))) rmSync(old, { recursive: true, force: true });
    const draft = join(BUILD, `draft-${process.pid}`);
    mkdirSync(draft, { recursive: true });
    const machine = machineIn(draft);
    makeInitramfs(DEBIAN, join(draft, 'initramfs'), machine.initramfs);
    makeSystem(join(draft, 'system'), machine.system);
    await warm(machine, join(draft, 'data.img'));
    renameSync(draft, folder);
  }
  return machineIn(folder);
}

/** Makes a disk with a new space, at `image`. */
export async function makeSpaceDisk(image: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'bm-powercut-'));
  try {
    const folder = join(scratch, 'space');
    await initSpace({
      ...partsOf(folder),
      dapps: ['membership', 'door'],
      spaceName: 'Makerspace Nord',
      founderName: 'Ada',
      nodeName: 'front',
      founderKey: { keyFile: join(scratch, 'founder.json') },
      configExample: join(RELEASE, 'src/node/blockmesh.example.toml'),
    });
    makeDataDisk(folder, image);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Runs the machine once with its system writable, so that it keeps what Node makes of our sources: an emulated
 * processor needs 20 s for that, and each later start is spared them.
 */
async function warm(machine: Machine, image: string): Promise<void> {
  await makeSpaceDisk(image);
  const power = powerOn(machine, `file=${image}`, 'warm');
  const { code } = await power.exited;
  rmSync(image);
  if (code !== 0 || !power.lines.includes('bm:ended 0')) {
    throw new Error(`the machine did not warm up: ${[...power.lines, power.stderr].join('\n').slice(-4096)}`);
  }
}

function treeKey(kernel: string): string {
  const hash = createHash('sha256').update(kernel.slice(DEBIAN.length));
  for (const path of [
    ...releaseFiles(),
    'test/powercut/images.ts',
    'test/powercut/machine.ts',
    'test/powercut/power.ts',
  ]) {
    hash.update(`\0${path}\0`).update(readFileSync(join(RELEASE, path)));
  }
  return hash.digest('hex').slice(0, KEY_CHARS);
}
