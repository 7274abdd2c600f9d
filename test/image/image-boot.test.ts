import t from 'tap';
import { opens, type Report, safeSinceClaim } from './boot/doors.ts';
import { buildImage } from './boot/image.ts';
import { discard, makeCard, start } from './boot/image-run.ts';
import { startTimes, timesText, untilHealthy } from './boot/times.ts';

/** One start of the real image, from the card it is published as to a door that opens; `make image-test` has more. */

const BOARD = 'virt-arm64';

t.test(`${BOARD}: a new card opens a door`, async (t) => {
  if (process.getuid?.() !== 0) {
    t.comment('an image is built by root: nothing was started');
    return;
  }
  await buildImage(BOARD, (line) => t.comment(line));
  const test = await makeCard(BOARD);
  t.teardown(() => discard(test));
  const board = await start(test);
  t.teardown(() => board.cut());
  const report: Report = { ok: (isSo, what) => void t.ok(isSo, what), say: (text) => void t.comment(text) };
  const shell = await board.shell();
  await untilHealthy(shell);
  t.comment(timesText(await startTimes(board, shell)));
  const scene = { board, shell, report };
  await safeSinceClaim(scene);
  await opens(scene, 'front', 'a badge at the serial reader');
  t.match(await shell.run('blockmesh health'), 'the node does all it has to');
  shell.close();
  await board.cut();
  if (!t.passing()) t.comment(board.tail());
});
