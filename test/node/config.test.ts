import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type CodedError, codeOf } from '../../src/base/errors.ts';
import {
  FEEDBACK_MS_MAX,
  PINS_DEBOUNCE_MS_MAX,
  PINS_INPUTS_MAX,
  PINS_ON_MS_MAX,
  PINS_OUTPUTS_MAX,
  PINS_WIEGAND_MAX,
} from '../../src/base/limits.ts';
import { readPinsOptions } from '../../src/devices/pins/options.ts';
import { parseConfig } from '../../src/node/config.ts';
import { pinsArguments } from '../../src/node/pins-arguments.ts';

const PATH = '/srv/space/blockmesh.toml';
const parse = (...lines: readonly string[]) => parseConfig(lines.join('\n'), PATH, '/srv/space');
const READER = ['[reader.front]', 'driver = "rdm6300"', 'port = "/dev/ttyAMA0"'];
const KEYBOARD = ['[reader.desk]', 'driver = "keyboard"', 'path = "/dev/input/by-id/x"'];
const WIEGAND = ['[reader.side]', 'driver = "wiegand"'];
const WIEGAND_DEFAULTS = {
  driver: 'wiegand',
  gap_ms: 25,
  format: '26-h10301',
  oem: 900,
  keypad: 'none',
  key_codes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  pin: 'before',
};
const OUTPUT = ['[output.strike]', 'line = "GPIO17"'];
const INPUT = ['[input.button]', 'line = "GPIO23"'];

function thrownBy(...lines: readonly string[]): CodedError | undefined {
  try {
    parse(...lines);
    return undefined;
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return error as CodedError;
  }
}

t.test('nothing said, the defaults stand', async (t) => {
  const config = {
    node: { name: 'blockmesh', clock: 'timesync' },
    log: { level: 'info' },
    control: { socket: '/srv/space/run/node.sock' },
    pins: { socket: '/srv/space/run/pins.sock', options: '/srv/space/run/pins.options' },
    reader: {},
    input: {},
    output: {},
    relay: {},
    broker: { enabled: true, port: 8883, loopback_port: 1883, base: 'blockmesh' },
    chunks: { low_space: '1 GB' },
  };
  for (const source of ['', '\n\n', '# nothing\n', '\ufeff', '[node]\n[log]\n[reader]\n[output]\n[pins]\n[control]']) {
    t.strictSame(parse(source), config, JSON.stringify(source));
  }
  t.strictSame(parse(...READER, ...OUTPUT), {
    ...config,
    reader: { front: { driver: 'rdm6300', port: '/dev/ttyAMA0', baud: 9600 } },
    output: { strike: { line: 'GPIO17', active: 'high', longest_ms: 60_000, feedback_ms: 500 } },
  });
});

