import { writeFileSync } from 'node:fs';
import { cardText, OPEN_MS } from './card-text.ts';
import type { Report } from './doors.ts';
import { levelOf, opens, safeSinceClaim } from './doors.ts';
import { discard, makeCard, start, type TestCard } from './image-run.ts';
import type { RunningBoard } from './running.ts';
import { untilHealthy } from './times.ts';

/** First starts that are not as one would like them. */

export interface Variant {
  readonly name: string;
  readonly show: (boardName: string, report: Report) => Promise<void>;
}

const GB = 1e9;

/** Runs a board from the card until `task` is done, and then takes its power. @returns what status.txt says. */
async function during(
  test: TestCard,
  options: Parameters<typeof start>[1],
  task: (board: RunningBoard) => Promise<void>,
): Promise<string> {
  const board = await start(test, options);
  try {
    await task(board);
  } finally {
    await board.cut();
  }
  return test.card.read('status.txt');
}

/** A badge opens door front, as the console tells it: there may be no shell. */
async function opensByConsole(board: RunningBoard, report: Report): Promise<void> {
  await board.said(/bm:node active/);
  const from = board.power.lines.length;
  await board.badge();
  await board.said(/bm:front 1/, from);
  await board.said(/bm:front 0/, from);
  report.ok(true, `a badge opens door front for its ${OPEN_MS.front / 1000} s`);
}

/** Waits for the words on the console that the board says of itself, and that its status on the card has them too. */
async function tells(board: RunningBoard, pattern: RegExp, report: Report): Promise<void> {
  report.ok(true, `the console says: ${(await board.said(pattern)).trim()}`);
}

const unconnected: Variant = {
  name: 'no network, a file that Windows wrote, a card of 128 GB',
  show: async (name, report) => {
    const text = (key: string) => `\uFEFF${cardText({ key }).replaceAll('\n', '\r\n')}`;
    const test = await makeCard(name, { text, gib: 128 });
    try {
      const status = await during(test, { hasNetwork: false }, async (board) => {
        await opensByConsole(board, report);
        await tells(board, /Door +works/, report);
      });
      report.ok(
        /Address +none/.test(status) && /Door +works/.test(status),
        'status.txt: no address, and the door works',
      );
      const blocks = Number(/Block count: +(\d+)/.exec(test.card.inData(['stats']))?.[1]);
      report.ok(blocks * 4096 > 125 * GB, `the data partition has grown to ${((blocks * 4096) / GB).toFixed(0)} GB`);
    } finally {
      discard(test);
    }
  },
};

const clockless: Variant = {
  name: 'no clock, a card of 4 GB, which is filled to the last block',
  show: async (name, report) => {
    const test = await makeCard(name, { gib: 4 });
    try {
      const status = await during(test, { clockBaseS: 0 }, async (board) => {
        const shell = await board.shell();
        await untilHealthy(shell);
        const scene = { board, shell, report };
        await safeSinceClaim(scene);
        report.say(`the board's time is ${await shell.run('date -u; timedatectl show -p NTPSynchronized')}`);
        await opens(scene, 'front', 'a badge, although nobody knows the time,');
        report.say(
          await shell.run(
            'df -h /data | tail -n 1; fallocate -l 8G /data/full 2>&1; cat /dev/zero >>/data/full; df /data | tail -n 1',
          ),
        );
        await opens(scene, 'front', 'a badge, although the card is full,');
        report.ok((await levelOf(shell, 'side')) === 'low', 'door side stays shut');
        await shell.try('systemctl start blockmesh-status.service');
      });
      report.ok(/nearly full/.test(status), 'status.txt says that the card is full');
    } finally {
      discard(test);
    }
  },
};

const misspelt: Variant = {
  name: 'a file on the card that is no TOML, which is put right then',
  show: async (name, report) => {
    const keys: string[] = [];
    const text = (key: string) => {
      keys.push(key);
      return `${cardText({ key })}\n[output.front-strike\nline = \n`;
    };
    const test = await makeCard(name, { text, gib: 4 });
    try {
      const status = await during(test, {}, (board) => tells(board, /blockmesh\.toml.*\d/, report));
      report.ok(/blockmesh\.toml/.test(status), `status.txt says what is wrong:\n${told(status)}`);
      test.card.write('blockmesh.toml', cardText({ key: keys[0] ?? '' }));
      const after = await during(test, {}, async (board) => {
        await opensByConsole(board, report);
        await tells(board, /Door +works/, report);
      });
      report.ok(/Door +works/.test(after), 'status.txt: the door works once the file is right');
    } finally {
      discard(test);
    }
  },
};

const filled: Variant = {
  name: 'a data partition that is full before the first start, on a card with no room to grow',
  show: async (name, report) => {
    const test = await makeCard(name);
    try {
      fill(test);
      const status = await during(test, {}, (board) => tells(board, /full|no space|ENOSPC/i, report));
      report.ok(/full|no space|ENOSPC/i.test(status), `status.txt says what is wrong:\n${told(status)}`);
    } finally {
      discard(test);
    }
  },
};

function fill({ card, folder }: TestCard): void {
  const path = `${folder}/full`;
  const free = Number(/Free blocks: +(\d+)/.exec(card.inData(['stats']))?.[1]);
  // debugfs leaves the blocks of indexes out of the count.
  writeFileSync(path, new Uint8Array((free - 8) * 4096).fill(1));
  card.inData([`write ${path} full`]);
}

function told(status: string): string {
  return status.trimEnd().replaceAll('\r', '');
}

export const VARIANTS: readonly Variant[] = [unconnected, clockless, misspelt, filled];
