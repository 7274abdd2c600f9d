import t from 'tap';
import type { CodedError } from '../../../src/base/errors.ts';
import { Pn532Parser } from '../../../src/devices/pn532/parser.ts';
import { Pn532Session } from '../../../src/devices/pn532/session.ts';
import { ScriptedClock } from '../../node/scripted-clock.ts';
import { Pn532Twin } from './twin.ts';

/** A session with a twin of the chip, both in memory, at a time that goes on when the test says so. */
function converse() {
  const clock = new ScriptedClock();
  const told = { ready: 0, targets: [] as string[], failed: [] as CodedError[] };
  const written: string[] = [];
  const line = { isCut: false };
  const parser = new Pn532Parser((message) => session.hear(message));
  const chip = new Pn532Twin((bytes) => parser.push(bytes));
  const session = new Pn532Session({
    clock,
    write: (bytes) => {
      if (line.isCut) return false;
      written.push(Buffer.from(bytes).toString('hex'));
      chip.hear(bytes);
      return true;
    },
    onReady: () => {
      told.ready += 1;
    },
    onTarget: (data) => told.targets.push(Buffer.from(data).toString('hex')),
    onFailed: (error) => told.failed.push(error),
  });
  return { clock, told, written, line, chip, session };
}

t.test('wakes the chip, sets it up, and asks for cards', async (t) => {
  const { clock, told, written, chip, session } = converse();
  session.start();
  t.equal(written[0], '55550000000000ff05fbd4140114000300', 'wake and SAMConfiguration in one');
  t.equal(written[1], '0000ff02fed4022a00', 'then who it is');
  t.same(chip.heard, [0x14, 0x02, 0x32]);
  t.equal(told.ready, 1);
  clock.fire();
  t.equal(written.at(-1), '0000ff04fcd44a0100e100');
  t.same(told.targets, ['4b00']);
  chip.state.card = '04a1b2c3d4e5f6';
  for (let poll = 0; poll < 3; poll += 1) clock.fire();
  t.same(told.targets.slice(1), Array(3).fill('4b010100040807' + '04a1b2c3d4e5f6'));
  t.equal(clock.pending, 1, 'one timer, whatever was said');
  session.stop();
  t.equal(clock.pending, 0);
  t.same([told.ready, told.failed], [1, []]);
  t.throws(() => session.start(), { name: 'AssertionFailure' });
});

t.test('a chip that does not do as it should ends the session, after five tries', async (t) => {
  const cases = [
    [{ isSilent: true }, 'pn532_silent', /did not acknowledge SAMConfiguration/, [30, 60, 120, 240, 480]],
    [
      { isMute: true },
      'pn532_silent',
      /did not answer SAMConfiguration/,
      [30, 500, 60, 500, 120, 500, 240, 500, 480, 500],
    ],
    [{ refusesAll: true }, 'pn532_refused', /refused SAMConfiguration/, undefined],
    [{ firmware: [0x33, 1, 6, 7] }, 'pn532_foreign', /calls itself 51/, undefined],
  ] as const;
  for (const [state, code, message, delays] of cases) {
    const { clock, told, chip, session } = converse();
    Object.assign(chip.state, state);
    session.start();
    for (let step = 0; step < 10; step += 1) clock.fire();
    t.match(told.failed, [{ code, message, advice: /RX and TX/ }]);
    t.equal(told.failed.length, 1);
    if (delays !== undefined) t.same(clock.delays, delays);
    t.equal(clock.pending, 0, 'and nothing goes on');
    t.equal(told.ready, 0);
  }
});

t.test('what the line or the chip loses once is asked again', async (t) => {
  const { clock, told, line, chip, session } = converse();
  line.isCut = true;
  session.start();
  line.isCut = false;
  clock.fire();
  t.equal(told.ready, 1, 'bytes that could not be sent');
  chip.state.isSilent = true;
  clock.fire();
  clock.fire();
  chip.state.isSilent = false;
  chip.state.card = 'deadbeef';
  clock.fire();
  t.same(told.targets, ['4b010100040804deadbeef'], 'an answer that did not come');
  t.same(told.failed, []);
  chip.state.isSilent = true;
  for (let step = 0; step < 10; step += 1) clock.fire();
  t.match(told.failed, [{ code: 'pn532_silent', message: /InListPassiveTarget, asked 5 times/ }]);
});

t.test('what is late, doubled or asked by nobody changes nothing', async (t) => {
  const { clock, told, chip, session } = converse();
  const data = (hex: string) => ({ type: 'data', data: new Uint8Array(Buffer.from(hex, 'hex')) }) as const;
  session.hear({ type: 'ack' });
  session.hear(data('4b010100040804deadbeef'));
  chip.state.isSilent = true;
  session.start();
  session.hear(data('15'));
  t.equal(clock.pending, 1, 'an answer before its acknowledgement is to an earlier try');
  session.hear({ type: 'ack' });
  session.hear({ type: 'ack' });
  session.hear({ type: 'nack' });
  session.hear(data('4b010100040804deadbeef'));
  session.hear(data('0332010607'));
  t.same([told.ready, told.targets, told.failed], [0, [], []]);
  chip.state.isSilent = false;
  session.hear(data('15'));
  t.equal(told.ready, 1);
  session.stop();
  session.hear({ type: 'ack' });
  session.hear(data('4b00'));
  session.hear({ type: 'error' });
  t.same([told.targets, told.failed, clock.pending], [[], [], 0]);
});