t.test('every key', async (t) => {
  const config = parse(
    ...['[node]', 'name = "Vordertür"', 'clock = "trusted"', '[log]', 'level = "debug"'],
    ...['[control]', 'socket = "/run/a.sock"', '[pins]', 'socket = "b.sock"', 'options = "/etc/pins"'],
    ...['[reader.r-1]', 'driver = "rdm6300"', 'port = "run/tty"', 'baud = 115_200', 'feed = "../feed"'],
    ...['[broker]', 'enabled = false', 'port = 0', 'loopback_port = 0', 'base = "a/b"'],
    ...['[broker.plain]', 'interface = "wlan1"', 'port = 2883'],
    ...['[chunks]', 'quota = "20 GB"', 'low_space = "512 MiB"'],
    ...['[output.o]', 'chip = "pinctrl-bcm2711"', 'offset = 4095', 'active = "low"', `longest_ms = ${PINS_ON_MS_MAX}`],
    ...['feedback = "i"', 'feedback_ms = 60000'],
    ...['[relay.x]', 'device = "d"', 'number = 15', 'switch = "S_1"', 'longest_ms = 1'],
    ...['[input.i]', 'chip = "c"', 'offset = 0', 'active = "high"', 'bias = "none"', 'debounce_ms = 0'],
  );
  t.strictSame(config, {
    node: { name: 'Vordertür', clock: 'trusted' },
    log: { level: 'debug' },
    control: { socket: '/run/a.sock' },
    pins: { socket: '/srv/space/b.sock', options: '/etc/pins' },
    reader: { 'r-1': { driver: 'rdm6300', port: '/srv/space/run/tty', baud: 115_200, feed: '/srv/feed' } },
    broker: { enabled: false, port: 0, loopback_port: 0, base: 'a/b', plain: { interface: 'wlan1', port: 2883 } },
    chunks: { quota: '20 GB', low_space: '512 MiB' },
    input: { i: { chip: 'c', offset: 0, active: 'high', bias: 'none', debounce_ms: 0 } },
    relay: { x: { device: 'd', number: 15, switch: 'S_1', longest_ms: 1 } },
    output: {
      o: {
        ...{ chip: 'pinctrl-bcm2711', offset: 4095, active: 'low', longest_ms: PINS_ON_MS_MAX },
        ...{ feedback: 'i', feedback_ms: FEEDBACK_MS_MAX },
      },
    },
  });
  for (const part of [config, config.node, config.reader, config.reader['r-1']]) t.ok(Object.isFrozen(part));
  for (const trust of ['timesync', 'trusted', 'untrusted'])
    t.equal(parse('[node]', `clock = "${trust}"`).node.clock, trust);
  for (const level of ['debug', 'info', 'warn', 'error'])
    t.equal(parse('[log]', `level = "${level}"`).log.level, level);
  t.strictSame(parse('node.name = "a"', 'log = { level = "warn" }').node.name, 'a', 'dotted and inline');
});

