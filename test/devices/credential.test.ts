import { deepEqual, ok } from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { codeOf } from '../../src/base/errors.ts';
import { type Credential, familyOfWidths, hashView, viewsOf } from '../../src/devices/credential.ts';
import { parseCredential, printCredential } from '../../src/devices/credential-text.ts';
import { decodeFrame, encodeFrame } from '../../src/devices/rdm6300/frame.ts';

const em4100 = (bits: number, value: bigint): Credential => ({ family: 'em4100', bits, value });
const key = new Uint8Array(32).map((_, at) => at);
const uids = fc.bigInt({ min: 1n, max: 2n ** 40n - 1n });

t.test('forms printed on one card', async (t) => {
  for (const [text, bits, value] of [
    ['62E3086CED', 40, 0x62e3086cedn],
    ['62e3086ced', 40, 0x62e3086cedn],
    ['hex:62E3086CED', 40, 0x62e3086cedn],
    ['HEX:0102030405', 40, 0x0102030405n],
    ['E3086CED', 32, 0xe3086cedn],
    ['hex:12345678', 32, 0x12345678n],
    ['3808980205', 32, 0xe3086cedn],
    ['  3808980205\n', 32, 0xe3086cedn],
    ['dec:3808980205', 32, 0xe3086cedn],
    ['dec:1', 32, 1n],
    ['0000000001', 32, 1n],
    ['4294967295', 32, 0xffffffffn],
    ['008,27885', 24, 0x086cedn],
    ['8,27885', 24, 0x086cedn],
    ['255,65535', 24, 0xffffffn],
    ['000,00001', 24, 1n],
    ['1,0', 24, 0x010000n],
  ] as const) {
    t.same(parseCredential(text), em4100(bits, value), JSON.stringify(text));
  }
});

t.test('other families', async (t) => {
  for (const [text, family, bits, value] of [
    ['uid:04A1B2C3D4E5F6', 'iso14443a', 56, 0x04a1b2c3d4e5f6n],
    ['UID:04-a1-b2-c3-d4-e5-f6', 'iso14443a', 56, 0x04a1b2c3d4e5f6n],
    ['uid:00 00 00 01', 'iso14443a', 32, 1n],
    ['uid:00:01:02:03:04:05:06:07:08:09', 'iso14443a', 80, 0x00010203040506070809n],
    ['37:31527', 'wiegand', 35, 31527n],
    ['37:34359738367', 'wiegand', 35, 2n ** 35n - 1n],
    ['37:170/31527', 'wiegand', 35, (170n << 19n) | 31527n],
    ['36:170/31527', 'wiegand', 34, (900n << 24n) | (170n << 16n) | 31527n],
    ['36:1/170/31527', 'wiegand', 34, (1n << 24n) | (170n << 16n) | 31527n],
  ] as const) {
    t.same(parseCredential(text), { family, bits, value }, text);
    t.same(parseCredential(printCredential({ family, bits, value })), { family, bits, value }, text);
    t.same(viewsOf({ family, bits, value }), [{ family, bits, value }], 'one view, its own');
    t.equal(familyOfWidths([bits]), family);
  }
  t.same([familyOfWidths([40, 32, 24]), familyOfWidths([24])], ['em4100', 'em4100']);
  for (const [text, code] of [
    ['uid:', 'credential_unreadable'],
    ['uid:04A1B2C3D4', 'credential_unreadable'],
    ['uid:04A1B2C', 'credential_unreadable'],
    ['uid:04--A1B2C3', 'credential_unreadable'],
    ['uid:00000000', 'credential_zero'],
    ['uid:08112233', 'credential_random'],
    ['37:', 'credential_unreadable'],
    ['37:1/2/3', 'credential_unreadable'],
    ['37:34359738368', 'credential_out_of_range'],
    ['37:65536/1', 'credential_out_of_range'],
    ['37:0', 'credential_zero'],
    ['36:31527', 'credential_unreadable'],
    ['36:256/1', 'credential_out_of_range'],
    ['36:1024/1/1', 'credential_out_of_range'],
  ] as const) {
    t.throws(() => parseCredential(text), { code }, text);
  }
});

