import { dirname } from 'node:path';
import t from 'tap';
import { isAlarm } from '../../dapps/door/alarms.ts';
import { KINDS, NAME, VERSION } from '../../dapps/door/identity.ts';
import { HELD_MS_MAX, OPEN_MS_MAX, OPEN_MS_MIN, PASSBACK_MS_MAX, TWO_MS_MAX } from '../../dapps/door/limits.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { createProcessRunner } from '../../src/sandbox/process-runner.ts';
import { runScriptedTests } from '../../src/sandbox/scripted.ts';
import { ContractUnderTest, folderOf, manifestOf } from './harness.ts';

interface JsonSchema {
  readonly properties: { readonly alarm: { readonly enum: readonly string[] } };
}

const quiet = { info: () => {}, warn: () => {} };

t.test('the scripted tests pass, twice the same', async (t) => {
  const runner = createProcessRunner({ path: dirname(process.execPath) });
  const manifest = manifestOf('door');
  const failures = await runScriptedTests({ manifest, folder: folderOf('door'), runner, branch: 'main', log: quiet });
  t.equal(manifest.tests.length, 7);
  t.same(failures, []);
});

t.test('program and manifest say the same', async (t) => {
  const manifest = manifestOf('door');
  t.same([manifest.name, manifest.version], [NAME, VERSION]);
  t.same(Object.keys(manifest.entries), KINDS);
  for (const kind of ['door.add', 'door.edit']) {
    t.match(manifest.entries[kind]?.body, {
      properties: {
        openMs: { minimum: OPEN_MS_MIN, maximum: OPEN_MS_MAX },
        twoMs: { maximum: TWO_MS_MAX },
        heldMs: { maximum: HELD_MS_MAX },
        passback: { properties: { ms: { maximum: PASSBACK_MS_MAX } } },
      },
    });
  }
  for (const kind of ['alarm', 'alarm.clear']) {
    const body = manifest.entries[kind]?.body as unknown as JsonSchema | undefined;
    const alarms = body?.properties.alarm.enum ?? [];
    t.equal(alarms.filter(isAlarm).length, 8, kind);
    t.equal(alarms.length, 8, kind);
  }
  const effects = Object.entries(manifest.entries).flatMap(([kind, { effect }]) => (effect ? [[kind, effect]] : []));
  t.strictSame(effects, [
    ['door.disable', 'deny'],
    ['door.enable', 'lift'],
    ['lockdown', 'deny'],
    ['lockdown.end', 'lift'],
  ]);
});

const DEVICES: JsonObject = Object.fromEntries(
  ['n1', 'n2'].flatMap((node) => [
    [`device/${node}-r1`, { node, role: 'reader', family: 'rdm6300' }],
    [`device/${node}-r2`, { node, role: 'reader', family: 'rdm6300' }],
    [`device/${node}-o1`, { node, role: 'output', family: 'virtual' }],
    [`device/${node}-o2`, { node, role: 'output', family: 'virtual' }],
  ]),
);
t.test('of several reasons the same one wins, whichever answer is sent along', async (t) => {
  const contract = new ContractUnderTest(t, 'door');
  const body = { door: 'front', reader: 'ghost', output: 'n1-r1', openMs: 3_000, schedule: null, bits: 24 };
  const call = (reads: JsonObject): Promise<Json> =>
    contract.program.call('apply', {
      entry: { dapp: 'door', ver: VERSION, kind: 'door.add', re: null, body, block: 'b', index: 0 },
      author: { key: '', principal: 'p', node: null },
      roles: [],
      at: { ms: 0, quality: 'synced' },
      reads,
      seed: '',
    });
  contract.reset({ mesh: DEVICES });
  const none = await call({});
  t.match(none, { ok: false, code: 'no_such_device' });
  t.strictSame(await call({ 'mesh:device/n1-r1': DEVICES['device/n1-r1'] ?? null }), none);
  t.strictSame(await call({ 'mesh:device/ghost': null }), none);
});