t.test('the example explains every key, and is a configuration as it stands and with its comments open', async (t) => {
  const example = readFileSync(join(import.meta.dirname, '../../src/node/blockmesh.example.toml'), 'utf8');
  t.match(parse(example), { node: { name: 'blockmesh' }, reader: {}, output: {} });
  const opened = example.replaceAll(/^# (?=\[|\w+ = )/gm, '');
  t.match(parse(opened), {
    reader: {
      'front-reader': { driver: 'rdm6300', port: '/dev/ttyS1', baud: 9600, feed: '/srv/space/run/feed' },
      'workshop-reader': { driver: 'pn532', port: '/dev/ttyUSB0', baud: 115_200, byte_order: 'as-sent' },
      'side-reader': { ...WIEGAND_DEFAULTS, d0: 'GPIO23', d1: 'GPIO24' },
      'shed-reader': { driver: 'tasmota', device: 'shed-reader' },
      'shop-reader': { driver: 'esp-rfid', device: 'shop-reader', family: 'iso14443a' },
      'yard-reader': { driver: 'esphome', device: 'yard', topic: 'yard/tag', family: 'iso14443a' },
    },
    relay: { 'shed-lock': { device: 'shed-relay', number: 0, switch: 'lock', longest_ms: 60_000 } },
    input: {
      'front-exit': { line: 'GPIO5', active: 'low', bias: 'pull-up', debounce_ms: 20 },
      'front-contact': { line: 'GPIO6', active: 'high' },
      'front-feedback': { line: 'GPIO13' },
    },
    output: {
      'front-strike': {
        ...{ line: 'GPIO17', active: 'high', longest_ms: 60_000 },
        ...{ feedback: 'front-feedback', feedback_ms: 500 },
      },
    },
  });
  for (const key of [
    'name',
    'clock',
    'level',
    'socket',
    'driver',
    'port',
    'baud',
    'feed',
    'byte_order',
    'd0',
    'd1',
    'd0_offset',
    'd1_offset',
    'gap_ms',
    'format',
    'oem',
    'keypad',
    'key_codes',
    'pin',
    'line',
    'chip',
    'offset',
    'active',
    'longest_ms',
    'bias',
    'debounce_ms',
    'feedback',
    'feedback_ms',
    'enabled',
    'loopback_port',
    'base',
    'interface',
    'device',
    'family',
    'topic',
    'number',
    'switch',
  ]) {
    t.ok(new RegExp(`\\b${key} = `).test(example), key);
  }
});

t.test('what speaks MQTT names its device', async (t) => {
  t.match(thrownBy('[reader.r]', 'driver = "tasmota"'), { code: 'config_invalid' });
  t.match(thrownBy('[reader.r]', 'driver = "esphome"', 'device = "d"'), { code: 'config_invalid' });
  t.match(thrownBy('[reader.r]', 'driver = "mqtt"', 'device = "d"', 'topic = "a/#"'), { code: 'config_invalid' });
  t.match(thrownBy('[reader.r]', 'driver = "tasmota"', 'device = "d"', 'port = "tty"'), { code: 'config_unknown_key' });
  t.match(thrownBy('[relay.x]', 'number = 1'), { code: 'config_invalid' });
  t.match(thrownBy('[relay.strike]', 'device = "d"', ...OUTPUT), { message: /has the name of an output/ });
});

t.test('each kind of reader has its own keys', async (t) => {
  const reader = (driver: string, ...lines: readonly string[]) =>
    parse('[reader.r]', `driver = "${driver}"`, ...lines).reader.r;
  for (const driver of ['rdm6300', 'id12', 'gwiot7941e']) {
    t.strictSame(reader(driver, 'port = "tty"'), { driver, port: '/srv/space/tty', baud: 9600 });
  }
  t.strictSame(reader('pn532', 'port = "/dev/ttyS0"', 'byte_order = "reversed"'), {
    driver: 'pn532',
    port: '/dev/ttyS0',
    byte_order: 'reversed',
    baud: 115_200,
  });
  t.match(reader('wiegand', 'd0 = "GPIO23"', 'd1 = "GPIO24"'), { ...WIEGAND_DEFAULTS, d0: 'GPIO23', d1: 'GPIO24' });
  t.strictSame(reader('keyboard', 'path = "/dev/input/by-id/usb-event-kbd"', 'format = "3+5"'), {
    driver: 'keyboard',
    path: '/dev/input/by-id/usb-event-kbd',
    format: '3+5',
  });
  const codes = '[1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 14, 15]';
  const whole = ['chip = "c"', 'd0_offset = 0', 'd1_offset = 1', 'gap_ms = 100', 'format = "36-c15001"', 'oem = 1'];
  t.match(reader('wiegand', ...whole, 'keypad = "8-bit"', 'pin = "after"', `key_codes = ${codes}`), {
    ...{ chip: 'c', d0_offset: 0, d1_offset: 1, gap_ms: 100, format: '36-c15001', oem: 1, keypad: '8-bit' },
    ...{ pin: 'after', key_codes: [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 14, 15] },
  });
  const cases: readonly (readonly [lines: readonly string[], code: string, key: string, line: number])[] = [
    [['[reader.r]', 'port = "x"'], 'config_invalid', 'reader.r', 1],
    [['[reader.r]', 'driver = "rdm6301"', 'port = "x"'], 'config_invalid', 'reader.r.driver', 2],
    [['[reader.r]', 'driver = "pn532"', 'port = "x"', 'feed = "y"'], 'config_unknown_key', 'reader.r.feed', 4],
    [['[reader.r]', 'driver = "pn532"'], 'config_invalid', 'reader.r', 1],
    [[...READER, 'byte_order = "as-sent"'], 'config_unknown_key', 'reader.front.byte_order', 4],
    [[...KEYBOARD, 'format = "dec"'], 'config_invalid', 'reader.desk.format', 4],
    [KEYBOARD, 'config_invalid', 'reader.desk', 1],
    [[...KEYBOARD, 'format = "hex"', 'port = "x"'], 'config_unknown_key', 'reader.desk.port', 5],
    [
      [...KEYBOARD, 'format = "hex"', '[reader.r]', ...KEYBOARD.slice(1), 'format = "hex"'],
      'config_invalid',
      'reader.r.path',
      7,
    ],
    [[...READER, 'pin = "after"'], 'config_unknown_key', 'reader.front.pin', 4],
    [[...READER, '[reader.r]', ...READER.slice(1)], 'config_invalid', 'reader.r.port', 6],
    [[...WIEGAND, 'd0 = "a"', 'd1 = "b"', 'port = "x"'], 'config_unknown_key', 'reader.side.port', 5],
    [WIEGAND, 'config_invalid', 'reader.side', 1],
    [[...WIEGAND, 'd0 = "a"'], 'config_invalid', 'reader.side', 1],
    [[...WIEGAND, 'd0_offset = 1', 'd1_offset = 2'], 'config_invalid', 'reader.side', 1],
    [[...WIEGAND, 'd0 = "a"', 'd1 = "b"', 'd1_offset = 2'], 'config_invalid', 'reader.side', 1],
    [[...WIEGAND, 'd0 = "a"', 'd1 = "a"'], 'config_invalid', 'reader.side', 1],
    [[...WIEGAND, 'd0 = "a"', 'd1 = "b"', 'format = "35"'], 'config_invalid', 'reader.side.format', 5],
    [[...WIEGAND, 'd0 = "a"', 'd1 = "b"', 'format = "none"'], 'config_invalid', 'reader.side.format', 5],
    [[...WIEGAND, 'd0 = "a"', 'd1 = "b"', 'key_codes = [1]'], 'config_invalid', 'reader.side.key_codes', 5],
    [[...WIEGAND, 'd0 = "a,b"', 'd1 = "b"'], 'config_invalid', 'reader.side.d0', 3],
    [[...WIEGAND, 'd0 = "a"', `d1 = "${'b'.repeat(32)}"`], 'config_invalid', 'reader.side.d1', 4],
    [[...WIEGAND, 'chip = "gpiochip0"', 'd0_offset = 1', 'd1_offset = 2'], 'config_invalid', 'reader.side.chip', 3],
    [[...OUTPUT, ...WIEGAND, 'd0 = "GPIO4"', 'd1 = "GPIO17"'], 'config_invalid', 'reader.side', 3],
  ];
  for (const [lines, code, key, line] of cases) {
    t.match(thrownBy(...lines), { code, fields: { key, line } }, lines.join(' | '));
  }
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => {
      return `[reader.w${at}]\ndriver = "wiegand"\nd0 = "GPIO${2 * at}"\nd1 = "GPIO${2 * at + 1}"`;
    });
  t.equal(Object.keys(parse(...many(PINS_WIEGAND_MAX)).reader).length, PINS_WIEGAND_MAX);
  t.match(thrownBy(...many(PINS_WIEGAND_MAX + 1)), { code: 'config_invalid', message: /at most 4 Wiegand readers/ });
  const options = pinsArguments(parse(...OUTPUT, ...WIEGAND, 'd0 = "GPIO23"', 'd1 = "GPIO24"'));
  t.same(options.slice(-2), ['--wiegand', 'side,d0=GPIO23,d1=GPIO24,gap=25']);
  const byOffset = pinsArguments(parse(...WIEGAND, 'chip = "c"', 'd0_offset = 0', 'd1_offset = 5', 'gap_ms = 50'));
  t.same(byOffset.slice(-2), ['--wiegand', 'side,chip=c,d0_offset=0,d1_offset=5,gap=50']);
});

