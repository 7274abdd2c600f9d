import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import { RELOADS_WAITING_MAX } from '../../src/base/limits.ts';
import type { PinsOutputEvent } from '../../src/devices/pins/events.ts';
import { deviceChanges, fixedKeys } from '../../src/node/config-changes.ts';
import { LiveConfig } from '../../src/node/live-config.ts';
import { pinsArguments } from '../../src/node/pins-arguments.ts';
import { readConfig } from '../../src/node/read-config.ts';
import { Reloader } from '../../src/node/reload.ts';
import { ledgerReasons, refusal } from '../../src/node/reload-checks.ts';
import type { Space } from '../../src/node/space.ts';
import { memoryLog } from '../contract/line-protocol.ts';
import { Inbox } from '../devices/serial-pty.ts';
import { parseLog, WAIT_MS } from './program.ts';
import { furnish, LogReader, TestSpace, VIRTUAL_PINS } from './space-harness.ts';

/** blockmesh.toml changed under a running node, on real processes: pseudo-terminals, the virtual pins, the ledger. */

/** A card that was just held on counts as lying there still, so they take turns. */
const CARDS = ['0009362416', '0000000001', '0000000002', '0000000003'];
const OPEN_MS = 2_000;

const space = await TestSpace.make(t, { doors: ['front'], wired: ['front'] });
const tomlPath = join(space.folder, 'blockmesh.toml');
const optionsPath = join(space.folder, 'run/pins.options');
const base = readFileSync(tomlPath, 'utf8');
let pins = await space.startPins();
const node = await space.startNode();
const offs = new Inbox<PinsOutputEvent>();
await space.pins((event) => {
  if (event.end !== undefined && event.end !== 'superseded') offs.put(event);
});
await furnish(space, [{ name: 'front', openMs: OPEN_MS }], CARDS);
await space.cli('door', 'edit', 'front', '--exit-button', 'front-exit', '--contact', 'front-contact');
const control = await space.control();
const log = new LogReader(control);
const call = (method: string, params: JsonObject = {}) => control.call(method, params, WAIT_MS) as Promise<JsonObject>;

const reader = (name: string, line = name) => `[reader.${name}-reader]\ndriver = "rdm6300"\nport = "run/${line}"\n`;
const fed = (name: string, line = name) => `${reader(name, line)}feed = "run/${line}.feed"\n`;
const output = (name: string, line = name) => `[output.${name}-strike]\nchip = "virtual"\nline = "${line}"\n`;
const input = (name: string, line = name) => `[input.${name}]\nchip = "virtual"\nline = "${line}"\n`;
const wiegand = (name: string) =>
  `[reader.${name}]\ndriver = "wiegand"\nchip = "virtual"\nd0 = "${name}-0"\nd1 = "${name}-1"\n`;

/** What the door side has. */
const side = [fed('side'), output('side'), input('side-exit')];

const write = (...sections: readonly string[]) => writeFileSync(tomlPath, [base, ...sections].join('\n'));

async function reload(...sections: readonly string[]): Promise<JsonObject> {
  write(...sections);
  return await call('config.reload');
}

let turn = 0;
async function badge(door: string): Promise<JsonObject> {
  turn += 1;
  return await call('badge.test', { door, number: CARDS[turn % CARDS.length] ?? '' });
}

/** What node and pins process have, by their own word. */
async function running() {
  const status = (await call('node.status')) as Record<string, readonly JsonObject[]>;
  const names = (of: string) => (status[of] ?? []).map(({ name }) => String(name)).sort();
  return { readers: names('readers'), inputs: names('inputs'), outputs: names('outputs') };
}

async function badgesOf(name: string): Promise<unknown> {
  const { readers } = (await call('node.status')) as { readers: readonly JsonObject[] };
  return readers.find((one) => one.name === name)?.badges;
}

