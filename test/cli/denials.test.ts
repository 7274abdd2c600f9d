import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import type { PinsClient } from '../../src/devices/pins/client.ts';
import type { Program } from '../node/program.ts';
import { TestSpace } from '../node/space-harness.ts';

/**
 * Every denial, end to end: the command line makes the cause, a card is held to the real line of a real node, the door
 * stays shut, the fact says why, the command line takes the cause away, and the same card opens.
 */

const ADA = { name: 'Ada Lovelace', card: '0000001001' };
const BOB = { name: 'Bob', card: '0000001002' };
const GUS = { name: 'Gus', card: '0000001003' };
const STRANGE = '0012345678';
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAY_MS = 24 * 60 * 60 * 1000;

const space = await TestSpace.make(t, { doors: ['front'] });
let node: Program;
let pins: PinsClient;
/** `log --follow`, which goes on as long as the node. */
let log: Program;

interface Shown {
  readonly exit: number | null;
  readonly said: JsonObject;
}

async function cli(...words: readonly string[]): Promise<Shown> {
  const { code, stdout, stderr } = await space.cli(...words, '--json');
  const text = (stdout === '' ? stderr : stdout).trim();
  return { exit: code, said: (text === '' ? {} : JSON.parse(text.split('\n').at(-1) ?? '')) as JsonObject };
}

/** Runs a command that must be done. */
async function done(t: Test, ...words: readonly string[]): Promise<JsonObject> {
  const { exit, said } = await cli(...words);
  t.equal(exit, 0, `${words.join(' ')}: ${JSON.stringify(said)}`);
  return said;
}

/** Holds a card to the reader. One that still counts as lying there is held on again. */
async function badge(card: string, ...more: readonly string[]): Promise<Shown> {
  for (;;) {
    const shown = await cli('badge', 'test', 'front', card, ...more);
    const { code } = (shown.said.error ?? {}) as JsonObject;
    if (code !== 'badge_unheard') return shown;
  }
}

/** What the pins process remembers to have done. */
async function pulses(): Promise<readonly string[]> {
  return (await pins.records(0)).map(({ id }) => id);
}

interface Wanted {
  readonly code: string;
  readonly rule: string | RegExp;
  /** Who holds the card; `why` then has to tell the same. */
  readonly name?: string;
}

/** The card is denied for that reason: exit code, answer, fact with its rule, no pulse, and `why`. */
async function denied(t: Test, card: string, { code, rule, name }: Wanted, ...more: readonly string[]): Promise<void> {
  const before = await pulses();
  const { exit, said } = await badge(card, ...more);
  t.equal(exit, 4, `${code}: exit code 4; ${JSON.stringify(said)}`);
  t.match(said, { result: 'denied', door: 'front', code, rule });
  const row = JSON.parse(await log.line((line) => line.includes(`"${String(said.event)}"`))) as JsonObject;
  t.match(row, { kind: 'denied', author: 'board', outcome: { status: 'ok' } });
  t.match(row.body, { door: 'front', code, rule, event: said.event }, `${code}: the fact with its rule`);
  t.same(await pulses(), before, `${code}: no pulse`);
  t.match((await pins.list())[0], { name: 'front-strike', on: false }, `${code}: the door is shut`);
  if (name === undefined) return;
  const why = await done(t, 'why', 'front', name);
  t.match(why, { granted: false, code, rule, denials: [{ code, rule }] }, `${code}: why says so too`);
}

async function opens(t: Test, card: string, ...more: readonly string[]): Promise<JsonObject> {
  const { exit, said } = await badge(card, ...more);
  t.equal(exit, 0, `opens: ${JSON.stringify(said)}`);
  t.match(said, { result: 'granted', pulse: /^[0-9a-f]{32}$/ });
  t.match(
    (await pins.records(0)).find(({ id }) => id === said.pulse),
    { output: 'front-strike', kind: 'pulse' },
  );
  return said;
}

/** A weekday that neither is nor touches today in any zone. */
function farDay(): string {
  return DAYS[(new Date().getUTCDay() + 3) % 7] ?? '';
}

async function startBoard(): Promise<void> {
  node = await space.startNode();
  readLog();
}

function readLog(): void {
  log = space.launch(['log', '--follow', '--kind', 'denied', '--door', 'front', '--json']);
}

t.test('a board with one door', async (t) => {
  await space.startPins();
  pins = await space.pins();
  node = await space.startNode();
  for (const { name, card } of [ADA, BOB]) {
    await done(t, 'member', 'add', name);
    await done(t, 'badge', 'enrol', name, card);
  }
  await done(t, 'door', 'add', 'front', '--reader', 'front-reader', '--output', 'front-strike', '--open-ms', '100');
  t.match(await opens(t, ADA.card), { rule: 'always' });
  readLog();
});

t.test('unknown', async (t) => {
  await denied(t, STRANGE, { code: 'unknown_badge', rule: 'badge' });
  await done(t, 'badge', 'enrol', BOB.name, STRANGE, '--label', 'spare');
  await opens(t, STRANGE);
});