t.test('an unknown key is an error with its key and line', async (t) => {
  const cases: readonly (readonly [lines: readonly string[], key: string, line: number])[] = [
    [['nmae = 1'], 'nmae', 1],
    [['', '# a comment', 'nmae = 1'], 'nmae', 3],
    [['[nod]', 'name = "a"'], 'nod', 1],
    [['[node]', 'name = "a"', '', 'nmae = "b"'], 'node.nmae', 4],
    [['[log]', '[node]', 'nmae = "b"'], 'node.nmae', 3],
    [['node.nmae = "b"'], 'node.nmae', 1],
    [['node = { name = "a", nmae = "b" }'], 'node.nmae', 1],
    [[...OUTPUT, ...READER, 'prot = "x"'], 'reader.front.prot', 6],
    [[...READER, '[reader.front.more]', 'x = 1'], 'reader.front.more', 4],
    [[...READER, '"a.b" = 1'], 'reader.front.a.b', 4],
    [[...READER, '"a/b~c" = 1'], 'reader.front.a/b~c', 4],
    [[...OUTPUT, 'longestMs = 1'], 'output.strike.longestMs', 3],
    [['[constructor]'], 'constructor', 1],
    [['[node]', 'toString = "x"'], 'node.toString', 2],
  ];
  for (const [lines, key, line] of cases) {
    const wanted = { name: 'CodedError', code: 'config_unknown_key', fields: { path: PATH, key, line } };
    t.match(
      thrownBy(...lines),
      { ...wanted, message: `${PATH} line ${line}: ${key} is not a known key` },
      lines.join(' | '),
    );
    t.match(thrownBy(lines.join('\r\n')), wanted, 'with CRLF');
    t.match(thrownBy(`\ufeff${lines.join('\n')}`), wanted, 'with a byte order mark');
  }
});