/** Refused with this code, and everything is as it was. */
async function refused(t: Test, code: string, words: RegExp, ...sections: readonly string[]): Promise<JsonObject> {
  const before = { ...(await running()), options: readFileSync(optionsPath, 'utf8') };
  const error = (await reload(...sections).then(
    (answer) => t.fail('it is taken up', { answer }),
    (thrown: unknown) => thrown,
  )) as JsonObject & Error;
  t.match({ code: error.code, message: error.message }, { code, message: words });
  t.not(error.advice ?? '', '', `${code}: it says what to do`);
  t.strictSame(
    { ...(await running()), options: readFileSync(optionsPath, 'utf8') },
    before,
    `${code}: all is as it was`,
  );
  return error;
}

t.test('a reader, an output, an input and a door on them come without a restart', async (t) => {
  t.match(await badge('front'), { result: 'granted' });
  t.match(await offs.take(), { output: 'front-strike', end: 'timer' });
  await space.plugIn('side');
  write(...side);
  const from = node.lines.length;
  const { code, stdout } = await space.cli('reload', '--dry-run');
  t.equal(code, 0);
  t.equal(
    stdout,
    'would be taken up:\n  readers: added side-reader\n  inputs: added side-exit\n  outputs: added side-strike\n',
  );
  t.notOk((await running()).readers.includes('side-reader'), 'a dry run takes up nothing');
  t.notMatch(readFileSync(optionsPath, 'utf8'), 'side');
  const told = await space.cli('reload', '--json');
  t.strictSame(JSON.parse(told.stdout), {
    dryRun: false,
    reader: { added: ['side-reader'], changed: [], removed: [] },
    input: { added: ['side-exit'], changed: [], removed: [] },
    output: { added: ['side-strike'], changed: [], removed: [] },
  });
  await node.logged('configuration taken up', {}, from);
  await call('door.add', { door: 'side', reader: 'side-reader', output: 'side-strike', openMs: 300, bits: 32 });
  t.match(await badge('side'), { result: 'granted', door: 'side', pulse: /^[0-9a-f]{32}$/ });
  t.match(await offs.take(), { output: 'side-strike', end: 'timer' });
  // A door gets its wires by `door edit`, without a restart as well.
  await call('door.edit', { door: 'side', exit: 'side-exit' });
  const opened = log.row(({ kind, body }) => kind === 'opened' && body.door === 'side', (await log.catchUp()).length);
  await space.drive('side-exit low', 'side-exit high');
  t.match((await opened).body, { by: 'exit', rule: 'exit-button' });
  await offs.take();
  t.equal(await badgesOf('front-reader'), 1, 'an unchanged reader keeps its totals');
  const said = node.lines.slice(from).map(parseLog);
  t.notOk(
    said.some(({ reader: name }) => name === 'front-reader'),
    'and its port stays open',
  );
  t.match(await reload(...side), { reader: { added: [] } });
  t.equal((await space.cli('reload')).stdout, 'nothing is another: the node runs with blockmesh.toml as it stands\n');
});

t.test('a pin changes under a running pulse of another, and under its own', async (t) => {
  t.match(await badge('front'), { result: 'granted' });
  const { output: changes } = await reload(fed('side'), output('side', 'other'), input('side-exit'));
  t.strictSame(changes, { added: [], changed: ['side-strike'], removed: [] });
  const off = await offs.take();
  t.match(off, { output: 'front-strike', end: 'timer' }, 'the open door stays open to the end of its time');
  const client = await space.pins();
  const record = (await client.records(0)).find(({ id }) => id === off.id);
  t.ok(record !== undefined && off.atNs - record.onNs >= BigInt(OPEN_MS) * 1_000_000n, 'the whole of it');
  await client.pulse('side-strike', 30_000, 'long');
  await reload(fed('side'), output('side'), input('side-exit'));
  t.match(await offs.take(), { output: 'side-strike', id: 'long', end: 'stopped' }, 'what changes goes safe first');
  t.match(await badge('side'), { result: 'granted', pulse: /./ });
  await offs.take();
});

