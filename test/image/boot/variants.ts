import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
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
const STATUS_MS_MAX = 900_000;
const STATUS_LOOK_MS = 2_000;

/**
 * Runs a board from the card until `task` is done and status.txt on the card says what is `expected`, and then takes its
 * power. @returns what it says.
 */
async function during(
  { test, report, expected, ...options }: Life,
  task: (board: RunningBoard) => Promise<void>,
): Promise<void> {
  const board = await start(test, options);
  try {
    await task(board);
    const status = await untilWritten(test, expected);
    report.ok(expected.test(status), `status.txt:\n${status}`);
  } finally {
    await board.cut();
  }
}

interface Life extends NonNullable<Parameters<typeof start>[1]> {
  readonly test: TestCard;
  readonly report: Report;
  readonly expected: RegExp;
}

/** What status.txt says once `pattern` is in it, or in the end: it is written once a minute, after the console was told. */
async function untilWritten({ card }: TestCard, pattern: RegExp): Promise<string> {
  const endMs = performance.now() + STATUS_MS_MAX;
  for (;;) {
    const status = card.read('status.txt').trimEnd().replaceAll('\r', '');
    if (pattern.test(status) || performance.now() > endMs) return status;
    await pause(STATUS_LOOK_MS);
  }
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
      const expected = /Address +none[\s\S]*Door +works/;
      await during({ test, report, expected, hasNetwork: false }, (board) => opensByConsole(board, report));
      const { dataBytes } = test.card;
      report.ok(dataBytes > 125 * GB, `the data partition has grown to ${(dataBytes / GB).toFixed(0)} GB`);
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
      await during({ test, report, expected: /nearly full/, clockBaseS: 0 }, async (board) => {
        const shell = await board.shell();
        await untilHealthy(shell);
        const scene = { board, shell, report };
        await safeSinceClaim(scene);
        report.say(`the board's time is ${await shell.run('date -u; timedatectl show -p NTPSynchronized')}`);
        await opens(scene, 'front', 'a badge, although nobody knows the time,');
        report.say(
          await shell.run(
            'df -h /data | tail -n 1; fallocate -l $(($(stat -f -c %f /data) * 4096 - 33554432)) /data/full 2>&1; cat /dev/zero >>/data/full; df /data | tail -n 1',
          ),
        );
        await opens(scene, 'front', 'a badge, although the card is full,');
        report.ok((await levelOf(shell, 'side')) === 'low', 'door side stays shut');
        shell.close();
      });
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
      const wrong = /blockmesh\.toml.*\d/;
      await during({ test, report, expected: wrong }, (board) => tells(board, wrong, report));
      test.card.write('blockmesh.toml', cardText({ key: keys[0] ?? '' }));
      await during({ test, report, expected: /Door +works/ }, (board) => opensByConsole(board, report));
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
      const expected = /full|no space|ENOSPC/i;
      await during({ test, report, expected }, (board) => tells(board, expected, report));
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

export const VARIANTS: readonly Variant[] = [unconnected, clockless, misspelt, filled];
