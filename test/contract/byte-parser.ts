import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import type { Test } from 'tap';
import type { ByteParser } from '../../src/devices/byte-parser.ts';

interface Frame {
  readonly bytes: Uint8Array;
  readonly says: string;
  /** Its content spells a whole frame, which is heard when this one is broken: no parser can know better. */
  readonly isNest?: boolean;
}

/** What every parser of a reader's bytes is held to. What it finds is compared as text. */
export interface ParserUnderTest {
  /** A new parser that tells what it finds. */
  readonly make: (onFound: (found: string) => void) => ByteParser;
  /** Good frames, each with what it says; at least two that say different things. */
  readonly frames: readonly Frame[];
  /** What a frame may begin with, so that an endless line of it keeps the parser expecting. */
  readonly beginnings: readonly Uint8Array[];
  /** The most bytes that it may hold. */
  readonly heldMax: number;
  /** Bytes after which a parser that noise left in the middle of something has found its way again. */
  readonly resyncBytes: number;
  /** A frame ends as the next one begins, so that one whose end is lost takes the next one's beginning. */
  readonly sharesEdge?: boolean;
  /** What a line of bytes says, read all at once and written a second time. */
  readonly oracle: (bytes: Uint8Array) => readonly string[];
}

const ENDLESS_BYTES = 1024 * 1024;

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Feeds `chunks` to a new parser, one after the other. */
function feed({ make }: ParserUnderTest, ...chunks: readonly Uint8Array[]) {
  const says: string[] = [];
  const parser = make((found) => says.push(found));
  for (const chunk of chunks) parser.push(chunk);
  const refused = Object.values(parser.refused).reduce((sum, count) => sum + count, 0);
  return { says, parser, counted: refused + parser.strayBytes };
}