t.test('a key that would be every object’s is an unknown one', async (t) => {
  const cases: readonly (readonly [string[], number])[] = [
    [['[__proto__]', 'polluted = 1'], 1],
    [['', '__proto__.polluted = 1'], 2],
    [['[reader.__proto__]', 'driver = "rdm6300"'], 1],
    [['[node]', '"__proto__" = { polluted = 1 }'], 2],
    [['a = [{ x.__proto__.polluted = 1 }]'], 1],
  ];
  for (const [lines, line] of cases) {
    t.match(thrownBy(...lines), { code: 'config_unknown_key', fields: { key: '__proto__', line } }, lines.join(' | '));
    t.notOk('polluted' in {}, 'no object has got anything');
    t.notOk('driver' in {});
  }
});

t.test('a wrong value is an error with its key and line', async (t) => {
  const cases: readonly (readonly [lines: readonly string[], key: string, line: number])[] = [
    [['[node]', 'name = 1'], 'node.name', 2],
    [['[node]', 'name = ""'], 'node.name', 2],
    [['[node]', `name = "${'x'.repeat(65)}"`], 'node.name', 2],
    [['[node]', 'clock = "mine"'], 'node.clock', 2],
    [['', '[log]', 'level = "trace"'], 'log.level', 3],
    [['log = "info"'], 'log', 1],
    [['[[node]]'], 'node', 1],
    [['[broker]', 'enabled = "yes"'], 'broker.enabled', 2],
    [['[broker]', 'port = 65536'], 'broker.port', 2],
    [['[broker]', 'base = "homeassistant"'], 'broker.base', 2],
    [['[broker]', 'base = "a/+"'], 'broker.base', 2],
    [['[broker]', 'base = "cmnd/x"'], 'broker.base', 2],
    [['[broker.plain]', 'port = 1883'], 'broker.plain', 1],
    [['[broker.plain]', 'interface = ""'], 'broker.plain.interface', 2],
    [['[control]', 'socket = ""'], 'control.socket', 2],
    [['[control]', 'socket = "a\\u0000b"'], 'control.socket', 2],
    [['[pins]', 'socket = ["a"]'], 'pins.socket', 2],
    [['reader = 1'], 'reader', 1],
    [['[reader]', 'front = "x"'], 'reader.front', 2],
    [['[reader.front]', 'driver = "other"', 'port = "x"'], 'reader.front.driver', 2],
    [['', '[reader.front]', 'driver = "rdm6300"'], 'reader.front', 2],
    [['[reader.front]', 'port = "x"'], 'reader.front', 1],
    [[...READER, 'baud = "9600"'], 'reader.front.baud', 4],
    [[...READER, 'baud = 0'], 'reader.front.baud', 4],
    [[...READER, 'baud = 9600.5'], 'reader.front.baud', 4],
    [[...READER, 'feed = false'], 'reader.front.feed', 4],
    [['[output.strike]', 'active = "high"'], 'output.strike', 1],
    [['[output.strike]', 'chip = "gpiochip0"'], 'output.strike', 1],
    [['[output.strike]', 'offset = 1'], 'output.strike', 1],
    [[...OUTPUT, 'chip = "c"', 'offset = 1'], 'output.strike', 1],
    [['[output.strike]', 'line = "a,b"'], 'output.strike.line', 2],
    [['[output.strike]', 'line = "a=b"'], 'output.strike.line', 2],
    [['[output.strike]', 'chip = "a b"', 'offset = 1'], 'output.strike.chip', 2],
    [['[output.strike]', 'chip = "c"', 'offset = 4096'], 'output.strike.offset', 3],
    [['[output.strike]', 'chip = "c"', 'offset = -1'], 'output.strike.offset', 3],
    [[...OUTPUT, 'active = "up"'], 'output.strike.active', 3],
    [[...OUTPUT, 'longest_ms = 0'], 'output.strike.longest_ms', 3],
    [[...OUTPUT, `longest_ms = ${PINS_ON_MS_MAX + 1}`], 'output.strike.longest_ms', 3],
    [[...OUTPUT, 'longest_ms = inf'], 'output.strike.longest_ms', 3],
    [[...OUTPUT, 'longest_ms = 99999999999999999999'], 'output.strike.longest_ms', 3],
    [[...INPUT, 'bias = "up"'], 'input.button.bias', 3],
    [[...INPUT, 'debounce_ms = -1'], 'input.button.debounce_ms', 3],
    [[...INPUT, `debounce_ms = ${PINS_DEBOUNCE_MS_MAX + 1}`], 'input.button.debounce_ms', 3],
    [[...INPUT, 'offset = 3'], 'input.button', 1],
    [[...OUTPUT, 'feedback = ""'], 'output.strike.feedback', 3],
    [[...OUTPUT, `feedback_ms = ${FEEDBACK_MS_MAX + 1}`], 'output.strike.feedback_ms', 3],
  ];
  for (const [lines, key, line] of cases) {
    const wanted = { name: 'CodedError', code: 'config_invalid', fields: { path: PATH, key, line } };
    t.match(thrownBy(...lines), wanted, lines.join(' | '));
  }
  t.match(thrownBy('[log]', 'level = "trace"'), { message: /debug, info, warn, error/ }, 'and says what there is');
});

