import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { readArchitecture } from '../../image/architecture.ts';
import { boardNames, readBoard } from '../../image/board.ts';
import { bootBoardOf } from '../../image/stages/boot-board.ts';

const IMAGE = join(import.meta.dirname, '../../image');
const NOBODY = 65_534;

async function build(args: readonly string[], uid?: number): Promise<{ code: number | undefined; said: string }> {
  const options = { reject: false, all: true, ...(uid === undefined ? {} : { uid, gid: uid }) } as const;
  const { exitCode, all } = await execa(process.execPath, [join(IMAGE, 'build-main.ts'), ...args], options);
  return { code: exitCode, said: String(all) };
}

t.test('the build tells how it is used', async (t) => {
  const { code, said } = await build(['--help']);
  t.equal(code, 0);
  t.match(said, /beaglebone, rpi, virt-arm64, virt-armhf/);
  t.match(said, / {2}node image\/build-main\.ts --board rpi/);
  t.equal((await build([])).code, 2);
});

t.test('it refuses to begin as anybody but root, and says why', async (t) => {
  const { code, said } = await build(['--board', 'rpi'], process.getuid?.() === 0 ? NOBODY : undefined);
  t.equal(code, 1);
  t.match(said, /an image is built by root: .*\nrun the same command as root/);
});

t.test('every board has all that the build asks of it', async (t) => {
  const ids = [];
  for (const name of await boardNames(IMAGE)) {
    const board = await readBoard(IMAGE, name);
    t.equal(board.name, name);
    t.match(board.diskId, /^[0-9a-f]{8}$/);
    ids.push(board.diskId);
    t.ok(bootBoardOf(board).modules.length > 0);
    const architecture = await readArchitecture(IMAGE, board.architecture);
    t.equal(architecture.architecture, board.architecture);
    for (const { from, to } of [...board.fat, ...board.root, ...board.beside])
      t.ok(from !== '' && !to.startsWith('/usr'));
  }
  t.equal(new Set(ids).size, ids.length, 'a card of one board is not taken for that of another');
  await t.rejects(readBoard(IMAGE, 'toaster'), { code: 'unknown_board', fields: { board: 'toaster' } });
});