t.test('lost', async (t) => {
  await done(t, 'badge', 'lost', ADA.name);
  await denied(t, ADA.card, { code: 'lost', rule: /^denial:b/, name: ADA.name });
  await done(t, 'badge', 'found', ADA.name);
  await opens(t, ADA.card);
});

t.test('suspended', async (t) => {
  await done(t, 'member', 'suspend', ADA.name, '--reason', 'unpaid');
  await done(t, 'member', 'suspend', ADA.name, '--reason', 'and rude');
  await denied(t, ADA.card, { code: 'suspended', rule: /^denial:b/, name: ADA.name });
  t.match(await opens(t, BOB.card), { rule: 'always' }, 'others go in and out');
  await done(t, 'member', 'resume', ADA.name);
  await opens(t, ADA.card);
});

t.test('expired', async (t) => {
  await done(t, 'plan', 'set', 'full', '--title', 'Full', '--grace', '1');
  await done(t, 'plan', 'give', ADA.name, 'full', '--from', '-30d', '--until', '-2d');
  await denied(t, ADA.card, { code: 'expired', rule: 'plan:full', name: ADA.name });
  await done(t, 'plan', 'give', ADA.name, 'full', '--from', '-30d', '--until', '-12h');
  t.match(await opens(t, ADA.card), { rule: 'always' }, 'within its day of grace');
});

t.test('not yet valid', async (t) => {
  await done(t, 'plan', 'give', ADA.name, 'full', '--from', '+1d');
  await denied(t, ADA.card, { code: 'not_yet_valid', rule: 'plan:full', name: ADA.name });
});

t.test('no plan left', async (t) => {
  const { stdout } = await space.cli('plan', 'take', ADA.name, 'full');
  t.match(stdout, /does not have plan full now; plans left: 0\nneither a plan nor a permanent member.*"Ada Lovelace"/);
  t.match(stdout, /blockmesh member edit "Ada Lovelace" --permanent yes/, 'and what can be done');
  await denied(t, ADA.card, { code: 'expired', rule: 'no-plan', name: ADA.name });
  t.match(await space.cli('why', 'front', ADA.name), { stdout: /expired +no plan, and no permanent member/ });
  t.match(await space.cli('member', 'show', ADA.name), {
    stdout: /standing +may not enter: no plan.*permanent +no\n/s,
  });
  const { stdout: list } = await space.cli('member', 'list');
  t.match(list, /Ada Lovelace .*NO PLAN$/m);
  t.match(list, /Bob .*permanent$/m);
  t.match(await done(t, 'member', 'edit', ADA.name, '--permanent', 'yes'), { permanent: { after: true } });
  t.match(await space.cli('member', 'show', ADA.name), { stdout: /standing +in order\n.*permanent +yes\n/s });
  await opens(t, ADA.card);
});

t.test('a guest too early and too late', async (t) => {
  await done(t, 'guest', 'add', GUS.name, '--host', ADA.name, '--from', '+1h', '--until', '+2h');
  await done(t, 'badge', 'enrol', GUS.name, GUS.card);
  await denied(t, GUS.card, { code: 'not_yet_valid', rule: 'guest', name: GUS.name });
  const LATE = { name: 'Late', card: '0000001004' };
  await done(t, 'guest', 'add', LATE.name, '--host', ADA.name, '--until', '+1h');
  await done(t, 'badge', 'enrol', LATE.name, LATE.card);
  await opens(t, LATE.card);
  await done(t, 'guest', 'end', LATE.name);
  await denied(t, LATE.card, { code: 'guest_over', rule: 'guest', name: LATE.name });
  await done(t, 'guest', 'end', LATE.name, '--until', '+1h');
  await opens(t, LATE.card);
});

t.test('outside of the hours', async (t) => {
  await done(t, 'schedule', 'set', 'late', '--hours', `${farDay()} 12:00-12:01`);
  await done(t, 'door', 'edit', 'front', '--allow', 'everyone@late');
  await denied(t, ADA.card, { code: 'outside_hours', rule: 'schedule:late', name: ADA.name });
  await done(t, 'schedule', 'set', 'late', '--hours', 'mon-sun 0-24');
  t.match(await opens(t, ADA.card), { rule: 'schedule:late' });
});

t.test('holiday', async (t) => {
  // Midnight may pass between the two commands.
  const days = [0, DAY_MS].map((more) => new Date(Date.now() + more).toISOString().slice(0, 10));
  for (const day of days) await done(t, 'holiday', 'add', day, 'Feast');
  await denied(t, ADA.card, { code: 'holiday', rule: /^holiday:\d{4}-\d{2}-\d{2}$/, name: ADA.name });
  for (const day of days) await done(t, 'holiday', 'remove', day);
  t.match(await opens(t, ADA.card), { rule: 'schedule:late' });
  await done(t, 'door', 'edit', 'front', '--allow', 'everyone');
});

t.test('no rule names the member', async (t) => {
  await done(t, 'door', 'edit', 'front', '--allow', 'role:trainer');
  await denied(t, ADA.card, { code: 'not_allowed', rule: 'allow', name: ADA.name });
  await done(t, 'door', 'edit', 'front', '--allow', 'everyone');
  await opens(t, ADA.card);
});

