import { execFileSync } from 'node:child_process';
import { atRest, rowsBetween, sample, table, underLoad } from './figures.ts';
import { discard, makeCard, start } from './image-run.ts';
import { startTimes, timesText, untilHealthy } from './times.ts';

/** `make image-figures`: what a board takes, in time, memory and processor, for image/README.md. */

const MEASURED_S = 120;

const test = await makeCard(process.env.BOARD || 'virt-arm64', { gib: 4 });
const { name } = test.board;
const settled = async (what: string) => {
  const board = await start(test);
  const shell = await board.shell();
  await untilHealthy(shell);
  console.log(`${what}, ${timesText(await startTimes(board, shell))}`);
  return { board, shell };
};
console.log(
  `${name}, ${execFileSync('nproc', { encoding: 'utf8' }).trim()} processors here, emulated by QEMU without KVM\n`,
);
try {
  const first = await settled('first start');
  first.shell.tell('systemctl poweroff');
  await first.board.power.exited;
  const { board, shell } = await settled('second start');
  const spare = async () => await shell.run('free -m; echo; swapon --show; df -h /data / | cat');
  // What starts once and ends, such as the mark of the slot, is over by then.
  await atRest(shell, MEASURED_S);
  const before = await sample(shell);
  await atRest(shell, MEASURED_S);
  const rest = await sample(shell);
  console.log(
    `\nAt rest, ${(rest.availableKib / 1024).toFixed(0)} MiB available:\n\n${table(rowsBetween(before, rest))}`,
  );
  await underLoad(board, shell, MEASURED_S);
  const load = await sample(shell);
  console.log(
    `\nA card every 2 s, ${(load.availableKib / 1024).toFixed(0)} MiB available:\n\n${table(rowsBetween(rest, load))}\n\n${await spare()}`,
  );
  await board.cut();
} finally {
  discard(test);
}
