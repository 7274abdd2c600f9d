import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import DatabaseConstructor from 'better-sqlite3';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import { ledgerPath } from '../../src/node/space-folder.ts';
import { dappProcess } from './dapp-process.ts';
import { type Program, parseLog, until, untilFound } from './program.ts';
import { LogReader, type LogRow, TestSpace } from './space-harness.ts';

/** The whole slice, from the bytes of a reader to the signed fact, on real processes only. */

const CARD = '0009362416';
/** As an RDM6300 sends that card: 40-bit UID 00008EDBF0, checksum 00 ^ 00 ^ 8E ^ DB ^ F0. */
const CARD_FRAME = Buffer.from('\x0200008EDBF0A5\x03', 'latin1');
const OTHER_CARD = '0000000001';
const OTHER_FRAME = Buffer.from('\x02000000000101\x03', 'latin1');
const STRANGE_CARD = '0012345678';
const STRANGE_FRAME = Buffer.from('\x020000BC614E93\x03', 'latin1');

const OPEN_MS = 300;
/** Long enough that whatever happens in mid-pulse does. */
const LONG_MS = 4_000;
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const space = await TestSpace.make(t, {
  doors: ['front', 'back', 'shut', 'open', 'side'],
  config:
    '[reader.real-reader]\ndriver = "rdm6300"\nport = "run/nothing-there"\n[output.real-strike]\nchip = "virtual"\nline = "real"\n',
});
let node: Program;

/** Runs a command that must be done (exit code 0) and has nothing for the terminal but text. */
async function done(t: Test, ...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await space.cli(...words);
  t.equal(code, 0, `${words.join(' ')}: exit code 0; ${stderr}`);
  t.notMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u, `${words[0]}: nothing that a terminal obeys`);
  return stdout;
}

async function doneJson<T = JsonObject>(t: Test, ...words: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await space.cli(...words, '--json');
  t.equal(code, 0, `${words.join(' ')} --json: exit code 0; ${stderr}`);
  t.notMatch(stdout.slice(0, -1), /[\p{Cc}\p{Cf}]/u, `${words[0]}: one line, nothing that a terminal obeys`);
  return JSON.parse(stdout);
}

/** Runs a command that must be refused (exit code 1) and returns what it says, with --json. */
async function refused(t: Test, errorCode: string, ...words: readonly string[]): Promise<JsonObject> {
  const { code, stderr } = await space.cli(...words, '--json');
  t.equal(code, 1, `${words.join(' ')}: exit code 1`);
  const { error } = JSON.parse(stderr) as { error: JsonObject };
  t.equal(error.code, errorCode, String(error.message));
  return error;
}

/** As `refused`, without --json. */
async function refusedInWords(t: Test, words: RegExp, ...command: readonly string[]): Promise<void> {
  const { code, stderr } = await space.cli(...command);
  t.equal(code, 1, `${command.join(' ')}: exit code 1`);
  t.match(stderr, words);
  t.notMatch(stderr.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u, `${command[0]}: nothing that a terminal obeys`);
}

/** The same card within half a second counts as lying there still, so these take turns. */
const FRAMES = [OTHER_FRAME, CARD_FRAME];
let turn = 0;
function nextFrame(): Buffer {
  turn += 1;
  return FRAMES[turn % FRAMES.length] ?? CARD_FRAME;
}

t.test('help and wrong usage are told apart', async (t) => {
  const { code, stdout } = await space.cli('--help');
  t.equal(code, 0);
  t.match(stdout, /Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 .*\n {2}4 /);
  t.equal((await space.cli('frobnicate')).code, 2);
});

