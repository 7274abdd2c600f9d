import { join } from 'node:path';
import type { Seeded } from '../../node/seeded.ts';
import { type CutReport, LossyDisk } from '../../powercut/lossy-disk.ts';
import { NbdServer } from '../../powercut/nbd-server.ts';
import { driveAt } from '../../powercut/power.ts';
import { start, type TestCard } from './image-run.ts';
import type { RunningBoard } from './running.ts';

/** One life of a board on a card that forgets, at a cut, what was never flushed. */
export class PowerLife {
  readonly board: RunningBoard;
  readonly #disk: LossyDisk;
  readonly #nbd: NbdServer;
  readonly #counts: Counts;

  private constructor(board: RunningBoard, disk: LossyDisk, nbd: NbdServer, counts: Counts) {
    this.board = board;
    this.#disk = disk;
    this.#nbd = nbd;
    this.#counts = counts;
  }

  static async begin(test: TestCard): Promise<PowerLife> {
    const disk = new LossyDisk(test.card.path);
    const counts: Counts = { writes: 0, due: Number.POSITIVE_INFINITY, cut: () => {} };
    const nbd = await NbdServer.start(join(test.folder, 'disk.sock'), disk, () => {
      counts.writes += 1;
      if (counts.writes >= counts.due) counts.cut();
    });
    // The board sees a write cache; each flush of its goes through to the card, and nothing else does.
    const board = await start(test, { disk: `${driveAt(nbd.path)},cache=writeback` });
    counts.cut = () => {
      nbd.cut();
      board.power.signal('SIGKILL');
    };
    return new PowerLife(board, disk, nbd, counts);
  }

  /** Writes and flushes that have reached the card. */
  get writes(): number {
    return this.#counts.writes;
  }

  /** The power is to go before that many writes and flushes from now on are carried out. */
  cutAfter(writes: number): void {
    this.#counts.due = this.#counts.writes + writes;
  }

  /** Ends the life, now if its moment has not come. @returns what the card made of it. */
  async end(random: Seeded): Promise<CutReport> {
    this.#nbd.cut();
    await this.board.cut();
    await this.#nbd.stop();
    const report = this.#disk.cut(random);
    this.#disk.close();
    if (this.#nbd.fault !== null) throw new Error(`the card was spoken to wrongly: ${this.#nbd.fault.message}`);
    return report;
  }
}

interface Counts {
  writes: number;
  due: number;
  cut: () => void;
}
