import { type Seeded, seeded } from '../../node/seeded.ts';

/**
 * Bytes as disks have them, the same on every machine: runs of noise, of zeros, of one byte, of text with few letters,
 * and of what stood a while before, with bytes changed or inserted.
 */

const RUN_BYTES_MAX = 768 * 1024;
const LETTERS = Buffer.from('etaoin shrdlu\n{}":,');

type Fill = (run: Buffer, random: Seeded, before: Buffer) => void;

const FILLS: readonly Fill[] = [
  noise,
  noise,
  text,
  text,
  (run) => run.fill(0),
  (run, random) => run.fill(random(256)),
  again,
  again,
];

/** So many bytes, in pieces whose lengths say nothing of what is in them. */
export function* mixedData(bytes: number, pieceBytes: number, seed: number): Generator<Buffer> {
  const random = seeded(seed);
  let before: Buffer = Buffer.alloc(RUN_BYTES_MAX);
  let rest: Buffer = Buffer.alloc(0);
  for (let left = bytes; left > 0; ) {
    while (rest.length < Math.min(left, pieceBytes)) {
      const run = Buffer.alloc(1 + random(RUN_BYTES_MAX));
      FILLS[random(FILLS.length)]?.(run, random, before);
      before = run;
      rest = Buffer.concat([rest, run]);
    }
    const piece = rest.subarray(0, Math.min(left, pieceBytes));
    yield piece;
    rest = rest.subarray(piece.length);
    left -= piece.length;
  }
}

function noise(run: Buffer, random: Seeded): void {
  let state = 1 + random(2 ** 31);
  for (let at = 0; at < run.length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    run[at] = state;
  }
}

function text(run: Buffer, random: Seeded): void {
  let state = 1 + random(2 ** 31);
  for (let at = 0; at < run.length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    run[at] = LETTERS[(state >>> 16) % LETTERS.length] ?? 0;
  }
}

function again(run: Buffer, random: Seeded, before: Buffer): void {
  const from = random(before.length);
  before.copy(run, 0, from);
  run[random(run.length)] = random(256);
}