t.test('what cannot be taken up is refused whole, and says why', async (t) => {
  const more = output('lab');
  await refused(t, 'config_syntax', /blockmesh\.toml line \d+: /, ...side, '[output.lab-strike\n');
  await refused(t, 'config_unknown_key', /output\.lab-strike\.lnie is not a known key/, ...side, `${more}lnie = "x"\n`);
  await refused(t, 'config_invalid', /has the pin of output side-strike/, ...side, output('lab', 'side'));
  const fixed = await refused(t, 'config_needs_restart', /^log\.level: /, ...side, more, '[log]\nlevel = "debug"\n');
  t.match(fixed.fields, { keys: 'log.level' });
  const used = await refused(
    t,
    'device_in_use',
    /side-exit is the exit button of door side/,
    fed('side'),
    output('side'),
  );
  t.match(used.fields, { device: 'side-exit', door: 'side', role: 'exit button' });
  const all = await refused(
    t,
    'config_refused',
    /3 reasons.*log\.level.*side-reader.*side-strike/,
    input('side-exit'),
    more,
    '[log]\nlevel = "debug"\n',
  );
  t.match(all.fields, { codes: 'config_needs_restart, device_in_use' });
  await space.drive('fault lab-strike,claim,1');
  await refused(t, 'pins_line_busy', /the pins process refuses it/, ...side, more, input('lab-bell'), reader('lab'));
  t.strictSame(await call('config.reload').then(() => 'taken'), 'taken', 'when nothing stands against it any more');
  t.ok((await running()).outputs.includes('lab-strike'));
  t.match(await reload(...side), { output: { removed: ['lab-strike'] }, reader: { removed: ['lab-reader'] } });
  t.match(await badge('front'), { result: 'granted' });
  t.match(await offs.take(), { output: 'front-strike', end: 'timer' });
});

t.test('a port moves to another name; what is removed leaves nothing behind', async (t) => {
  await space.plugIn('spare');
  await reload(...side, reader('one', 'spare'), wiegand('gate'));
  t.strictSame((await running()).readers, ['front-reader', 'gate', 'one-reader', 'side-reader']);
  const from = node.lines.length;
  await reload(...side, reader('two', 'spare'), wiegand('gate').replaceAll('gate-', 'gate-b-'));
  await node.logged('reader open', { reader: 'two-reader' }, from);
  await node.logged('reader open', { reader: 'gate' }, from);
  t.match(await reload(...side), { reader: { removed: ['two-reader', 'gate'] } });
  t.strictSame((await running()).readers, ['front-reader', 'side-reader']);
  // Two readers change places: each port was closed before the other reader opened it.
  await reload(fed('third', 'side'), fed('side', 'spare'), output('side'), input('side-exit'));
  t.match(await badge('side'), { result: 'granted', door: 'side' });
  await offs.take();
  await reload(fed('third', 'spare'), ...side);
  t.match(await badge('side'), { result: 'granted', door: 'side' });
  await offs.take();
  await reload(...side);
});

t.test('SIGHUP does the same; a file that is wrong is told in the log', async (t) => {
  const from = node.lines.length;
  write(...side, output('hup'));
  node.signal('SIGHUP');
  const taken = await node.line((text) => text.includes('"added":["hup-strike"]'), from);
  t.match(parseLog(taken), { msg: 'configuration taken up', output: { added: ['hup-strike'] } });
  write(...side, 'nonsense');
  node.signal('SIGHUP');
  const line = await node.line((text) => parseLog(text).code === 'config_syntax', from);
  t.match(parseLog(line), { msg: /^configuration refused: .*line \d+/ });
  t.ok((await running()).outputs.includes('hup-strike'));
  write(...side);
  node.signal('SIGHUP');
  await node.line((text) => text.includes('"removed":["hup-strike"]'), from);
  t.match(await badge('front'), { result: 'granted' });
  await offs.take();
});

