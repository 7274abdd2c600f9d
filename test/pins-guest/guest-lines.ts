import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { CONTACT, DOOR, EXIT, RawClient } from '../contract/pins-process.ts';
import { SimChip } from './gpio-sim.ts';
import { clearTrace, tracedLevels } from './kernel-trace.ts';
import { C_PROGRAM, ONOFF, type Program, startOn } from './start.ts';
import { TestChip } from './test-chip.ts';

/** What only lines of a kernel can show: claims, owners, and what is left of them when a process is killed. */

const DOOR_LINE = 0;
const LATHE_LINE = 3;

/** Runs a program that must not start, to its end. */
function refusedStart({ command }: Program, options: readonly string[], uid = 0) {
  const [file = '', ...words] = command;
  const { status, stderr } = spawnSync(file, [...words, '--socket', '/tmp/refused.sock', ...options], {
    encoding: 'utf8',
    uid,
  });
  return { code: status, stderr };
}

/** DOOR is high when on, LATHE low; outside, both are pulled to where they would be on. */
function pulledOn(label: string): TestChip {
  const test = new TestChip(label);
  const { chip } = test;
  chip.pull(DOOR_LINE, 'high');
  chip.pull(LATHE_LINE, 'low');
  return test;
}

async function safeFromClaim(t: Test, program: Program): Promise<void> {
  const test = pulledOn(`${program.tag}-safe`);
  const { chip } = test;
  t.same([chip.level(DOOR_LINE), chip.level(LATHE_LINE)], ['high', 'low'], 'without an owner both would be on');
  clearTrace();
  const pins = await startOn(test, program, t)();
  t.same([chip.level(DOOR_LINE), chip.level(LATHE_LINE)], ['low', 'high']);
  const driven = (line: number) => tracedLevels().filter((one) => one.line === chip.base + line);
  t.same(new Set(driven(DOOR_LINE).map(({ level }) => level)), new Set(['low']), 'never driven to another level');
  t.same(new Set(driven(LATHE_LINE).map(({ level }) => level)), new Set(['high']));
  const client = new RawClient(pins.socketPath);
  await client.ask('watch');
  await client.ask('pulse door 1000 p');
  t.equal(chip.level(DOOR_LINE), 'high');
  await client.eventsUntil(/ off door/);
  t.equal(chip.level(DOOR_LINE), 'low');
  t.match(await pins.stop(), { code: 0, stderr: '' });
}

async function killedInMidPulse(t: Test, program: Program, left: string): Promise<void> {
  const test = new TestChip(`${program.tag}-killed`);
  const { chip } = test;
  chip.pull(DOOR_LINE, 'low');
  const start = startOn(test, program, t);
  const pins = await start();
  const client = new RawClient(pins.socketPath);
  await client.ask('pulse door 50000 p');
  t.equal(chip.level(DOOR_LINE), 'high');
  await pins.stop('SIGKILL');
  t.equal(chip.level(DOOR_LINE), left, 'what the kernel leaves of it');
  clearTrace();
  const again = await start({ socketPath: pins.socketPath });
  t.equal(chip.level(DOOR_LINE), 'low', 'the next start claims it safe');
  const [first] = tracedLevels().filter(({ line }) => line === chip.base + DOOR_LINE);
  t.equal(first?.level, 'low', 'and with the first that it does');
  t.same((await new RawClient(again.socketPath).askAll('records 0')).at(-1), 'ok records 0');
  await again.stop();
}

async function unplugged(t: Test, program: Program): Promise<void> {
  const test = new TestChip(`${program.tag}-unplugged`);
  const { chip } = test;
  const pins = await startOn(test, program, t)();
  const client = new RawClient(pins.socketPath);
  await client.ask('pulse door 3000 p');
  chip.unplug();
  t.match(await pins.exit, { code: 1, stderr: /^blockmesh-pins: line_failed: output door / });
}

function refusals(t: Test, program: Program): void {
  const output = (pin: string) => ['--output', `x,${pin},active=high,safe=low,longest=1000`];
  const cases: [string, readonly string[], string][] = [
    ['no such chip', output('chip=nowhere,offset=1'), 'chip_missing'],
    ['two chips of one label', output('chip=twin,offset=1'), 'chip_ambiguous'],
    ['beyond its lines', output('chip=single,offset=9'), 'line_missing'],
    ['no such line', output('chip=single,line=NOWHERE'), 'line_missing'],
    [
      'one line twice',
      ['--output', 'y,line=EXIT-single,active=high,safe=low,longest=1', ...output('chip=single,offset=2')],
      program.isNamed ? 'line_twice' : 'line_missing',
    ],
  ];
  for (const [what, options, code] of cases) {
    t.match(refusedStart(program, options), { code: 4, stderr: new RegExp(`^blockmesh-pins: ${code}: `) }, what);
  }
  t.match(
    refusedStart(program, output('chip=single,offset=1'), 65_534),
    { code: 4, stderr: /^blockmesh-pins: chip_denied: / },
    'nobody may not',
  );
}

