import { deepEqual, equal } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { decodeFrame, encodeFrame } from '../../../src/devices/rdm6300/frame.ts';
import { Rdm6300Parser } from '../../../src/devices/rdm6300/parser.ts';

const UID = 0x62e3086cedn;
const FRAME = encodeFrame(UID);
const OTHER = 0x0100382c9an;
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const FRAME_CRLF = bytesOf('\x0262E3086CED08\r\n\x03');

/** Feeds `chunks` to a new parser. */
function feed(...chunks: readonly Uint8Array[]) {
  const values: bigint[] = [];
  const parser = new Rdm6300Parser(({ value }) => values.push(value));
  for (const chunk of chunks) parser.push(chunk);
  const refused = Object.values(parser.refused).reduce((sum, count) => sum + count, 0);
  return { values, parser, refused };
}

const concat = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

t.test('the published vector', async (t) => {
  t.same(FRAME, bytesOf('\x0262E3086CED08\x03'));
  t.same(decodeFrame(FRAME), { family: 'em4100', bits: 40, value: UID });
  t.same(decodeFrame(FRAME_CRLF), { family: 'em4100', bits: 40, value: UID });
  t.throws(() => encodeFrame(2n ** 40n), { name: 'AssertionFailure' });
  t.throws(() => encodeFrame(-1n), { name: 'AssertionFailure' });
});

t.test('whole, doubled, joined, and split at every byte', async (t) => {
  for (const frame of [FRAME, FRAME_CRLF]) {
    t.same(feed(frame).values, [UID]);
    t.same(feed(frame, frame).values, [UID, UID]);
    t.same(feed(concat(frame, encodeFrame(OTHER), frame)).values, [UID, OTHER, UID]);
    const two = concat(frame, encodeFrame(OTHER));
    for (let at = 0; at <= two.length; at += 1) {
      t.same(feed(two.subarray(0, at), new Uint8Array(), two.subarray(at)).values, [UID, OTHER], `split at ${at}`);
    }
    const single = feed(...Array.from(two, (byte) => Uint8Array.of(byte)));
    t.same(single.values, [UID, OTHER]);
    t.equal(single.refused + single.parser.strayBytes + single.parser.bufferedBytes, 0);
  }
});

t.test('a refusal for each reason', async (t) => {
  for (const [text, reason] of [
    ['\x0262E3086CED09\x03', 'bad_checksum'],
    ['\x0262E3086CEE08\x03', 'bad_checksum'],
    ['\x0262E3086CEG08\x03', 'bad_digit'],
    ['\x0262e3086ced08\x03', 'bad_digit'],
    ['\x0262E3086CED0\x00\x03', 'bad_digit'],
    ['\x0262E3086CED 8\x03', 'bad_digit'],
    ['\x02000000000000\x03', 'zero_uid'],
    ['\x02000000000000\r\n\x03', 'zero_uid'],
    ['\x02\x03', 'short'],
    ['\x0262E3086CED0\x03', 'short'],
    ['\x0262E3086CED080\x03', 'over_long'],
    ['\x0262E3086CED08\r\x03', 'over_long'],
    ['\x0262E3086CED08\n\r\x03', 'over_long'],
    ['\x0262E3086CED0800\x03', 'over_long'],
    ['\x0262E3086CED08\x0262E3086CED08', 'no_end'],
  ] as const) {
    const { values, parser } = feed(bytesOf(text));
    t.same(values, [], JSON.stringify(text));
    t.equal(parser.refused[reason], 1, `${JSON.stringify(text)} is ${reason}`);
  }
  const stray = feed(bytesOf('62E3086CED08\x03'));
  t.equal(stray.parser.strayBytes, 13);
  t.equal(stray.refused, 0);
  const long = feed(bytesOf('\x0262E3086CED0812345'));
  t.equal(long.parser.refused.over_long, 1, 'refused before its end');
  t.equal(long.parser.strayBytes, 2, 'and the rest is stray');
});

t.test('reset drops half a frame: the rest of it is not joined to what comes next', async (t) => {
  const { values, parser } = feed(FRAME.subarray(0, 7));
  t.equal(parser.bufferedBytes, 7);
  parser.reset();
  t.equal(parser.refused.no_end, 1);
  parser.reset();
  t.equal(parser.refused.no_end, 1, 'nothing held, nothing lost');
  parser.push(FRAME.subarray(7));
  t.same(values, []);
  parser.push(FRAME);
  t.same(values, [UID]);
});

t.test('every flipped bit is refused, and costs that frame only', async (t) => {
  let flips = 0;
  for (const uid of [UID, OTHER, 1n, 2n ** 40n - 1n, 0xbcbcbcbcbcn]) {
    const good = encodeFrame(uid);
    for (const frame of [good, concat(good.subarray(0, 13), bytesOf('\r\n\x03'))]) {
      for (let bit = 0; bit < frame.length * 8; bit += 1) {
        const bad = frame.slice();
        bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const alone = feed(bad);
        const heard = feed(FRAME, bad, FRAME);
        if (alone.values.length > 0) t.fail(`bit ${bit} of ${uid} passed as ${alone.values}`);
        if (heard.values.length !== 2) t.fail(`bit ${bit} of ${uid} cost a neighbour`);
        const noticed = heard.refused + heard.parser.strayBytes > 0;
        if (!noticed) t.fail(`bit ${bit} of ${uid} was counted nowhere`);
        flips += 1;
      }
    }
  }
  t.equal(flips, 5 * (14 + 16) * 8);
});

