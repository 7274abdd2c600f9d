import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import { type Program, until } from '../node/program.ts';
import { DAPPS, LogReader, type LogRow, TestSpace } from '../node/space-harness.ts';
import { SimChip } from './gpio-sim.ts';
import { beginTrace, clearTrace, tracedLevels } from './kernel-trace.ts';
import { TestConsole, TestKeyboard } from './keyboard.ts';

/** A whole node with doors on lines of a kernel: by badge, by key, by wire, and through the death of its processes. */

const KEYBOARD = '/dev/input/by-id/usb-desk-event-kbd';
const CARD = '0009362416';
/** As an RDM6300 sends that card. */
const CARD_FRAME = Buffer.from('\x0200008EDBF0A5\x03', 'latin1');
const OPEN_MS = 3_000;
const CALL_MS = 60_000;
/** The 2 s that a pulse explains an opening after its end, and some. */
const EXPLAINED_MS = 2_500;
/** Lines of the chip, in their order. */
const LINES = ['front', 'desk', 'front-exit', 'front-tamper', 'front-bell', 'front-contact', 'front-feedback'];
const CONFIG = `
[reader.desk-reader]
driver = "keyboard"
path = "${KEYBOARD}"
format = "decimal-10"
[output.desk-strike]
chip = "virtual"
line = "desk"
`;

/** A program to start for each name: onoff gets offsets for names, and its pulls from the wiring. */
export function onoffProgram(): string {
  const path = '/tmp/onoff-pins';
  const names = LINES.map((name, offset) => `s/line=${name}\\(,\\|$\\)/offset=${offset}\\1/`).join(';');
  const script = [
    '#!/bin/sh',
    'for word; do',
    '  if [ -f "$word" ]; then',
    `    sed '${names};s/bias=[a-z-]*/bias=none/' "$word" > ${path}.options`,
    `    word=${path}.options`,
    '  fi',
    '  set -- "$@" "$word"',
    '  shift',
    'done',
    'exec /bin/node /src/devices/pins/onoff-main.ts "$@"',
  ];
  writeFileSync(path, `${script.join('\n')}\n`);
  chmodSync(path, 0o755);
  return path;
}

/**
 * A dapp is handed no more of our environment than on a board. An emulated processor that compiles each anew is too
 * slow for a greeting, so the `node` that they find keeps what was compiled, and each is started once by itself.
 */
function warmDapps(t: Test): void {
  mkdirSync('/tmp/bin');
  writeFileSync('/tmp/bin/node', '#!/bin/sh\nNODE_COMPILE_CACHE=/cache exec /bin/node "$@"\n');
  chmodSync('/tmp/bin/node', 0o755);
  process.env.PATH = `/tmp/bin:${process.env.PATH}`;
  for (const program of ['membership/contract.ts', 'door/contract.ts', 'door/agent.ts']) {
    t.comment(`compiling ${program}`);
    const [dapp = '', file = ''] = program.split('/');
    execFileSync('/tmp/bin/node', [file], { cwd: join(DAPPS, dapp), input: '' });
  }
}

const made: { chip?: SimChip } = {};

/** The chip that every line of the space is on. */
function chip(): SimChip {
  made.chip ??= new SimChip('virtual', LINES.length, Object.fromEntries(LINES.entries()));
  return made.chip;
}

const line = (name: string) => LINES.indexOf(name);
const levelOf = (name: string) => chip().level(line(name));
const pull = (name: string, level: 'high' | 'low') => chip().pull(line(name), level);

/** What of the line a process drove, oldest first, levels that are no change left out. */
function driven(name: string): readonly { ns: bigint; level: string }[] {
  const all = tracedLevels().filter((one) => one.line === chip().base + line(name));
  return all.filter(({ level }, at) => level !== all[at - 1]?.level);
}

class Scene {
  readonly space: TestSpace;
  pins: Program;
  node: Program;
  log: LogReader;