t.test('reloads come one after the other, and no more of them than may wait', async (t) => {
  const config = readConfig(space.folder);
  const gate = Promise.withResolvers<void>();
  let reads = 0;
  const stub = { fold: { settled: () => gate.promise } } as unknown as Space;
  const read = () => {
    reads += 1;
    return config;
  };
  const parts = { read, space: stub, live: new LiveConfig(config), log: memoryLog() };
  const reloader = new Reloader(parts as unknown as ConstructorParameters<typeof Reloader>[0]);
  const answers = Array.from({ length: RELOADS_WAITING_MAX }, () => reloader.run(false));
  await t.rejects(reloader.run(false), { code: 'reload_busy' });
  t.equal(reads, 1, 'the others read the file when their turn comes');
  gate.resolve();
  await Promise.all(answers);
  t.equal(reads, RELOADS_WAITING_MAX);
  t.match(await reloader.run(true), { dryRun: true });
  await reloader.stop();
  await t.rejects(reloader.run(false), { code: 'node_stopping' });
});

interface Wire {
  readonly name: string;
  readonly line: string;
}

interface Devices {
  readonly readers: readonly string[];
  readonly outputs: readonly Wire[];
  readonly inputs: readonly Wire[];
}

/** Any set of devices that no door has, some on lines that others want too. */
const anyDevices = fc.record({
  readers: fc.subarray(['a', 'b', 'c']),
  outputs: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      line: fc.constantFrom('l1', 'l2', 'l3', 'l4', 'l5', 'l6', 'l7', 'l8'),
    }),
    {
      selector: ({ name }) => name,
    },
  ),
  inputs: fc.uniqueArray(
    fc.record({ name: fc.constantFrom('i', 'j'), line: fc.constantFrom('l1', 'l9', 'l10', 'l11') }),
    {
      selector: ({ name }) => name,
    },
  ),
  // Of two in three none fails: as many are refused for their lines, and enough of a hundred have to be taken up.
  claimFails: fc.constantFrom(true, false, false),
});

t.test('whatever is reloaded, node and pins process have all of it or what they had', async (t) => {
  await reload(...side);
  const first = await running();
  let model: Devices = { readers: [], outputs: [], inputs: [] };
  const counts = { taken: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(anyDevices, async ({ readers, outputs, inputs, claimFails }) => {
      const lines = [...outputs, ...inputs].map(({ line }) => line);
      const isTwice = new Set(lines).size < lines.length;
      // The next claim of it fails; it must be claimed, or that fault stays for another time.
      const isTaken = ({ name, line }: Wire) =>
        [...model.outputs, ...model.inputs].some((one) => one.name === name || one.line === line);
      const failing = claimFails && !isTwice ? outputs.find((one) => !isTaken(one)) : undefined;
      if (failing !== undefined) await space.drive(`fault ${failing.name}-strike,claim,1`);
      const code = await reload(
        ...side,
        ...readers.map((name) => reader(name)),
        ...outputs.map(({ name, line }) => output(name, line)),
        ...inputs.map(({ name, line }) => input(name, line)),
      ).then(
        () => 'taken',
        (error: { readonly code: string }) => error.code,
      );
      const wanted = isTwice ? 'config_invalid' : failing === undefined ? 'taken' : 'pins_line_busy';
      if (code !== wanted) throw new Error(`${code} instead of ${wanted}`);
      counts[code === 'taken' ? 'taken' : 'refused'] += 1;
      if (code === 'taken') model = { readers, outputs, inputs };
      const now = await running();
      const expected = {
        readers: [...first.readers, ...model.readers.map((name) => `${name}-reader`)].sort(),
        inputs: [...first.inputs, ...model.inputs.map(({ name }) => name)].sort(),
        outputs: [...first.outputs, ...model.outputs.map(({ name }) => `${name}-strike`)].sort(),
      };
      if (JSON.stringify(now) !== JSON.stringify(expected)) throw new Error(`${JSON.stringify(now)}: not as expected`);
      const file = readFileSync(optionsPath, 'utf8');
      for (const { name, line } of model.outputs) {
        if (!file.includes(`${name}-strike,chip=virtual,line=${line},`)) throw new Error(`${name} is not in the file`);
      }
    }),
    { numRuns: 100 },
  );
  t.ok(counts.taken > 20 && counts.refused > 5, `${counts.taken} taken up, ${counts.refused} refused`);
  await reload(...side);
  t.match(await badge('side'), { result: 'granted' });
  await offs.take();
});

