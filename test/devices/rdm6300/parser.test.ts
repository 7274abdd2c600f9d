import t from 'tap';
import { decodeFrame, encodeFrame } from '../../../src/devices/rdm6300/frame.ts';
import { Rdm6300Parser } from '../../../src/devices/rdm6300/parser.ts';
import { byteParserSuite, concat } from '../../contract/byte-parser.ts';

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

t.test('the published vector', async (t) => {
  t.same(FRAME, bytesOf('\x0262E3086CED08\x03'));
  t.same(decodeFrame(FRAME), { family: 'em4100', bits: 40, value: UID });
  t.same(decodeFrame(FRAME_CRLF), { family: 'em4100', bits: 40, value: UID });
  t.throws(() => encodeFrame(2n ** 40n), { name: 'AssertionFailure' });
  t.throws(() => encodeFrame(-1n), { name: 'AssertionFailure' });
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

t.test('as every parser', async (t) => {
  const say = (value: bigint): string => `em4100 40 ${value}`;
  byteParserSuite(t, {
    make: (onFound) => new Rdm6300Parser(({ value }) => onFound(say(value))),
    frames: [
      { bytes: FRAME, says: say(UID) },
      { bytes: encodeFrame(OTHER), says: say(OTHER) },
      { bytes: FRAME_CRLF, says: say(UID) },
      ...[1n, 2n ** 40n - 1n, 0xbcbcbcbcbcn].map((uid) => ({ bytes: encodeFrame(uid), says: say(uid) })),
    ],
    beginnings: ['\x02', '\x03', '0', '\x0262E3086CED08', '\x0262E3086CED08\r\n'].map(bytesOf),
    heldMax: 16,
    resyncBytes: 0,
    oracle: (line) => oracle(line).map(say),
  });
});