  private constructor(space: TestSpace, pins: Program, node: Program, log: LogReader) {
    this.space = space;
    this.pins = pins;
    this.node = node;
    this.log = log;
  }

  static async make(t: Test, pinsProgram: string): Promise<Scene> {
    const doors = { doors: ['front'], wired: ['front'], fedBack: ['front'] };
    // Whoever waits for an emulated machine is to see that it goes on.
    t.comment('making a space');
    const space = await TestSpace.make(t, { ...doors, pinsProgram, config: CONFIG });
    t.comment('starting its pins process and its node');
    const pins = await space.startPins();
    const node = await space.startNode();
    t.comment('adding a member and doors');
    const control = await space.control();
    await control.call('member.add', { name: 'Ada' }, CALL_MS);
    await control.call('badge.enrol', { member: 'Ada', number: CARD }, CALL_MS);
    const front = { door: 'front', reader: 'front-reader', output: 'front-strike', openMs: OPEN_MS, bits: 32 };
    await control.call('door.add', { ...front, exit: 'front-exit', contact: 'front-contact' }, CALL_MS);
    const desk = { door: 'desk', reader: 'desk-reader', output: 'desk-strike', openMs: OPEN_MS, bits: 32 };
    await control.call('door.add', desk, CALL_MS);
    const log = new LogReader(control);
    await log.catchUp();
    return new Scene(space, pins, node, log);
  }

  /** The next fact that is so. */
  async fact(kind: string, isSo: (row: LogRow) => boolean = () => true): Promise<LogRow> {
    return await this.log.row((row) => row.kind === kind && isSo(row));
  }

  async restartNode(): Promise<void> {
    this.node = await this.space.startNode();
    const before = this.log.rows.length;
    this.log = new LogReader(await this.space.control());
    await this.log.catchUp();
    this.log.rows.splice(0, before);
  }
}

async function reached(name: string, level: string): Promise<void> {
  await until(
    () => levelOf(name) === level,
    () => `${name} ${level}`,
  );
}

async function byBadge(t: Test, scene: Scene): Promise<void> {
  clearTrace();
  await scene.space.send('front', CARD_FRAME);
  await reached('front', 'high');
  const { body } = await scene.fact('granted');
  t.match(body, { door: 'front' });
  await reached('front', 'low');
  const [on, off] = driven('front');
  t.ok(on !== undefined && off !== undefined && off.ns - on.ns >= BigInt(OPEN_MS) * 1_000_000n - 1_000n);
}

async function byKeyboard(t: Test, scene: Scene): Promise<void> {
  const tty = new TestConsole();
  t.teardown(() => tty.close());
  const keyboard = await TestKeyboard.plugIn(KEYBOARD);
  await scene.node.logged('reader open', { reader: 'desk-reader' });
  const before = tty.text;
  keyboard.type(CARD);
  await reached('desk', 'high');
  t.match((await scene.fact('granted')).body, { door: 'desk' });
  t.equal(tty.text, before, 'nothing of the badge is on the console');
  await reached('desk', 'low');
  await keyboard.unplug();
  await scene.node.logged('reader lost: /dev/input/by-id/usb-desk-event-kbd is gone: No such device');
}

async function byWires(t: Test, scene: Scene): Promise<void> {
  pull('front-exit', 'low');
  await reached('front', 'high');
  t.match((await scene.fact('opened')).body, { door: 'front', by: 'exit', rule: 'exit-button' });
  pull('front-exit', 'high');
  await reached('front', 'low');
  // An opening this soon after a pulse would be explained by it.
  await pause(EXPLAINED_MS);
  pull('front-contact', 'high');
  const forced = await scene.fact('alarm', ({ body }) => body.alarm === 'forced_open');
  t.match(forced.body, { door: 'front', on: true });
  pull('front-contact', 'low');
  const { code, stderr } = await scene.space.cli('door', 'alarm-clear', 'front', 'forced_open');
  t.equal(code, 0, stderr);
}