t.test('what the pins process would refuse is an error with its line', async (t) => {
  const output = (name: string, ...pin: readonly string[]) => [`[output.${name}]`, ...pin];
  const cases: readonly (readonly [lines: readonly string[], key: string, line: number, what: RegExp])[] = [
    [output('a', 'chip = "0"', 'offset = 1'), 'output.a.chip', 2, /changes with the boot order/],
    [output('a', 'offset = 1', 'chip = "gpiochip3"'), 'output.a.chip', 3, /changes with the boot order/],
    [output('a', 'chip = 0', 'offset = 1'), 'output.a.chip', 2, /must be string/],
    [output('a', `line = "${'x'.repeat(32)}"`), 'output.a.line', 2, /over 31 bytes/],
    [output('a', `line = "${'ü'.repeat(16)}"`), 'output.a.line', 2, /over 31 bytes/],
    [output('a', `chip = "${'x'.repeat(32)}"`, 'offset = 1'), 'output.a.chip', 2, /over 31 bytes/],
    [output('a', 'line = "a\\u0001"'), 'output.a.line', 2, /must match/],
    [[...OUTPUT, ...output('b', 'line = "GPIO17"')], 'output.b', 3, /the pin of output strike/],
    [
      [...output('a', 'chip = "c"', 'offset = 4'), ...output('b', 'offset = 4', 'chip = "c"')],
      'output.b',
      4,
      /output a/,
    ],
    [[...READER, ...output('front', 'line = "x"')], 'output.front', 4, /the name of a reader/],
    [[...READER, '[input.front]', 'line = "x"'], 'input.front', 4, /the name of a reader/],
    [[...INPUT, ...output('button', 'line = "x"')], 'output.button', 3, /the name of an input/],
    [[...OUTPUT, '[input.b]', 'line = "GPIO17"'], 'input.b', 3, /the pin of output strike/],
    [[...INPUT, '[input.b]', 'line = "GPIO23"'], 'input.b', 3, /the pin of input button/],
    [[...OUTPUT, 'feedback = "other"'], 'output.strike.feedback', 3, /names no input/],
    [
      [...INPUT, ...OUTPUT, 'feedback = "button"', ...output('b', 'line = "x"', 'feedback = "button"')],
      'output.b.feedback',
      8,
      /feedback of output strike already/,
    ],
  ];
  for (const [lines, key, line, what] of cases) {
    t.match(
      thrownBy(...lines),
      { code: 'config_invalid', message: what, fields: { path: PATH, key, line } },
      `${lines}`,
    );
  }
  const many = Array.from({ length: PINS_OUTPUTS_MAX }, (_, at) => output(`o-${at}`, `line = "LINE${at}"`)).flat();
  t.equal(Object.keys(parse(...many).output).length, PINS_OUTPUTS_MAX);
  const over = thrownBy(...many, ...output('more', 'line = "GPIO99"'));
  t.match(over, { code: 'config_invalid', fields: { key: 'output.more', line: 2 * PINS_OUTPUTS_MAX + 1 } });
  const fits = `${'ü'.repeat(15)}x`;
  const apart = parse(...output('a', 'chip = "c"', 'offset = 4'), ...output('b', 'chip = "d"', `line = "${fits}"`));
  t.match(
    apart.output,
    { a: { chip: 'c', offset: 4 }, b: { chip: 'd', line: fits } },
    '31 bytes, and pins that differ',
  );
  const inputs = Array.from({ length: PINS_INPUTS_MAX }, (_, at) => [`[input.i-${at}]`, `line = "IN${at}"`]).flat();
  t.match(thrownBy(...inputs, '[input.more]', 'line = "x"'), {
    fields: { key: 'input.more' },
    message: /one too many/,
  });
  t.equal(readPinsOptions(pinsArguments(parse(...many, ...inputs))).declarations.length, 2 * PINS_OUTPUTS_MAX);
  // Whatever passes here has to pass there.
  const options = [...pinsArguments(apart), ...pinsArguments(parse(...many)).slice(2, 60)];
  t.equal(readPinsOptions(options).declarations.length, 31);
});