async function owners(t: Test, program: Program, other: Program): Promise<void> {
  const test = new TestChip(`${program.tag}-owned`);
  const { chip } = test;
  const start = startOn(test, program, t);
  const pins = await start();
  const client = new RawClient(pins.socketPath);
  await client.ask('hold door h');
  for (const second of [program, other]) {
    await t.rejects(
      startOn(test, second, t)(),
      { code: 4, stderr: /^blockmesh-pins: line_busy: / },
      `${second.name} does not get the lines of ${program.name}`,
    );
  }
  t.equal(chip.level(DOOR_LINE), 'high', 'and does not move them');
  t.match((await client.askAll('list'))[0], /^output door on high /);
  await pins.stop();
  const next = await startOn(test, other, t)();
  t.equal(chip.level(DOOR_LINE), 'low', 'after a stop in good order the other one may have them');
  await next.stop();
}

const twins = ['one', 'two'].map((name) => new SimChip('twin', 4, {}, name));
const { chip: single } = new TestChip('single');
t.teardown(() => {
  for (const chip of [...twins, single]) chip.unplug();
});

for (const [program, other, left] of [
  [C_PROGRAM, ONOFF, 'low'],
  [ONOFF, C_PROGRAM, 'high'],
] as const) {
  t.test(program.name, async (t) => {
    await t.test('outputs are at their safe level from the claim on', (t) => safeFromClaim(t, program));
    await t.test(`killed in mid-pulse: the line is ${left} until the next start`, (t) =>
      killedInMidPulse(t, program, left),
    );
    await t.test('a chip that is unplugged ends the process', (t) => unplugged(t, program));
    await t.test('what is refused, with its code', async (t) => refusals(t, program));
    await t.test('a line has one owner', (t) => owners(t, program, other));
  });
}

t.test('onoff refuses what sysfs cannot do', async (t) => {
  const reader = ['--wiegand', 'gate,chip=single,d0_offset=1,d1_offset=2'];
  t.match(refusedStart(ONOFF, reader), { code: 4, stderr: /wiegand_unsupported: .*no order across lines/ });
  const input = ['--input', 'exit,chip=single,offset=1,active=low,bias=pull-up'];
  t.match(refusedStart(ONOFF, input), { code: 4, stderr: /claim_failed: .*pull-up/ });
  t.match(refusedStart(ONOFF, ['--output', 'x,line=BRIEF-single,active=high,safe=low,longest=1']), {
    code: 4,
    stderr: /line_missing: .*sysfs knows no names of lines/,
  });
});

t.test('onoff takes a line that somebody left given out, as it was', async (t) => {
  const test = new TestChip('left');
  const { chip } = test;
  const number = chip.base + DOOR_LINE;
  writeFileSync('/sys/class/gpio/export', `${number}`);
  writeFileSync(`/sys/class/gpio/gpio${number}/active_low`, '1');
  writeFileSync(`/sys/class/gpio/gpio${number}/direction`, 'low');
  const pins = await startOn(test, ONOFF, t)();
  t.equal(chip.level(DOOR_LINE), 'low', 'levels are physical, whatever was set there');
  const client = new RawClient(pins.socketPath);
  await client.ask('hold door h');
  t.equal(chip.level(DOOR_LINE), 'high');
  t.match((await client.askAll('list'))[0], /^output door on high low /);
  await pins.stop();
});

t.test('onoff hears inputs, and reloads', async (t) => {
  const test = new TestChip('reloaded');
  const pins = await startOn(test, ONOFF, t)({ file: [`--output ${DOOR}`, `--input ${EXIT}`] });
  const client = new RawClient(pins.socketPath);
  await client.ask('watch');
  t.match(await client.askAll('inputs'), [/^input exit inactive \d+$/, 'ok inputs 1']);
  for (const [level, state, seq] of [
    ['low', 'active', 1],
    ['high', 'inactive', 2],
    ['low', 'active', 3],
  ] as const) {
    await test.level('exit', level);
    t.match(await client.event(), new RegExp(`^event input exit ${state} \\d+ ${seq}$`));
  }
  t.match(await client.askAll('inputs'), [/^input exit active \d+$/, 'ok inputs 1']);
  await client.ask('hold door h');
  pins.writeOptions([`--output ${DOOR}`, `--input ${CONTACT}`]);
  t.equal(await client.ask('reload'), 'ok reload 1 1');
  t.equal(test.levelOf('door'), 'high', 'what is declared as before is not touched');
  t.match(await client.askAll('inputs'), [/^input contact inactive \d+$/, 'ok inputs 1']);
  await pins.stop();
});

t.test('onoff debounces', async (t) => {
  const test = new TestChip('inputs');
  const pins = await startOn(test, ONOFF, t)({ inputs: [EXIT.replace('debounce=0', 'debounce=40')] });
  const client = new RawClient(pins.socketPath);
  await client.ask('watch');
  for (const level of ['low', 'high', 'low', 'high', 'low'] as const) await test.level('exit', level);
  t.match(await client.event(), /^event input exit active \d+ 1$/, 'what bounces is told once it has come to rest');
  await test.level('exit', 'high');
  t.match(await client.event(), /^event input exit inactive \d+ 2$/);
  await pins.stop();
});
