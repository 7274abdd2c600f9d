import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initSpace } from '../../src/node/init.ts';
import { builtOnce, treeKey } from '../machine/built.ts';
import { makeSystem } from '../machine/images.ts';
import { RELEASE } from '../machine/release.ts';
import { partsOf } from '../node/made-space.ts';
import { makeDataDisk, makeFirstFiles, releaseFiles } from './images.ts';
import { type Machine, powerOn } from './power.ts';

/** Makes the machine whose power is cut, once for each tree. */

export const BUILD = join(RELEASE, 'build/powercut');
/** Debian's kernel, static busybox and static e2fsck, unpacked by `make powercut-parts`. */
const DEBIAN = join(BUILD, 'debian');

/** Builds the machine of this tree, unless it was built before. @throws when its parts are not there. */
export async function buildMachine(tell: (what: string) => void): Promise<Machine> {
  const [kernel] = globSync(join(DEBIAN, 'boot/vmlinuz-*'));
  if (kernel === undefined) throw new Error('the parts of the machine are missing: run `make powercut-parts` first');
  const files = releaseFiles();
  const makers = globSync(['test/machine/*.ts', 'test/powercut/{images,machine,power}.ts'], { cwd: RELEASE }).sort();
  const tree = treeKey(kernel.slice(DEBIAN.length), [...files, ...makers]);
  const machineIn = (where: string): Machine => {
    return { tree, kernel, initramfs: join(where, 'initramfs.cpio'), system: join(where, 'system.img') };
  };
  const folder = await builtOnce(BUILD, tree, async (draft) => {
    tell('building the machine, once for this tree');
    const machine = machineIn(draft);
    makeFirstFiles(DEBIAN, join(draft, 'initramfs'), machine.initramfs);
    makeSystem({ files }, join(draft, 'system'), machine.system);
    await warm(machine, join(draft, 'data.img'));
  });
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