export function byteParserSuite(t: Test, subject: ParserUnderTest): void {
  const { frames } = subject;
  const [first, second] = frames;
  if (first === undefined || second === undefined) throw new Error('a parser is tested with two frames or more');

  t.test('whole, doubled, joined, and split at every byte', async (t) => {
    for (const { bytes, says } of frames) {
      t.same(feed(subject, bytes).says, [says]);
      t.same(feed(subject, bytes, bytes).says, [says, says]);
      const other = says === first.says ? second : first;
      t.same(feed(subject, concat(bytes, other.bytes, bytes)).says, [says, other.says, says]);
      const two = concat(bytes, other.bytes);
      const pieces = Array.from({ length: two.length + 1 }, (_, at) => [two.subarray(0, at), two.subarray(at)]);
      for (const [head = two, tail = two] of pieces) {
        const { says: heard } = feed(subject, head, new Uint8Array(), tail);
        if (heard.length !== 2 || heard[0] !== says) t.fail(`split at ${head.length}: ${heard}`);
      }
      const single = feed(subject, ...Array.from(two, (byte) => Uint8Array.of(byte)));
      t.same(single.says, [says, other.says]);
      t.equal(single.counted + single.parser.bufferedBytes, 0, 'nothing is left over');
    }
  });

  t.test('every flipped bit is refused and counted, and costs that frame only', async (t) => {
    for (const { bytes } of frames.filter(({ isNest }) => isNest !== true)) {
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const bad = bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
        const after = first.bytes;
        const { says, counted } = feed(subject, after, bad, after, after);
        if (says.some((one) => one !== first.says)) t.fail(`bit ${bit} passed as ${says}`);
        if (says.length !== 3) t.fail(`bit ${bit}: heard ${says.length} of 3 good ones`);
        if (counted === 0) t.fail(`bit ${bit} was counted nowhere`);
      }
    }
    t.pass('each bit of each frame');
  });

  t.test('every byte changed, lost or added is heard as what it is, and costs no later frame', async (t) => {
    let changes = 0;
    const check = (bad: Uint8Array, what: string) => {
      changes += 1;
      const { says } = feed(subject, first.bytes, bad, first.bytes, first.bytes);
      // The frame between may come through: noise was put beside it, or changed nothing.
      const good = says.filter((one) => one === first.says).length;
      const middle = says.slice(1).filter((one) => one !== first.says);
      const isEdge = subject.sharesEdge === true && what === lostEnd && good === 2;
      const isRight = says[0] === first.says && says.at(-1) === first.says && (good === 3 || isEdge);
      if (!isRight || middle.some((one) => one !== second.says) || middle.length > 1) t.fail(`${what}: ${says}`);
    };
    const good = second.bytes;
    const lostEnd = `lost ${good.length - 1}`;
    for (let at = 0; at < good.length; at += 1) {
      check(concat(good.subarray(0, at), good.subarray(at + 1)), `lost ${at}`);
      for (let byte = 0; byte < 256; byte += 1) {
        check(good.with(at, byte), `${at} is ${byte}`);
        check(concat(good.subarray(0, at), Uint8Array.of(byte), good.subarray(at)), `${byte} before ${at}`);
      }
    }
    t.equal(changes, good.length * 513);
  });

  t.test('a frame that was cut off does not join what comes after a reset', async (t) => {
    const { bytes } = first;
    for (let at = 1; at < bytes.length; at += 1) {
      const { says, parser } = feed(subject, bytes.subarray(0, at));
      const held = parser.bufferedBytes;
      parser.reset();
      if (parser.bufferedBytes !== 0) t.fail(`${at}: ${parser.bufferedBytes} bytes are still held`);
      if (held > 0 !== (parser.refused.no_end === 1)) t.fail(`${at}: a frame that was held is counted`);
      parser.push(bytes.subarray(at));
      if (says.length > 0) t.fail(`${at}: the rest alone says ${says}`);
      parser.reset();
      parser.push(bytes);
      if (says.length !== 1) t.fail(`${at}: heard ${says}`);
    }
    t.pass('cut at every byte');
  });

  t.test('endless lines are held in a few bytes, and heard through', async (t) => {
    const noise = new Uint8Array(ENDLESS_BYTES);
    let state = 1;
    for (let at = 0; at < noise.length; at += 1) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      noise[at] = state >>> 24;
    }
    const lines = [noise, ...subject.beginnings.map((bytes) => repeated(bytes, ENDLESS_BYTES))];
    for (const line of lines) {
      const { says, parser } = feed(subject);
      for (let at = 0; at < line.length; at += 4096) {
        parser.push(line.subarray(at, at + 4096));
        if (parser.bufferedBytes > subject.heldMax) t.fail(`${parser.bufferedBytes} bytes held`);
      }
      parser.push(repeated(first.bytes, subject.resyncBytes));
      parser.push(second.bytes);
      t.equal(says.at(-1), second.says, 'a frame behind it is heard');
      const counted = Object.values(parser.refused).reduce((sum, count) => sum + count, parser.strayBytes);
      t.ok(counted >= 1_000, `counted ${counted}`);
    }
  });

  t.test('any bytes in any pieces say what the whole line says', async (t) => {
    const piece = fc.oneof(
      fc.constantFrom(...frames.map(({ bytes }) => bytes)),
      fc.constantFrom(...subject.beginnings),
      fc
        .tuple(fc.constantFrom(...frames.map(({ bytes }) => bytes)), fc.nat(255), fc.nat(255))
        .map(([bytes, at, byte]) => bytes.with(at % bytes.length, byte)),
      fc
        .tuple(fc.constantFrom(...frames.map(({ bytes }) => bytes)), fc.nat(255))
        .map(([bytes, at]) => bytes.subarray(0, at % bytes.length)),
      fc.uint8Array({ maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(400)), (pieces, cuts) => {
        const line = concat(...pieces);
        const bounds = [0, ...cuts.map((cut) => cut % (line.length + 1)).sort((a, b) => a - b), line.length];
        const chunks = bounds.slice(1).map((bound, at) => line.subarray(bounds[at], bound));
        const whole = feed(subject, line);
        const parted = feed(subject, ...chunks);
        deepEqual(whole.says, subject.oracle(line));
        deepEqual(parted.says, whole.says);
        deepEqual(parted.parser.refused, whole.parser.refused);
        deepEqual(parted.parser.strayBytes, whole.parser.strayBytes);
      }),
      { numRuns: 1_000 },
    );
    t.pass('held');
  });
}

function repeated(bytes: Uint8Array, length: number): Uint8Array {
  return Uint8Array.from({ length: Math.ceil(length / bytes.length) * bytes.length }, (_, at) => {
    return bytes[at % bytes.length] ?? 0;
  });
}