t.test('what is refused, and the number never shown', async (t) => {
  for (const [text, code] of [
    ['', 'credential_unreadable'],
    ['   ', 'credential_unreadable'],
    ['1', 'credential_unreadable'],
    ['123456789', 'credential_unreadable'],
    ['12345678901', 'credential_unreadable'],
    ['62E3086CE', 'credential_unreadable'],
    ['62E3086CEDA', 'credential_unreadable'],
    ['62E3086CEG', 'credential_unreadable'],
    ['62 E3 08 6C ED', 'credential_unreadable'],
    ['0x62E3086C', 'credential_unreadable'],
    ['-123456789', 'credential_unreadable'],
    ['+380898020', 'credential_unreadable'],
    ['1234567.89', 'credential_unreadable'],
    ['٣٨٠٨٩٨٠٢٠٥', 'credential_unreadable'],
    ['０１２３４５６７８９', 'credential_unreadable'],
    ['3808980205\u0000', 'credential_unreadable'],
    ['3808980205\n3808980205', 'credential_unreadable'],
    ['008,27885,1', 'credential_unreadable'],
    [',27885', 'credential_unreadable'],
    ['008,', 'credential_unreadable'],
    ['0008,27885', 'credential_unreadable'],
    ['008,027885', 'credential_unreadable'],
    ['hex:', 'credential_unreadable'],
    ['hex:62E3', 'credential_unreadable'],
    ['hex: 62E3086CED', 'credential_unreadable'],
    ['hex:hex:62E3086CED', 'credential_unreadable'],
    ['dec:', 'credential_unreadable'],
    ['dec:62E3086CED', 'credential_unreadable'],
    ['dec:00000000001', 'credential_unreadable'],
    ['9'.repeat(64), 'credential_unreadable'],
    ['9'.repeat(65), 'credential_unreadable'],
    [' '.repeat(1_000_000), 'credential_unreadable'],
    ['4294967296', 'credential_ambiguous'],
    ['9999999999', 'credential_ambiguous'],
    ['12345678', 'credential_ambiguous'],
    ['256,00000', 'credential_out_of_range'],
    ['000,65536', 'credential_out_of_range'],
    ['dec:4294967296', 'credential_out_of_range'],
    ['0000000000', 'credential_zero'],
    ['000,00000', 'credential_zero'],
    ['dec:0', 'credential_zero'],
    ['hex:0000000000', 'credential_zero'],
    ['hex:00000000', 'credential_zero'],
  ] as const) {
    try {
      parseCredential(text);
      t.fail(`accepted ${JSON.stringify(text)}`);
    } catch (error) {
      t.equal(codeOf(error), code, JSON.stringify(text.slice(0, 70)));
      const digits = text.replace(/^(hex|dec):/i, '').replace(/[^0-9A-F]/gi, '');
      const shown = error instanceof Error ? `${error.message} ${JSON.stringify(Object.values(error))}` : '';
      if (digits.length > 7) t.notOk(shown.includes(digits), 'the number is not in the error');
    }
  }
});

t.test('views', async (t) => {
  const uid = 0x62e3086cedn;
  const views = [em4100(40, uid), em4100(32, 0xe3086cedn), em4100(24, 0x086cedn)];
  t.same(viewsOf(em4100(40, uid)), views);
  t.same(viewsOf(em4100(32, 0xe3086cedn)), views.slice(1));
  t.same(viewsOf(em4100(24, 0x086cedn)), views.slice(2));
  t.same(viewsOf(em4100(40, 0x62e3000000n)), [em4100(40, 0x62e3000000n), em4100(32, 0xe3000000n)], 'no view is 0');
  t.same(viewsOf(em4100(40, 0x6200000000n)), [em4100(40, 0x6200000000n)]);
  for (const wrong of [em4100(40, 0n), em4100(40, 2n ** 40n), em4100(24, 2n ** 24n), em4100(26, 1n), em4100(32, -1n)]) {
    t.throws(() => viewsOf(wrong), { name: 'AssertionFailure' });
    t.throws(() => hashView(key, wrong), { name: 'AssertionFailure' });
    t.throws(() => printCredential(wrong), { name: 'AssertionFailure' });
  }
});