t.test('every byte changed, lost or added between two good frames', async (t) => {
  let cases = 0;
  const check = (bad: Uint8Array, what: string): void => {
    cases += 1;
    const { values } = feed(FRAME, bad, FRAME);
    const middle = values.slice(1, -1);
    const isRight = values[0] === UID && values.at(-1) === UID && middle.every((value) => value === OTHER);
    if (!isRight || middle.length > 1) t.fail(`${what}: ${values}`);
  };
  const good = encodeFrame(OTHER);
  for (let at = 0; at < good.length; at += 1) {
    check(concat(good.subarray(0, at), good.subarray(at + 1)), `lost ${at}`);
    for (let byte = 0; byte < 256; byte += 1) {
      check(concat(good.subarray(0, at), Uint8Array.of(byte), good.subarray(at + 1)), `${at} is ${byte}`);
      check(concat(good.subarray(0, at), Uint8Array.of(byte), good.subarray(at)), `${byte} before ${at}`);
    }
  }
  t.equal(cases, 14 * 513);
});

t.test('what noise costs, as documented', async (t) => {
  const noStart = FRAME.subarray(1);
  const noEnd = FRAME.subarray(0, 13);
  t.same(feed(noEnd, FRAME).values, [UID], 'a lost end costs its frame');
  t.same(feed(FRAME, noStart, FRAME).values, [UID, UID], 'a lost start costs its frame');
  t.same(feed(noEnd, noStart, FRAME).values, [UID], 'both lost together cost both frames');
  t.same(feed(bytesOf('\x02'), FRAME).values, [UID], 'a start between frames costs nothing');
  t.same(feed(bytesOf('\x03'), FRAME).values, [UID], 'an end between frames costs nothing');
  const spurious = feed(concat(FRAME.subarray(0, 5), bytesOf('\x02'), FRAME.subarray(5)), FRAME);
  t.same(spurious.values, [UID]);
  t.same(spurious.parser.refused.no_end + spurious.parser.refused.short, 2);
});

t.test('endless starts, digits and noise are held in 16 bytes', async (t) => {
  const size = 64 * 1024;
  const noise = new Uint8Array(size);
  let state = 1;
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    noise[at] = state >>> 24;
  }
  for (const [name, chunk] of [
    ['02', new Uint8Array(size).fill(2)],
    ['03', new Uint8Array(size).fill(3)],
    ['digits', new Uint8Array(size).fill(0x30)],
    ['02 and digits', concat(Uint8Array.of(2), new Uint8Array(size).fill(0x30))],
    ['noise', noise],
  ] as const) {
    const { parser, values } = feed();
    const held = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    const before = held();
    for (let round = 0; round < 1_024; round += 1) {
      parser.push(chunk);
      if (parser.bufferedBytes > 16) t.fail(`${name}: ${parser.bufferedBytes} bytes held`);
    }
    t.ok(held() - before < 24 * 1024 * 1024, `${name}: 64 MiB fed, ${held() - before} bytes more in use`);
    parser.push(FRAME);
    t.equal(values.at(-1), UID, `${name}: the next frame is heard`);
    const counted = Object.values(parser.refused).reduce((sum, count) => sum + count, parser.strayBytes);
    t.ok(counted >= 1_000, `${name}: counted ${counted}`);
  }
});

/** What a frame is, said a second time: by a pattern over the whole text. */
function oracle(bytes: Uint8Array): bigint[] {
  const mark = (byte: number): string => ({ 2: '<', 3: '>', 60: '?', 62: '?' })[byte] ?? String.fromCharCode(byte);
  const text = Array.from(bytes, mark).join('');
  const found: bigint[] = [];
  for (const [, digits = ''] of text.matchAll(/<([0-9A-F]{12})(?:\r\n)?>/g)) {
    const xor = Buffer.from(digits, 'hex').reduce((sum, byte) => sum ^ byte, 0);
    const value = BigInt(`0x${digits.slice(0, 10)}`);
    if (xor === 0 && value !== 0n) found.push(value);
  }
  return found;
}

t.test('any bytes in any pieces give what the whole text holds', async (t) => {
  const uid = fc.bigInt({ min: 0n, max: 2n ** 40n - 1n });
  const piece = fc.oneof(
    uid.map(encodeFrame),
    uid.map((value) => concat(encodeFrame(value).subarray(0, 13), bytesOf('\r\n\x03'))),
    fc.tuple(uid, fc.nat(13), fc.nat(255)).map(([value, at, byte]) => encodeFrame(value).with(at, byte)),
    fc.tuple(uid, fc.nat(14), fc.nat(14)).map(([value, from, to]) => encodeFrame(value).subarray(from, to)),
    fc
      .array(fc.constantFrom(2, 3, 0x0d, 0x0a, 0x30, 0x38, 0x41, 0x46, 0x47), { maxLength: 20 })
      .map((all) => Uint8Array.from(all)),
    fc.uint8Array({ maxLength: 40 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 20 })), (pieces, cuts) => {
      const whole = concat(...pieces);
      const chunks: Uint8Array[] = [];
      let rest = whole;
      for (const cut of cuts) {
        chunks.push(rest.subarray(0, cut));
        rest = rest.subarray(cut);
      }
      const once = feed(whole);
      const split = feed(...chunks, rest);
      deepEqual(split.values, oracle(whole));
      deepEqual(once.values, split.values);
      deepEqual(once.parser.refused, split.parser.refused);
      equal(once.parser.strayBytes, split.parser.strayBytes);
    }),
    { numRuns: 2_000 },
  );
  t.pass('held');
});
