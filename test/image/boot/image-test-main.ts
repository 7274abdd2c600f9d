import { crash, crashAtOnce, crashSurvived, nodeKilled, pinsKilled, useOnoff } from './deaths.ts';
import { opens, type Scene, safeSinceClaim } from './doors.ts';
import { discard, makeCard, start } from './image-run.ts';
import { TerminalReport } from './report.ts';
import type { RunningBoard } from './running.ts';
import { slotsKnown } from './slots.ts';
import { startTimes, timesText, untilHealthy } from './times.ts';

/**
 * `make image-test`: the real image of a board, from a new card to doors that open, through the deaths of its processes
 * and two crashes of its kernel.
 */

const report = new TerminalReport();

async function healthy(board: RunningBoard, what: string): Promise<Scene> {
  const shell = await board.shell();
  await untilHealthy(shell);
  report.say(`${what}, ${timesText(await startTimes(board, shell))}`);
  const scene = { board, shell, report };
  await safeSinceClaim(scene);
  return scene;
}

async function show(board: RunningBoard): Promise<void> {
  const first = await healthy(board, 'first start');
  const { code, text } = await first.shell.try('blockmesh health');
  report.ok(code === 0, `health: ${text}`);
  await opens(first, 'front', 'a badge at the serial reader');
  await opens(first, 'side', 'a badge at the Wiegand reader');
  await nodeKilled(first);
  await pinsKilled(first, 'c');
  await opens(first, 'front', 'a badge after all that');
  const row = await crash(first);

  const second = await healthy(board, 'start after a crash');
  await crashSurvived(second, row);
  await useOnoff(second);
  await opens(second, 'front', 'a badge, with onoff,');
  await pinsKilled(second, 'onoff');
  await opens(second, 'front', 'a badge after that');
  await crashAtOnce(second);

  const third = await healthy(board, 'start after a crash with onoff');
  await opens(third, 'front', 'a badge');
  await slotsKnown(third);
}

const test = await makeCard(process.env.BOARD || 'virt-arm64');
report.say(`${test.board.name}: image ${test.image.key}, card of ${(test.card.bytes / 1e9).toFixed(1)} GB`);
const board = await start(test);
try {
  await show(board);
} catch (error) {
  report.ok(false, String(error));
} finally {
  await board.cut();
  discard(test);
}
process.exitCode = report.end();
