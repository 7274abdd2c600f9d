import t from 'tap';
import { codeOf } from '../../src/base/errors.ts';
import { hashPin } from '../../src/devices/pin.ts';

const key = new Uint8Array(32).map((_, at) => at);

t.test('a PIN is hashed with the card it goes with', async (t) => {
  const viewHash = 'ab'.repeat(32);
  // Reckoned apart, from the form that the comment gives.
  t.equal(hashPin(key, viewHash, '0471'), '443fa04a2badb9cd3d9722051b514c2e78eefb8b0a768d65855bc141668de4c1');
  t.not(hashPin(key, 'ac'.repeat(32), '0471'), hashPin(key, viewHash, '0471'), 'on another card it is another');
  t.not(hashPin(key, viewHash, '471'.padStart(5, '0')), hashPin(key, viewHash, '0471'), 'every digit counts');
  for (const pin of ['', '123', '1234567890123', '12 4', '\u0661\u0662\u0663\u0664', '1234\n']) {
    try {
      hashPin(key, viewHash, pin);
      t.fail(`taken: ${pin.length} characters`);
    } catch (error) {
      t.equal(codeOf(error), 'pin_unreadable');
      t.notOk(pin !== '' && String(error).includes(pin), 'and it is not told');
    }
  }
  t.throws(() => hashPin(key, 'AB'.repeat(32), '0471'), { name: 'AssertionFailure' });
  t.throws(() => hashPin(new Uint8Array(8), viewHash, '0471'), { name: 'AssertionFailure' });
});
