import { closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeFrame } from '../../src/devices/rdm6300/frame.ts';

// A reader that babbles: `flood-main.ts FEED RATE KIND` writes RATE frames a second into the terminal FEED until it is
// stopped, and then says how many and for how long. KIND `garbage`: frames with a wrong checksum, cut ones and noise;
// `cards`: good frames of ever other cards that nobody has.

const [feed = '', rate = '', kind = ''] = process.argv.slice(2);
const SLICE_MS = 10;

/** The frames of one second, over and over; the numbers of cards go on over seconds. */
function framesFrom(first: number, count: number): Uint8Array {
  const frames: Uint8Array[] = [];
  for (let at = first; at < first + count; at += 1) {
    const frame = encodeFrame(0x5500000000n + BigInt(at));
    if (kind === 'cards') frames.push(frame);
    else if (at % 4 === 0) frames.push(frame.subarray(0, 9));
    else if (at % 4 === 1) frames.push(frame.map((byte) => byte ^ 0xa5));
    else frames.push(frame.with(12, frame[12] === 0x30 ? 0x31 : 0x30));
  }
  return Buffer.concat(frames);
}

const file = openSync(feed, 'r+');
const startMs = performance.now();
let written = 0;
let isStopping = false;
process.once('SIGTERM', () => {
  isStopping = true;
});
while (!isStopping) {
  const due = Math.floor(((performance.now() - startMs) / 1000) * Number(rate));
  if (due > written) {
    const bytes = framesFrom(written, due - written);
    // The terminal takes what fits and makes us wait for the rest.
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, Math.min(2048, bytes.length - at));
    written = due;
  }
  await sleep(SLICE_MS);
}
closeSync(file);
process.stdout.write(`${written} frames in ${Math.round(performance.now() - startMs)} ms\n`);