t.test('any form printed on a card matches the frame a reader sends', async (t) => {
  fc.assert(
    fc.property(uids, (uid) => {
      const read = decodeFrame(encodeFrame(uid));
      if (typeof read === 'string') throw new Error(read);
      const hashes = viewsOf(read).map((view) => hashView(key, view));
      const low = BigInt.asUintN(32, uid);
      const printed = [
        `hex:${uid.toString(16).padStart(10, '0')}`,
        `hex:${low.toString(16).padStart(8, '0')}`,
        low.toString().padStart(10, '0'),
        `${(low >> 16n) & 0xffn},${low & 0xffffn}`,
        ...viewsOf(read).map(printCredential),
      ];
      for (const text of printed) {
        if (!/[1-9a-f]/i.test(text.replace(/^hex:/, ''))) continue;
        const typed = viewsOf(parseCredential(text)).map((view) => hashView(key, view));
        ok(typed.length > 0 && typed.every((hash) => hashes.includes(hash)), text);
      }
    }),
    { numRuns: 1_000 },
  );
  t.pass('held');
});

t.test('print, then parse, is the same credential', async (t) => {
  t.equal(printCredential(em4100(40, 0x0102030405n)), 'hex:0102030405');
  t.equal(printCredential(em4100(32, 1n)), '0000000001');
  t.equal(printCredential(em4100(24, 0x086cedn)), '008,27885');
  fc.assert(
    fc.property(uids, (uid) => {
      for (const view of viewsOf(em4100(40, uid))) deepEqual(parseCredential(printCredential(view)), view);
    }),
  );
});

t.test('arbitrary text gives a credential in range or a coded error', async (t) => {
  const alphabet = fc.constantFrom(...'0123456789abcdefABCDEF,:hexdec \t-+.x');
  const text = fc.oneof(fc.string(), fc.string({ unit: alphabet, maxLength: 16 }), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(text, (input) => {
      try {
        const { bits, value } = parseCredential(input);
        return value > 0n && value < 2n ** BigInt(bits);
      } catch (error) {
        return codeOf(error)?.startsWith('credential_') === true;
      }
    }),
    { numRuns: 2_000 },
  );
  t.pass('held');
});

t.test('hash: documented bytes, by a second way', async (t) => {
  const view = em4100(40, 0x62e3086cedn);
  const message = Buffer.from('blockmesh/badge/1\0em4100\0\x28\x62\xe3\x08\x6c\xed', 'latin1');
  t.equal(hashView(key, view), createHmac('sha256', key).update(message).digest('hex'));
  t.equal(
    hashView(key, view),
    '9cb924109217edf6cc4757cfa33c15607d29d08ac225c3dc6dcd58f8404d28d2',
    'computed by Python hmac',
  );
  t.equal(
    hashView(key, em4100(24, 1n)),
    createHmac('sha256', key).update(Buffer.from('blockmesh/badge/1\0em4100\0\x18\0\0\x01', 'latin1')).digest('hex'),
    'leading zeros of the value are kept',
  );
  t.equal(
    hashView(key, { family: 'wiegand', bits: 35, value: 1n }),
    createHmac('sha256', key)
      .update(Buffer.from('blockmesh/badge/1\0wiegand\0\x23\0\0\0\0\x01', 'latin1'))
      .digest('hex'),
    'to whole bytes',
  );
  const uid = hashView(key, { family: 'iso14443a', bits: 32, value: 1n });
  t.not(uid, hashView(key, em4100(32, 1n)), 'the family matters');
  const widths = [40, 32, 24].map((bits) => hashView(key, em4100(bits, 1n)));
  t.equal(new Set(widths).size, 3, 'the same number at three widths has three hashes');
  t.not(hashView(key, view), hashView(new Uint8Array(32), view), 'the key matters');
  t.throws(() => hashView(new Uint8Array(15), view), { name: 'AssertionFailure' });
});
