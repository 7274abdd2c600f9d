import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import * as limits from '../../../src/base/limits.ts';
import { readPinsOptions } from '../../../src/devices/pins/options.ts';
import { makeFolder, RawClient, startWith } from '../../contract/pins-process.ts';
import { buildPins, VIRTUAL } from './build.ts';

const REAL = buildPins('gpio_v2');
const PIN = 'active=high,safe=low,longest=1000';
const GOOD = `door,line=GPIO17,${PIN}`;

function run(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(REAL, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

t.test('options that pass', async (t) => {
  const many = Array.from({ length: 32 }, (_, i) => ['--output', `out-${i},chip=a label: 0,offset=${i},${PIN}`]);
  const cases: string[][] = [
    ['--output', GOOD],
    ['--output', 'd,chip=pinctrl-bcm2711,line=GPIO17,safe=high,longest=86400000,active=low'],
    ['--output', `d,chip=INT34C5:00,offset=4095,${PIN}`],
    ['--output', `d,line=P8_25 [mmc1_dat0],${PIN}`],
    ['--output', `${'n'.repeat(32)},line=${'l'.repeat(31)},${PIN}`],
    ['--output', `a,chip=one,offset=1,${PIN}`, '--output', `b,chip=two,offset=1,${PIN}`],
    many.flat(),
    ['--input', 'exit,line=GPIO27,active=low,bias=pull-up'],
    ['--input', 'exit,bias=none,chip=c,offset=1,active=high,debounce=0', '--output', GOOD],
    ['--input', 'exit,line=A,active=low,bias=pull-down,debounce=1000'],
    ['--wiegand', 'gate,d0=GPIO23,d1=GPIO24'],
    ['--wiegand', 'gate,chip=c,d0_offset=0,d1_offset=1,gap=1', '--wiegand', 'side,chip=c,d0=A,d1=B,gap=1000'],
    ['--wiegand', 'gate,chip=c,d0=A,d1_offset=1'],
    Array.from({ length: 32 }, (_, i) => ['--input', `in-${i},line=I${i},active=low,bias=none`]).flat(),
  ];
  for (const args of cases) {
    const all = ['--check', '--socket', 'pins.sock', ...args];
    t.match(run(all), { status: 0, stdout: '', stderr: '' }, args.join(' ').slice(0, 80));
    t.equal(readPinsOptions(all).action, 'check');
  }
});

t.test('options that are refused, with the reason', async (t) => {
  const socket = ['--socket', 'pins.sock'];
  const output = (text: string) => [...socket, '--output', text];
  const input = (text: string) => [...socket, '--input', text];
  const wiegand = (text: string) => [...socket, '--wiegand', text];
  const many = Array.from({ length: 33 }, (_, i) => ['--output', `out-${i},chip=c,offset=${i},${PIN}`]);
  const cases: [string[], RegExp][] = [
    [[], /--socket PATH is needed/],
    [socket, /--output is needed/],
    [['--output', GOOD], /--socket PATH is needed/],
    [['--socket'], /--socket: .*without its value/],
    [['--socket', '', '--output', GOOD], /--socket: the path is empty/],
    [['--socket', 's'.repeat(108), '--output', GOOD], /--socket: a path has at most 107 bytes/],
    [[...socket, ...socket, '--output', GOOD], /--socket is given twice/],
    [[...socket, '--colour', 'red', '--output', GOOD], /--colour: unknown option/],
    [[...socket, '--output', GOOD, 'stray'], /stray: unknown option/],
    [[...socket, '--output'], /--output: .*without its value/],
    [[...socket, ...many.flat()], /--output: at most 32 outputs/],
    [output(''), /a name has 1 to 32/],
    [output(`do.or,line=A,${PIN}`), /--output do\.or.*a name has 1 to 32/],
    [output(`${'n'.repeat(33)},line=A,${PIN}`), /a name has 1 to 32/],
    [output(`d,${PIN}`), /--output d: no pin/],
    [output(`d,chip=c,${PIN}`), /--output d: no pin/],
    [output(`d,line=A,offset=1,chip=c,${PIN}`), /line and offset both/],
    [output(`d,offset=17,${PIN}`), /an offset alone is a computed number/],
    [output(`d,17,${PIN}`), /expected key=value, found "17"/],
    [output(`d,chip=gpiochip0,offset=17,${PIN}`), /"gpiochip0" is a number that changes/],
    [output(`d,chip=0,offset=17,${PIN}`), /"0" is a number that changes/],
    [output(`d,chip=${'c'.repeat(32)},offset=1,${PIN}`), /at most 31 bytes/],
    [output(`d,line=${'c'.repeat(32)},${PIN}`), /at most 31 bytes/],
    [output(`d,chip=c,offset=-1,${PIN}`), /offset "-1" is not a number/],
    [output(`d,chip=c,offset=1x,${PIN}`), /offset "1x" is not a number/],
    [output(`d,chip=c,offset=4096,${PIN}`), /offset "4096" is not a number from 0 to 4095/],
    [output(`d,line=,${PIN}`), /line is empty/],
    [output(`d,line=A,line=B,${PIN}`), /line is given twice/],
    [output(`d,line=A,colour=red,${PIN}`), /unknown key "colour"/],
    [output(`d,line=A,=red,${PIN}`), /unknown key ""/],
    [output(`d,line=A,,${PIN}`), /expected key=value, found ""/],
    [output('d,line=A,safe=low,longest=9'), /active=high or active=low is needed/],
    [output('d,line=A,active=on,safe=low,longest=9'), /active=high or active=low is needed/],
    [output('d,line=A,active=high,longest=9'), /safe=high or safe=low is needed/],
    [output('d,line=A,active=high,safe=off,longest=9'), /safe=high or safe=low is needed/],
    [output('d,line=A,active=high,safe=high,longest=9'), /both high: at rest it would be on/],
    [output('d,line=A,active=low,safe=low,longest=9'), /both low: at rest it would be on/],
    [output('d,line=A,active=high,safe=low'), /longest=MS from 1 to 86400000 is needed/],
    [output('d,line=A,active=high,safe=low,longest=0'), /longest=MS from 1/],
    [output('d,line=A,active=high,safe=low,longest=86400001'), /longest=MS from 1/],
    [output('d,line=A,active=high,safe=low,longest=1e3'), /longest=MS from 1/],
    [output('d,line=A,active=high,safe=low,longest=9999999999999999999'), /longest=MS from 1/],
    [output(`d,line=${'A'.repeat(300)},${PIN}`), /at most 255 bytes/],
    [[...output(GOOD), '--output', `door,line=B,${PIN}`], /--output door: this name is given twice/],
    [[...output(GOOD), '--output', `d,line=GPIO17,${PIN}`], /--output d: output door has the same pin/],
    [[...output(GOOD), '--input', 'd,line=GPIO17,active=low,bias=none'], /--input d: output door has the same pin/],
    [[...output(GOOD), '--wiegand', 'd,d0=A,d1=GPIO17'], /--wiegand d: output door has the same pin/],
    [[...output(GOOD), '--wiegand', 'door,d0=A,d1=B'], /--wiegand door: this name is given twice/],
    [input('d,active=low,bias=none'), /--input d: no pin: give line=NAME/],
    [input('d,line=A,bias=none'), /--input d: active=high or active=low is needed/],
    [input('d,line=A,active=low'), /--input d: bias=pull-up, bias=pull-down or bias=none is needed/],
    [input('d,line=A,active=low,bias=up'), /--input d: bias=pull-up, /],
    [input('d,line=A,active=low,bias=none,debounce=1001'), /--input d: debounce is not a number of ms from 0 to 1000/],
    [input('d,line=A,active=low,bias=none,debounce=-1'), /--input d: debounce is not/],
    [input('d,line=A,active=low,bias=none,longest=1'), /--input .*: unknown key "longest"/],
    [input('d,line=A,active=low,safe=high,bias=none'), /--input .*: unknown key "safe"/],
    [wiegand('d,d0=A'), /--wiegand d: no pin: give d1=NAME, or chip=LABEL and d1_offset=NUMBER/],
    [wiegand('d,d0=A,d1=A'), /--wiegand d: d0 and d1 are the same pin/],
    [wiegand('d,chip=c,d0_offset=1,d1_offset=1'), /--wiegand d: d0 and d1 are the same pin/],
    [wiegand('d,d0_offset=1,d1_offset=2'), /--wiegand d: an offset alone is a computed number: .*use d0=NAME/],
    [wiegand('d,chip=c,d0=A,d0_offset=1,d1=B'), /--wiegand d: d0 and d0_offset both name the pin/],
    [wiegand('d,chip=c,d0=A,d1_offset=4096'), /--wiegand d: d1_offset "4096" is not a number from 0 to 4095/],
    [wiegand('d,d0=A,d1=B,gap=0'), /--wiegand d: gap is not a number of ms from 1 to 1000/],
    [wiegand('d,d0=A,d1=B,gap=1001'), /--wiegand d: gap is not/],
    [wiegand('d,d0=A,d1=B,line=C'), /--wiegand .*: unknown key "line"/],
    [
      [...socket, ...[1, 2, 3, 4, 5].flatMap((i) => ['--wiegand', `w${i},d0=A${i},d1=B${i}`])],
      /--wiegand: at most 4 Wiegand readers/,
    ],
    [
      [...socket, ...Array.from({ length: 33 }, (_, i) => ['--input', `i${i},line=I${i},active=low,bias=none`]).flat()],
      /--input: at most 32 inputs/,
    ],
    [[...output(GOOD), '--options', 'file'], /--options: the file declares every line/],
    [[...socket, '--options', ''], /--options: the path is empty/],
    [[...socket, '--options', 'a', '--options', 'b'], /--options is given twice/],
  ];
  for (const [args, reason] of cases) {
    const name = args.join(' ').slice(0, 100);
    const { status, stdout, stderr } = run(['--check', ...args]);
    t.match([status, stdout, stderr], [2, '', new RegExp(`^blockmesh-pins: .*${reason.source}`)], name);
    t.throws(() => readPinsOptions(['--check', ...args]), { code: 'bad_pins_option', message: reason }, 'the twin too');
  }
  t.match(run([...output(GOOD), '--trace', '/tmp/x']).stderr, /--trace: unknown option/, 'only simulated lines trace');
});

t.test('options files, read before anything is opened', async (t) => {
  const folder = makeFolder(t);
  const path = join(folder, 'pins.options');
  const check = ['--check', '--socket', 'pins.sock', '--options', path];
  const commands = [[REAL], VIRTUAL];
  const runAll = () =>
    commands.map(([program = '', ...args]) => spawnSync(program, [...args, ...check], { encoding: 'utf8' }));
  const cases: [string | Buffer, RegExp | undefined][] = [
    ['', undefined],
    ['# nothing\n\n#--output bad\n', undefined],
    [`--output ${GOOD}\n--input exit,line=A,active=low,bias=none\n--wiegand gate,d0=B,d1=C`, undefined],
    [`--output ${GOOD}\r\n`, /line 1: --output door: longest=MS from 1 to/],
    [`--output  ${GOOD}\n`, /line 1: --output .*a name has 1 to 32/],
    [`\n\n--check\n`, /line 3: --check: expected --output, --input or --wiegand and its value/],
    ['--trace x\n', /line 1: --trace: expected/],
    ['--output door\0\n', /a byte of it is 0/],
    [`#${'x'.repeat(65_535)}`, undefined],
    [`#${'x'.repeat(65_536)}`, /over 65536 bytes/],
    [Buffer.from([0x23, 0xff, 0xfe, 0x0a]), undefined],
    [`--output ${GOOD}\n`.repeat(40), /line 2: --output door: this name is given twice/],
  ];
  for (const [text, reason] of cases) {
    writeFileSync(path, text);
    const said = reason === undefined ? '' : new RegExp(`^blockmesh-pins: .*pins\\.options.*${reason.source}`);
    for (const result of runAll()) {
      t.match(result, { status: reason === undefined ? 0 : 2, stdout: '', stderr: said }, `${text}`.slice(0, 60));
    }
  }
  rmSync(path);
  for (const result of runAll()) t.match(result, { status: 2, stderr: /pins\.options.*(No such file|ENOENT)/ });
  mkdirSync(path);
  for (const result of runAll()) t.match(result, { status: 2, stderr: /pins\.options.*(directory|EISDIR)/ });
});

t.test('help and version, of each program', async (t) => {
  for (const command of [[REAL], [buildPins('gpio_sim')], VIRTUAL]) {
    const [program = '', ...args] = command;
    const say = (option: string) => execFileSync(program, [...args, option], { encoding: 'utf8' });
    t.match(say('--help'), /^usage: /);
    t.match(say('--version'), /^blockmesh-pins .*protocol 2\n$/);
    const bad = spawnSync(program, [...args, '--socket', 'x', '--output', 'd'], { encoding: 'utf8' });
    t.match(bad, { status: 2, stderr: /^blockmesh-pins: .*no pin/ });
  }
  for (const option of ['--fault', '--trace']) t.match(run(['--help']).stdout.includes(option), false);
  const faults = ['--fault', 'door,off', '--socket', 'x', '--output', GOOD, '--check'];
  t.match(spawnSync(buildPins('gpio_sim'), faults, { encoding: 'utf8' }), {
    status: 2,
    stderr: /--fault door,off: exp/,
  });
  t.throws(() => readPinsOptions(faults), { message: /--fault door,off: expected/ });
});

t.test('a chip that is not there', async (t) => {
  const socketPath = join(makeFolder(t), 'pins.sock');
  const result = run(['--socket', socketPath, '--output', `door,chip=no-such-chip,line=GPIO17,${PIN}`]);
  t.match(result, { status: 4, stdout: '', stderr: /^blockmesh-pins: chip_(missing|denied): / });
  t.notOk(existsSync(socketPath), 'no socket invites clients to outputs that nobody owns');

  const real = startWith(t, [REAL], false);
  const pins = await real({ file: [] });
  const client = new RawClient(pins.socketPath);
  t.equal(await client.ask('reload'), 'ok reload 0 0', 'whoever wants no line needs no chip');
  pins.writeOptions([`--output door,chip=no-such-chip,line=GPIO17,${PIN}`]);
  t.match(await client.ask('reload'), /^error chip_(missing|denied) /);
  t.same([await client.askAll('list'), await client.askAll('inputs')], [['ok list 0'], ['ok inputs 0']]);
  t.match(await pins.stop(), { code: 0, stderr: '' });
});

t.test('limits.h holds the numbers of limits.ts', async (t) => {
  const header = readFileSync(join(import.meta.dirname, '../../../src/devices/pins/native/limits.h'), 'utf8');
  const inC = new Map<string, number>();
  for (const [, name = '', product = ''] of header.matchAll(/^#define (PINS_[A-Z_]+) \(?([0-9 *]+)\)?$/gm)) {
    inC.set(
      name,
      product.split('*').reduce((so, factor) => so * Number(factor), 1),
    );
  }
  t.equal(inC.size, header.match(/^#define PINS_\w+ /gm)?.length, 'every number was read');
  const inTypeScript = Object.entries(limits).filter(([name]) => inC.has(name));
  t.same(Object.fromEntries(inC), Object.fromEntries(inTypeScript));
});