t.test('a pin that a reset would switch on, or that decides how the board boots, is refused', async (t) => {
  const pin = (words: string) => words.split('; ');
  const on = (words: string, active: 'high' | 'low') => ['[output.a]', ...pin(words), `active = "${active}"`];
  for (const [words, pulled] of [
    ['line = "GPIO0"', 'high'],
    ['line = "GPIO8"', 'high'],
    ['line = "GPIO9"', 'low'],
    ['line = "GPIO27"', 'low'],
    ['line = "ID_SDA"', 'high'],
    ['line = "TXD1"', 'low'],
    ['chip = "pinctrl-bcm2711"; line = "GPIO4"', 'high'],
    ['chip = "pinctrl-bcm2835"; offset = 8', 'high'],
    ['chip = "pinctrl-rp1"; offset = 17', 'low'],
  ] as const) {
    const [bad, good] = pulled === 'high' ? (['high', 'low'] as const) : (['low', 'high'] as const);
    const error = thrownBy(...on(words, bad));
    t.match(error, { code: 'config_invalid', fields: { key: 'output.a', line: 1 } }, `${words} ${bad}`);
    t.match(error, { message: new RegExp(`a reset pulls this pin ${bad}`), advice: /GPIO 0 to 8/ });
    t.equal(thrownBy(...on(words, good)), undefined, `${words} ${good}`);
    t.equal(thrownBy('[input.a]', ...pin(words), `active = "${bad}"`), undefined, 'an input switches nothing on');
  }
  for (const words of [
    'line = "P8_31"',
    'line = "P8_46"',
    'chip = "gpio-0-31"; offset = 8',
    'chip = "gpio-64-95"; offset = 17',
  ]) {
    for (const active of ['high', 'low'] as const) {
      t.match(thrownBy(...on(words, active)), { code: 'config_invalid', message: /boot strap/ }, words);
    }
    t.match(thrownBy('[input.a]', ...pin(words)), { message: /boot strap/ });
  }
  for (const words of [
    ...['line = "GPIO28"', 'line = "P8_30"', 'line = "P9_31"', 'line = "P8_47"', 'chip = "other"; line = "GPIO4"'],
    ...['chip = "pinctrl-bcm2711"; offset = 28', 'chip = "other"; offset = 4', 'chip = "gpio-64-95"; offset = 18'],
  ]) {
    t.equal(thrownBy(...on(words, 'high')), undefined, words);
    t.equal(thrownBy(...on(words, 'low')), undefined, words);
  }
});