t.test('without a node the commands open the store themselves', async (t) => {
  t.match(await done(t, 'status'), /space {4}Test space[\s\S]*node {5}not running/);
  t.match(await doneJson(t, 'status'), { name: 'Test space', blocks: 2, waiting: 0, running: null });
  t.match(await done(t, 'member', 'list'), 'no members yet');
  t.match(await done(t, 'door', 'list'), 'no doors yet');
  t.match(await done(t, 'member', 'add', 'Ada'), /^Ada is member m-[0-9a-f]{8}\n$/);
  t.match(await doneJson(t, 'member', 'list'), { members: [{ name: 'Ada' }] });
  t.match(await doneJson(t, 'badge', 'enrol', 'ada', CARD), { name: 'Ada', bits: [32, 24] });
  t.match(await done(t, 'badge', 'enrol', 'Ada', OTHER_CARD), /^Ada has badge b-/);
  t.match(await done(t, 'log'), /founder {2}membership member\.add .*name=Ada/);
  t.equal((await done(t, 'log', '--json', '--last', '2')).trim().split('\n').map(parseLog).length, 2);
  t.match(await done(t, 'verify'), /^clean: /);
  t.match(await doneJson(t, 'verify'), { findings: [] });
  t.same((await doneJson(t, 'door', 'list')).doors, []);
  t.match(await refused(t, 'node_needed', 'badge', 'test', 'front', CARD), { advice: /blockmesh run/ });
  const follow = await space.cli('log', '--follow', '--json');
  t.equal(follow.code, 1);
  t.match(follow.stdout, '"badge.enrol"', 'what is there is shown');
  t.match(follow.stderr, '"node_needed"');
});

t.test('what blockmesh.toml gets wrong is told with its key and line', async (t) => {
  const path = join(space.folder, 'blockmesh.toml');
  const right = readFileSync(path, 'utf8');
  t.teardown(() => writeFileSync(path, right));
  writeFileSync(path, right.replace('clock =', 'clcok ='));
  const error = await refused(t, 'config_unknown_key', 'run');
  t.match(error.fields, { key: 'node.clcok', line: 3 });
  t.match(error.message, /blockmesh\.toml line 3: node\.clcok is not a known key/);
});

t.test('a node without its pins process decides, and opens when it comes', async (t) => {
  node = await space.startNode();
  await node.line((line) => String(parseLog(line).msg).startsWith('no pins process, doors cannot open'));
  await done(
    t,
    'door',
    'add',
    'front',
    '--reader',
    'front-reader',
    '--output',
    'front-strike',
    '--open-ms',
    `${OPEN_MS}`,
  );
  // The same card within half a second counts as lying there still, so they take turns.
  t.match(await doneJson(t, 'badge', 'test', 'front', OTHER_CARD), { result: 'granted', fault: 'pins_offline' });
  t.match(await done(t, 'badge', 'test', 'front', CARD), 'but the output did not move: pins_offline');
  t.match(await doneJson(t, 'status'), { running: { pins: 'offline', outputs: [] } });
  await space.startPins();
  await node.logged('pins process connected');
  const opened = await doneJson(t, 'badge', 'test', 'front', OTHER_CARD);
  t.match(opened, { result: 'granted', pulse: /^[0-9a-f]{32}$/ });
});

t.test('bytes of a card open the door for its time; a strange card does not', async (t) => {
  const offs: string[] = [];
  const pins = await space.pins(({ end, id }) => {
    if (end !== undefined) offs.push(id);
  });
  const log = new LogReader(await space.control());
  const from = (await log.catchUp()).length;
  const before = (await pins.records(0)).length;

  await space.send('front', CARD_FRAME);
  const granted = await log.row(({ kind }) => kind === 'granted', from);
  t.match(granted.body, { door: 'front', rule: 'always', member: /^m-/, badge: /^b-/, clock: 'synced' });
  t.same(granted.outcome, { status: 'ok' });
  const pulse = String(granted.body.pulse);
  await until(
    () => offs.includes(pulse),
    () => `the end of ${pulse}`,
  );
  const records = await pins.records(0);
  t.equal(records.length, before + 1, 'one pulse');
  const record = records.find(({ id }) => id === pulse);
  t.match(record, { output: 'front-strike', kind: 'pulse', end: 'timer', owner: 'present' });
  const openNs = (record?.offNs ?? 0n) - (record?.onNs ?? 0n);
  t.ok(openNs >= BigInt(OPEN_MS) * 1_000_000n, `on for ${openNs} ns by the pins process's own record`);
  t.match((await pins.list())[0], { name: 'front-strike', on: false, level: 'low', safe: 'low' });
  await node.logged('output off', { pulse, end: 'timer' });

  await space.send('front', STRANGE_FRAME);
  const denied = await log.row(({ kind }) => kind === 'denied', from);
  t.match(denied.body, { door: 'front', code: 'unknown_badge', rule: 'badge', views: [{ bits: 40 }] });
  t.notOk('member' in denied.body);
  t.equal((await pins.records(0)).length, records.length, 'no pulse');

  const text = await done(t, 'log');
  t.match(text, new RegExp(`board {2}door granted {2}front: granted m-\\w+ Ada \\(rule always\\), pulse ${pulse}`));
  t.match(text, /board {2}door denied {2}front: denied: unknown_badge \(rule badge\)/);
  // In each of its forms; six digits in the middle of an id are chance.
  t.notMatch(
    text + (await done(t, 'log', '--json')),
    /9362416|008edbf0|(?<![0-9a-f])8edbf0/i,
    'the number of a card stays out of the ledger',
  );
});

