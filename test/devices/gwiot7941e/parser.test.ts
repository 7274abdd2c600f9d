import t from 'tap';
import { decodeFrame, encodeFrame } from '../../../src/devices/gwiot7941e/frame.ts';
import { Gwiot7941eParser } from '../../../src/devices/gwiot7941e/parser.ts';
import { byteParserSuite } from '../../contract/byte-parser.ts';

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const FRAME = bytesOf('02 0A 02 11 00 0D EF 80 7B 03');

/** What a frame is, said a second time. */
function oracle(line: Uint8Array): readonly string[] {
  const says: string[] = [];
  let at = 0;
  while (at < line.length) {
    const [start, length, type, , a = 0, b = 0, c = 0, d = 0, check, end] = line.subarray(at, at + 10);
    const xor = line.subarray(at + 1, at + 8).reduce((sum, byte) => sum ^ byte, 0);
    const value = ((a * 256 + b) * 256 + c) * 256 + d;
    const isFrame = start === 2 && length === 10 && type === 2 && end === 3 && xor === check && value > 0;
    if (isFrame) says.push(`em4100 32 ${value}`);
    at += isFrame ? 10 : 1;
  }
  return says;
}

t.test('the published vectors', async (t) => {
  t.same(decodeFrame(FRAME), { family: 'em4100', bits: 32, value: 0x000def80n });
  t.same(encodeFrame(0x11000def80n), FRAME);
  const other = bytesOf('02 0A 02 2E 00 B6 D7 B5 F2 03');
  t.same(decodeFrame(other), { family: 'em4100', bits: 32, value: 0x00b6d7b5n });
  t.throws(() => encodeFrame(1n << 40n), { name: 'AssertionFailure' });
});

t.test('a refusal for each reason', async (t) => {
  for (const [hex, reason] of [
    ['02 0A 02 11 00 0D EF 80 7B 04', 'bad_end'],
    ['02 0A 02 11 00 0D EF 80 7A 03', 'bad_checksum'],
    ['02 0A 01 11 00 0D EF 80 78 03', 'bad_type'],
    ['02 0A 02 11 00 00 00 00 19 03', 'zero_uid'],
  ] as const) {
    const parser = new Gwiot7941eParser(() => t.fail(hex));
    parser.push(bytesOf(hex));
    t.equal(parser.refused[reason], 1, reason);
    t.equal(parser.strayBytes, 9, 'its other bytes begin nothing');
  }
});

t.test('as every parser', async (t) => {
  byteParserSuite(t, {
    make: (onFound) => new Gwiot7941eParser(({ family, bits, value }) => onFound(`${family} ${bits} ${value}`)),
    frames: [
      { bytes: FRAME, says: 'em4100 32 913280' },
      { bytes: encodeFrame(0x020a020a03n), says: `em4100 32 ${0x0a020a03}` },
      { bytes: encodeFrame(0xffffffffffn), says: `em4100 32 ${0xffffffff}` },
    ],
    beginnings: [Uint8Array.of(2), Uint8Array.of(2, 10), FRAME.subarray(0, 9)],
    heldMax: 10,
    resyncBytes: 10,
    oracle,
  });
});
