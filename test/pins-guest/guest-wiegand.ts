import t, { type Test } from 'tap';
import { GATE, hexOf, RawClient } from '../contract/pins-process.ts';
import { type Seeded, seeded } from '../node/seeded.ts';
import { C_PROGRAM, startOn } from './start.ts';
import { type Pace, type Paced, TestChip } from './test-chip.ts';

/** Wiegand pulses at the limits of what readers send, and beyond them. */

const FRAMES = 12;
const BITS = 26;
/** Not as long as a frame of these tests. */
const LAST = '10101';

interface Tally {
  readonly pace: Pace;
  readonly paced: readonly Paced[];
  /** Frames told as they were sent; of another length, which the node refuses; thrown away; of other bits. */
  right: number;
  short: number;
  faults: number;
  wrong: number;
}

function randomBits(next: Seeded): string {
  return Array.from({ length: BITS }, () => `${next(2)}`).join('');
}

async function tallyAt(t: Test, chip: TestChip, client: RawClient, pace: Pace, next: Seeded): Promise<Tally> {
  const sent = Array.from({ length: FRAMES }, () => randomBits(next));
  const paced: Paced[] = [];
  for (const bits of sent) paced.push(await chip.paced('gate', bits, pace));
  await chip.frame('gate', LAST);
  const events = await client.eventsUntil(new RegExp(`^event wiegand gate \\d+ ${LAST.length} ${hexOf(LAST)}$`));
  const tally: Tally = { pace, paced, right: 0, short: 0, faults: 0, wrong: 0 };
  let at = 0;
  for (const event of events.slice(0, -1)) {
    const [, kind, , , bits = '', hex = ''] = event.split(' ');
    if (kind === 'fault') tally.faults += 1;
    else if (Number(bits) !== BITS) tally.short += 1;
    else {
      const found = sent.findIndex((one, index) => index >= at && hexOf(one) === hex);
      if (found < 0) tally.wrong += 1;
      else {
        tally.right += 1;
        at = found + 1;
      }
    }
  }
  t.equal(tally.wrong, 0, `${pace.pulseUs} / ${pace.intervalUs} us: none is told wrong`);
  return tally;
}

function span(all: readonly (readonly [number, number])[]): string {
  return `${Math.min(...all.map(([min]) => min))}-${Math.max(...all.map(([, max]) => max))}`;
}

function row({ pace, paced, right, short, faults, wrong }: Tally): string {
  const asked = `${pace.pulseUs} / ${pace.intervalUs}`;
  const made = `${span(paced.map(({ pulseUs }) => pulseUs))} / ${span(paced.map(({ intervalUs }) => intervalUs))}`;
  return [asked.padEnd(12), made.padEnd(24), right, short, faults, wrong].join(' | ');
}

t.test('pulses at the limits of readers and beyond', async (t) => {
  const chip = new TestChip('wiegand');
  const pins = await startOn(chip, C_PROGRAM, t)({ outputs: [], readers: [GATE] });
  const client = new RawClient(pins.socketPath);
  await client.ask('watch');
  const next = seeded(1);
  const tallies: Tally[] = [];
  for (const [pulseUs, intervalUs] of [
    [100, 1_000],
    [100, 20_000],
    [160, 880],
    [100, 200],
    [20, 200],
    [50, 300],
    [20, 100],
    [10, 50],
    [5, 25],
    [1, 10],
  ] as const) {
    tallies.push(await tallyAt(t, chip, client, { pulseUs, intervalUs }, next));
  }
  t.comment('asked, us     | made, us                 | right | other length | thrown away | wrong');
  for (const tally of tallies) t.comment(row(tally));
  const ofReaders = tallies.filter(({ pace }) => pace.intervalUs >= 200);
  t.same(
    ofReaders.map(({ right }) => right),
    ofReaders.map(() => FRAMES),
    'whatever a reader may send is heard, every time',
  );
  await pins.stop();
});