t.test('names of devices', async (t) => {
  for (const name of ['a', 'front-reader', '0', `a${'-'.repeat(31)}`]) {
    t.ok(parse(`[reader.${name}]`, 'driver = "rdm6300"', 'port = "x"').reader[name], name);
  }
  for (const name of ['Front', '-a', 'a_b', '"ä"', '"a b"', '"a/b"', '""', '"a\\n"', 'x'.repeat(33)]) {
    for (const kind of ['reader', 'output', 'input']) {
      const lines = kind === 'reader' ? ['driver = "rdm6300"', 'port = "x"'] : ['line = "x"', 'active = "low"'];
      // The name itself has the line, not the first table of its kind.
      const error = thrownBy(`[${kind}.good]`, ...lines, `[${kind}.${name}]`, ...lines);
      t.match(error, { code: 'config_invalid', message: /must match/, fields: { line: 4 } }, `${kind} ${name}`);
    }
  }
});

t.test('what is no TOML is an error with its line', async (t) => {
  const cases: readonly (readonly [lines: readonly string[], line: number])[] = [
    [['[node]', 'name = "a"', 'name = "b"'], 3],
    [['[node]', '[log]', '[node]'], 3],
    [['[node]', 'name = "a"', '[node.name]'], 3],
    [['[node]', 'name = '], 2],
    [['', '[node', 'name = "a"'], 2],
    [['[node]', 'name "a"'], 2],
    [['[node]', 'name = "a'], 2],
    [['[node]', "name = 'a' 'b'"], 2],
    [['[node]', 'name = "a\0"'], 2],
    [['[node]', 'name = "\\ud800"'], 2],
    [['[node]', 'name = "\\x"'], 2],
    [[`a = ${'['.repeat(5_000)}`], 1],
    [[`a = ${'['.repeat(5_000)}${']'.repeat(5_000)}`], 1],
    [[`a = ${'{a='.repeat(5_000)}1${'}'.repeat(5_000)}`], 1],
    [[`${'a.'.repeat(100_000)}b = 1`], 1],
  ];
  for (const [lines, line] of cases) {
    const error = thrownBy(...lines);
    const wanted = { name: 'CodedError', code: 'config_syntax', fields: { path: PATH } };
    t.match(error, wanted, lines.join(' | ').slice(0, 60));
    // An end that was never reached is found at the end of the line it should have been on, or on the next.
    const found = Number(error?.fields.line);
    t.ok(found === line || found === line + 1, `line ${found} for ${line}`);
  }
});

t.test('a socket’s path has to fit in the kernel’s structure', async (t) => {
  const folder = '/srv/space/'.length;
  const fits = 'x'.repeat(107 - folder);
  t.match(parse('[control]', `socket = "${fits}"`), { control: { socket: `/srv/space/${fits}` } });
  for (const section of ['control', 'pins']) {
    const path = `/srv/space/${fits}x`;
    t.match(thrownBy(`[${section}]`, `socket = "${fits}x"`), {
      code: 'config_socket_path',
      fields: { path },
      advice: /shorter/,
    });
  }
  t.match(thrownBy('[control]', `socket = "${'ü'.repeat(60)}"`), { code: 'config_socket_path' }, 'bytes are counted');
  t.throws(() => parseConfig('', PATH, `/${'x'.repeat(100)}`), { code: 'config_socket_path' }, 'a folder too deep');
});