t.test('without the pins process readers can change, and pins cannot', async (t) => {
  let from = node.lines.length;
  await pins.kill();
  await node.logged('pins process lost, doors cannot open until it is back', {}, from);
  const error = (await reload(...side, output('lab')).catch((thrown: unknown) => thrown)) as JsonObject;
  t.match(error, { code: 'pins_offline' });
  t.match(await reload(...side, reader('lab')), { reader: { added: ['lab-reader'] } });
  // It comes back with a file of older days, as after a power cut in the middle of a reload.
  writeFileSync(optionsPath, '--output old-strike,chip=virtual,line=old,active=high,safe=low,longest=1000\n');
  const socket = join(space.folder, 'run/pins.sock');
  from = node.lines.length;
  pins = space.launch(['--socket', socket, '--options', optionsPath], VIRTUAL_PINS);
  await node.logged('pins process took up blockmesh.toml', { removed: 1 }, from);
  await node.logged('pins process connected', {}, from);
  t.match(await badge('side'), { result: 'granted', pulse: /./ });
});

t.test('a pins process that takes no options file, or another one, refuses', async (t) => {
  const restart = async (...words: readonly string[]) => {
    const from = node.lines.length;
    await pins.kill();
    await node.logged('pins process lost, doors cannot open until it is back', {}, from);
    pins = space.launch(words, VIRTUAL_PINS);
    await node.logged('pins process connected', {}, from);
  };
  await reload(...side);
  await restart(...pinsArguments(readConfig(space.folder)));
  const error = await refused(t, 'pins_bad_options', /without --options/, ...side, output('lab'));
  t.match(error.advice, /--options .*run\/pins\.options/);
  rmSync(optionsPath);
  t.match(await reload(...side, output('lab')).catch((thrown: unknown) => thrown), { code: 'pins_bad_options' });
  t.notOk(existsSync(optionsPath), 'what was not there is not there');
  const other = join(space.folder, 'run/other.options');
  await space.cli('pins', 'options', '--file', other);
  write(...side);
  await space.cli('pins', 'options', '--file', other);
  await space.cli('pins', 'options', '--file');
  await restart('--socket', join(space.folder, 'run/pins.sock'), '--options', other);
  await refused(t, 'pins_options_ignored', /does not own what/, ...side, output('lab'));
  t.match(await badge('side'), { result: 'granted', pulse: /./ });
});

t.test('a name of another board, and what only a new start takes up', async (t) => {
  const before = readConfig(space.folder);
  writeFileSync(tomlPath, `${readFileSync(tomlPath, 'utf8')}\n${output('far')}`);
  const after = readConfig(space.folder);
  const changes = deviceChanges(before, after);
  const theirs = { node: 'another', role: 'output', family: 'switch' };
  const stub = {
    nodeKey: 'ours',
    fold: { settled: async () => {} },
    dapps: { find: () => undefined },
    state: { read: (_: string, key: string) => (key === 'device/far-strike' ? theirs : null) },
  } as unknown as Space;
  t.match(refusal(await ledgerReasons(stub, changes)), { code: 'device_elsewhere', fields: { device: 'far-strike' } });
  t.strictSame(fixedKeys(before, { ...after, node: { ...after.node, name: 'other' } }), ['node.name']);
});

t.test('without a node there is nothing to reload', async (t) => {
  control.close();
  await node.stop();
  const { code, stderr } = await space.cli('reload', '--json');
  t.equal(code, 1);
  t.match(JSON.parse(stderr), { error: { code: 'node_needed', advice: /blockmesh run/ } });
});