t.test('with a node the commands go through it', async (t) => {
  t.equal(statSync(join(space.folder, 'run/node.sock')).mode & 0o777, 0o660);
  const status = await done(t, 'status');
  t.match(status, /node {5}running for \d+ s\npins {5}connected\n {2}front-strike: off \(low\)/);
  t.match(status, /front-reader: open, \d+ badges, 0 dropped/);
  t.match(status, /real-reader: lost/);
  t.match(await doneJson(t, 'status'), {
    running: { pins: 'connected', outputs: [{ name: 'front-strike', on: false }] },
  });
  t.match(await done(t, 'member', 'add', 'Bob'), /^Bob is member/);
  t.match(await done(t, 'member', 'list'), /m-\w+ {2}Bob +since 20/);
  const { members } = await doneJson<{ members: readonly JsonObject[] }>(t, 'member', 'list');
  t.ok(members.some(({ name }) => name === 'Bob'));
  t.match(await doneJson(t, 'badge', 'enrol', 'Bob', '142,56305', '--label', 'blue'), { name: 'Bob' });
  t.match(await done(t, 'door', 'list'), `front  front-reader -> front-strike  ${OPEN_MS} ms  at any time`);
  t.match(await doneJson(t, 'verify'), { findings: [] });

  const denied = await space.cli('badge', 'test', 'front', STRANGE_CARD);
  t.equal(denied.code, 4, 'denied: exit code 4');
  t.match(denied.stdout, 'front: denied: unknown_badge (rule badge)');
  t.equal((await space.cli('badge', 'test', 'front', '0012345679', '--json')).code, 4, 'denied: exit code 4');
  const control = await space.control();
  const test = (number: string) => control.call('badge.test', { door: 'front', number }, 20_000);
  const both = await Promise.all([test('0012345677'), test(CARD), test('0012345676'), test(OTHER_CARD)]);
  const results = both.map((one) => (one as JsonObject).result);
  t.same(results, ['denied', 'granted', 'denied', 'granted'], 'each of many at once is told of its own card');
  const [, , tty] = readFileSync(`/proc/${node.pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(2) ?? [];
  t.equal(tty, '0', 'no line of a reader became the terminal that can hang up on the node');
});

t.test('a name never commands the terminal it is shown on', async (t) => {
  await refusedInWords(t, /\[bad_name\]/, 'member', 'add', 'Eve\x1b]0;owned\x07');
  await refused(t, 'bad_name', 'member', 'add', 'Eve\u009b31m\u202e');
  // Refused, but signed and in the log for ever; and a joiner is a name's good right.
  const log = await done(t, 'log');
  t.match(log, 'name=Eve\\u{1b}]0;owned\\u{7}');
  t.match(log, 'name=Eve\\u{9b}31m\\u{202e}');
  t.match(await done(t, 'log', '--json'), '"name":"Eve\\u009b31m\\u202e"');
  t.match(await done(t, 'member', 'add', 'Zero\u200dWidth'), /^Zero\\u\{200d\}Width is member/);
  t.match(await done(t, 'member', 'list'), 'Zero\\u{200d}Width');
  t.ok(
    (await doneJson<{ members: readonly JsonObject[] }>(t, 'member', 'list')).members.find(
      ({ name }) => name === 'Zero\u200dWidth',
    ),
    'as it was given',
  );
  await refusedInWords(t, /Nobody\\u\{200d\} \[no_such_member\]/, 'badge', 'enrol', 'Nobody\u200d', '0000000002');
  const init = [
    'init',
    '--folder',
    join(space.folder, 'inner'),
    '--founder',
    'F',
    '--key-file',
    join(space.folder, 'k'),
  ];
  await refused(t, 'body_invalid', ...init, '--name', 'Shed\x1b[31m');
  await refused(t, 'body_invalid', ...init, '--name', 'Shed', '--node-name', 'x'.repeat(65));
});

t.test('what cannot be is refused by code', async (t) => {
  const door = (name: string, reader: string, output: string, ...more: readonly string[]) =>
    ['door', 'add', name, '--reader', reader, '--output', output, ...more] as const;
  await refused(t, 'name_taken', 'member', 'add', 'bOB');
  await refusedInWords(t, /the name bob belongs to member m-\w+ \[name_taken\]/, 'member', 'add', 'bob');
  await refused(t, 'badge_taken', 'badge', 'enrol', 'Bob', '008EDBF0');
  await refused(t, 'no_such_member', 'badge', 'enrol', 'Zed', '0000000003');
  await refused(t, 'credential_unreadable', 'badge', 'enrol', 'Bob', '12-34');
  await refused(t, 'no_such_device', ...door('d', 'no-reader', 'back-strike'));
  await refused(t, 'not_an_output', ...door('d', 'back-reader', 'back-reader'));
  await refused(t, 'reader_taken', ...door('d', 'front-reader', 'back-strike'));
  await refused(t, 'door_exists', ...door('front', 'back-reader', 'back-strike'));
  await refused(t, 'body_invalid', ...door('d', 'back-reader', 'back-strike', '--open-ms', '99'));
  await refused(t, 'bad_hours', ...door('d', 'back-reader', 'back-strike', '--hours', 'someday 8-9'));
  await refused(t, 'no_such_door', 'badge', 'test', 'nowhere', CARD);
  await done(t, ...door('real', 'real-reader', 'real-strike'));
  t.match(await refused(t, 'reader_not_virtual', 'badge', 'test', 'real', CARD), { advice: /Hold a card to it/ });
  await refused(t, 'bad_params', 'log', '--last', '1001');
  const locked = await refused(t, 'store_locked', 'run');
  t.match(locked.advice, /Is a node running on this folder\?/);
  await refusedInWords(t, /\[store_locked\]\nIs a node running/, 'run');
  t.notOk(node.hasEnded, 'the first node goes on');
});

t.test('a door keeps its hours', async (t) => {
  const door = (name: string, hours: string) =>
    done(t, 'door', 'add', name, '--reader', `${name}-reader`, '--output', `${name}-strike`, '--hours', hours);
  // Two days from now, so that no midnight during the test matters.
  await door('shut', `${DAYS[(new Date().getUTCDay() + 2) % 7]} 12:00-12:01`);
  await door('open', 'mon-sun 00:00-24:00');
  t.match(await done(t, 'door', 'list'), /shut {3}shut-reader -> shut-strike +3000 ms {2}schedule shut/);
  const shut = await space.cli('badge', 'test', 'shut', CARD, '--json');
  t.equal(shut.code, 4);
  t.match(JSON.parse(shut.stdout), {
    result: 'denied',
    code: 'outside_hours',
    rule: 'schedule:shut',
    member: /^m-/,
  });
  t.match(await doneJson(t, 'badge', 'test', 'open', CARD), { result: 'granted', rule: 'schedule:open' });
});

t.test('log --follow tells what happens until the node goes', async (t) => {
  const texts = space.launch(['log', '--follow', '--last', '1']);
  const follow = space.launch(['log', '--follow', '--last', '1', '--json']);
  await Promise.all([follow.line(() => true), texts.line(() => true)]);
  await space.send('front', STRANGE_FRAME);
  t.match(parseLog(await follow.line((line) => line.includes('unknown_badge'), 1)), {
    kind: 'denied',
    author: 'board',
  });
  await texts.line((line) => line.includes('front: denied: unknown_badge'), 1);

  const ended = await node.stop();
  t.same(ended, { code: 0, signal: null }, 'SIGTERM: exit code 0');
  const [stopping, stopped, ...more] = node.lines.slice(-2).map(parseLog);
  t.same([stopping?.msg, stopped?.msg, more.length], ['stopping', 'stopped', 0], 'not cut short');
  t.ok(Number(stopped?.time) - Number(stopping?.time) <= 5_000, 'by its own log');
  t.equal((await follow.exited).code, 1);
  t.match(follow.stderr, '"rpc_closed"');
  await texts.exited;
  t.same(space.living(), [], 'nothing of it is left');
});

t.test('verify finds what was changed behind its back (exit code 3)', async (t) => {
  const change = (from: string, to: string) => {
    const database = new DatabaseConstructor(ledgerPath(space.folder));
    const sql = "UPDATE state SET value = CAST(replace(CAST(value AS TEXT), ?, ?) AS BLOB) WHERE dapp = 'membership'";
    t.ok(database.prepare(sql).run(from, to).changes > 0);
    database.close();
  };
  change('Bob', 'Eve');
  const json = await space.cli('verify', '--json');
  t.equal(json.code, 3);
  const differs = { code: 'state_differs', dapp: 'membership', key: /^member\/m-/ };
  t.match(JSON.parse(json.stdout), { findings: [{ code: 'store_damaged', what: /row of state/ }, differs] });
  const text = await space.cli('verify');
  t.equal(text.code, 3);
  t.match(text.stdout, /^2 findings in /);
  change('Eve', 'Bob');
  await done(t, 'verify');
});

/** Presents cards in turn, slower than a reader's rate, until one is answered with a fact. */
async function presentUntilHeard(door: string, log: LogReader): Promise<LogRow> {
  const from = (await log.catchUp()).length;
  for (let tries = 0; tries < 200; tries += 1) {
    const said = node.lines.length;
    await space.send(door, nextFrame());
    const lost = node.line((line) => String(parseLog(line).msg).startsWith('event lost'), said).catch(() => '');
    const heard = await Promise.race([log.row(({ kind }) => kind === 'granted', from), lost]);
    if (typeof heard === 'object') return heard;
    await pause(60);
  }
  throw new Error(`nobody heard the badges at ${door}`);
}

t.test('a door agent that is killed leaves its pulse to end on time, and comes back', async (t) => {
  node = await space.startNode();
  await done(t, 'door', 'add', 'back', '--reader', 'back-reader', '--output', 'back-strike', '--open-ms', `${LONG_MS}`);
  const ends: string[] = [];
  const pins = await space.pins(({ id, end }) => {
    if (end !== undefined) ends.push(id);
  });
  const log = new LogReader(await space.control());
  await log.catchUp();
  await space.send('back', CARD_FRAME);
  const pulse = String((await log.row(({ kind }) => kind === 'granted')).body.pulse);
  const agent = await dappProcess(space, 'agent.ts', 'door');
  const killedNs = process.hrtime.bigint();
  process.kill(agent, 'SIGKILL');
  await node.logged('dapp failed', { dapp: 'door', signal: 'SIGKILL' });
  t.not(await dappProcess(space, 'agent.ts', 'door'), agent, 'another agent');
  t.ok((await presentUntilHeard('front', log)).body.pulse, 'the next badge works');
  await until(
    () => ends.includes(pulse),
    () => `the end of ${pulse}`,
  );
  const record = (await pins.records(0)).find(({ id }) => id === pulse);
  t.match(record, { end: 'timer', owner: 'present' });
  t.ok((record?.offNs ?? 0n) - (record?.onNs ?? 0n) >= BigInt(LONG_MS) * 1_000_000n);
  t.ok((record?.offNs ?? 0n) > killedNs, 'it was on when the agent died');
});

t.test('entries wait for a contract that was killed, and are then played', async (t) => {
  const control = await space.control();
  const log = new LogReader(control);
  const from = (await log.catchUp()).length;
  const contract = await dappProcess(space, 'contract.ts', 'door');
  // Frozen, so that it cannot have answered when it is killed.
  process.kill(contract, 'SIGSTOP');
  const door = { door: 'side', reader: 'side-reader', output: 'side-strike', openMs: OPEN_MS, bits: 40 };
  const added = control.call('door.add', door, 20_000);
  await control.call('node.status', {}, 20_000);
  const said = node.lines.length;
  await space.send('front', nextFrame());
  await node.logged('output on', { output: 'front-strike' }, said);
  process.kill(contract, 'SIGKILL');
  await node.line((line) => /"kind":"door.add".*"code":"dapp_exited"/.test(line), said);
  t.match(await added, { door: 'side' }, 'whoever waits for it is answered when it is played');

  const isPlayed = async () => {
    const { rows } = (await control.call('log.read', { last: 2 }, 20_000)) as unknown as { rows: readonly LogRow[] };
    return rows.length === 2 && rows.every(({ outcome }) => outcome.status === 'ok') ? rows : undefined;
  };
  const rows = await untilFound(isPlayed, 'the entries that waited');
  t.same(
    rows.map(({ kind }) => kind),
    ['door.add', 'granted'],
  );
  t.equal((await log.catchUp()).length, from + 2, 'each is told once to a reader who goes on');
  t.match(await done(t, 'door', 'list'), 'side  ');
  t.match(await doneJson(t, 'status'), { waiting: 0 });
  await done(t, 'verify');
});