t.test('disabled', async (t) => {
  await done(t, 'door', 'disable', 'front', '--reason', 'a broken lock');
  await denied(t, ADA.card, { code: 'disabled', rule: /^denial:b/, name: ADA.name });
  const open = await cli('door', 'open', 'front');
  t.match([open.exit, open.said], [1, { error: { code: 'disabled' } }], 'nor does it open from here');
  await done(t, 'door', 'enable', 'front');
  await opens(t, ADA.card);
});

t.test('lockdown', async (t) => {
  await done(t, 'door', 'lockdown', '--reason', 'gas');
  await done(t, 'door', 'lockdown', '--reason', 'and smoke');
  await denied(t, ADA.card, { code: 'lockdown', rule: /^denial:b/, name: ADA.name });
  const open = await cli('door', 'open', 'front');
  t.match([open.exit, open.said], [1, { error: { code: 'lockdown' } }], 'nor does it open from here');
  const ended = await done(t, 'door', 'lockdown', '--end');
  t.match(ended, { lifted: [{ reason: /gas|smoke/ }, { reason: /gas|smoke/ }] }, 'each by its own entry');
  await opens(t, ADA.card);
});

t.test('PIN missing, wrong and blocked', async (t) => {
  const file = join(space.folder, 'pin.txt');
  writeFileSync(file, '2468\n', { mode: 0o600 });
  await done(t, 'badge', 'pin', ADA.name, '--pin-file', file);
  await done(t, 'door', 'edit', 'front', '--pin');
  await denied(t, ADA.card, { code: 'pin_missing', rule: 'pin' });
  await denied(t, ADA.card, { code: 'pin_wrong', rule: 'pin' }, '--pin', '1357');
  t.match(await opens(t, ADA.card, '--pin', '2468'), { pin: true });
  for (const tries of [1, 2, 3]) {
    await denied(t, ADA.card, { code: 'pin_wrong', rule: 'pin' }, '--pin', `000${tries}`);
  }
  await denied(t, ADA.card, { code: 'pin_blocked', rule: 'pin', name: ADA.name }, '--pin', '2468');
  await done(t, 'door', 'edit', 'front', '--no-pin');
  await opens(t, ADA.card);
});

t.test('second person missing', async (t) => {
  await done(t, 'door', 'edit', 'front', '--two', '60s');
  await denied(t, ADA.card, { code: 'second_person_missing', rule: 'two-person' });
  await denied(t, ADA.card, { code: 'second_person_missing', rule: 'two-person' });
  t.match(await opens(t, BOB.card), { second: /^m-/ }, 'with a second member, not a second card');
  await done(t, 'door', 'edit', 'front', '--no-two');
});

t.test('passback', async (t) => {
  await done(t, 'door', 'edit', 'front', '--passback', 'hall=1h');
  await opens(t, ADA.card);
  await denied(t, ADA.card, { code: 'passback', rule: 'area:hall', name: ADA.name });
  await opens(t, BOB.card);
  await done(t, 'door', 'edit', 'front', '--no-passback');
  await opens(t, ADA.card);
});

t.test('clock unknown', async (t) => {
  const path = join(space.folder, 'blockmesh.toml');
  const right = readFileSync(path, 'utf8');
  await done(t, 'door', 'edit', 'front', '--allow', 'everyone@late');
  await node.stop();
  writeFileSync(path, right.replace('clock = "trusted"', 'clock = "untrusted"'));
  await startBoard();
  await denied(t, ADA.card, { code: 'clock_unknown', rule: 'schedule:late', name: ADA.name });
  await done(t, 'door', 'edit', 'front', '--allow', 'everyone');
  t.match(await opens(t, ADA.card), { rule: 'always', clock: 'unknown' }, 'what needs no time opens');
  await done(t, 'door', 'edit', 'front', '--allow', 'everyone@late');
  await node.stop();
  writeFileSync(path, right);
  await startBoard();
  t.match(await opens(t, ADA.card), { rule: 'schedule:late', clock: 'synced' });
});

t.test('stale', async (t) => {
  await done(t, 'door', 'edit', 'front', '--stale', '1ms');
  const backup = `${space.folder}.backup`;
  t.teardown(() => rmSync(backup, { force: true }));
  await done(t, 'backup', backup, '--plain');
  await node.stop();
  // The disk is lost; the lines of the board are not.
  const lost = `${space.folder}.lost`;
  t.teardown(() => rmSync(lost, { recursive: true, force: true }));
  renameSync(space.folder, lost);
  await done(t, 'restore', backup);
  rmSync(join(space.folder, 'run'), { recursive: true, force: true });
  renameSync(join(lost, 'run'), join(space.folder, 'run'));
  await startBoard();
  await denied(t, ADA.card, { code: 'stale', rule: 'restored', name: ADA.name });
  t.match(await space.cli('status'), { stdout: /flag +restored as of/ });
  await done(t, 'restore', '--alone');
  await opens(t, ADA.card);
});

t.test('the whole history holds', async (t) => {
  t.match(await done(t, 'verify'), { findings: [] });
});