async function nodeKilled(t: Test, scene: Scene): Promise<void> {
  clearTrace();
  await scene.space.send('front', CARD_FRAME);
  const { body } = await scene.fact('granted');
  await reached('front', 'high');
  const killedNs = process.hrtime.bigint();
  await scene.node.kill();
  await reached('front', 'low');
  const [on, off] = driven('front');
  t.ok(
    on !== undefined && off !== undefined && off.ns - on.ns >= BigInt(OPEN_MS) * 1_000_000n - 1_000n,
    'its whole time',
  );
  t.ok(off !== undefined && off.ns > killedNs, 'it ended after the node had died');
  await scene.restartNode();
  await scene.node.logged('pulse interrupted: its node died before it ended', { pulse: String(body.pulse) });
}

/** @param left what the kernel makes of the line when its process is gone. */
async function pinsKilled(t: Test, scene: Scene, left: string): Promise<void> {
  const from = scene.node.lines.length;
  await scene.space.send('front', CARD_FRAME);
  const { pulse } = (await scene.fact('granted')).body;
  t.equal(levelOf('front'), 'high');
  await scene.pins.kill();
  t.equal(levelOf('front'), left, 'what the kernel leaves of it');
  await scene.node.logged('pins process lost, doors cannot open until it is back', {}, from);
  clearTrace();
  scene.pins = await scene.space.startPins();
  t.equal(levelOf('front'), 'low', 'its next start claims it safe');
  t.equal(driven('front')[0]?.level, 'low', 'with the first that it does');
  await scene.node.logged('pins process connected', {}, from);
  await scene.node.logged('pulse interrupted: its pins process died before it ended', { pulse: String(pulse) }, from);
  t.match((await scene.fact('interrupted')).body, { pulse, end: 'pins-lost' });
  await scene.space.send('front', CARD_FRAME);
  await reached('front', 'high');
  await reached('front', 'low');
  t.pass('and the door opens again');
}

/** A relay that follows its output, until it is welded. */
async function feedback(t: Test, scene: Scene): Promise<void> {
  let isWelded = false;
  let isOver = false;
  const relay = (async () => {
    while (!isOver) {
      // The input is active when low.
      pull('front-feedback', levelOf('front') === 'high' || isWelded ? 'low' : 'high');
      await pause(5);
    }
  })();
  await scene.space.send('front', CARD_FRAME);
  await reached('front', 'high');
  isWelded = true;
  const { body } = await scene.fact('alarm', (row) => row.body.alarm === 'welded');
  t.match(body, { door: 'front', on: true });
  t.equal(levelOf('front'), 'low', 'the line is off, the relay is not');
  isOver = true;
  await relay;
}

/**
 * Shows a node with the pins process that `program` starts.
 * @param left what the kernel makes of a line that is high when its process is killed.
 */
export async function showDoors(t: Test, program: string, left: string): Promise<void> {
  warmDapps(t);
  beginTrace();
  // Where a wire is cut nothing moves; the strike would be on without its owner.
  for (const one of LINES) pull(one, 'high');
  pull('front-contact', 'low');
  clearTrace();
  const scene = await Scene.make(t, program);
  t.equal(levelOf('front'), 'low', 'safe although its wire is pulled to where it is on');
  t.same(
    driven('front').map(({ level }) => level),
    ['low'],
    'and driven nowhere else since before the claim',
  );
  pull('front', 'low');
  await t.test('a badge', (t) => byBadge(t, scene));
  await t.test('a badge that is typed', (t) => byKeyboard(t, scene));
  await t.test('exit button and contact', (t) => byWires(t, scene));
  await t.test('kill -9 of the node in mid-pulse', (t) => nodeKilled(t, scene));
  await t.test(`kill -9 of the pins process in mid-pulse: ${left} until it is back`, (t) => pinsKilled(t, scene, left));
  await t.test('feedback: a welded relay', (t) => feedback(t, scene));
}
