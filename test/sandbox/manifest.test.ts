import { symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { MANIFEST_BYTES_MAX } from '../../src/base/limits.ts';
import { compileEntryCheck } from '../../src/sandbox/entry-check.ts';
import { loadManifest, parseManifest } from '../../src/sandbox/manifest.ts';
import { createProcessRunner } from '../../src/sandbox/process-runner.ts';
import { runScriptedTests } from '../../src/sandbox/scripted.ts';
import { isTopicFilter, topicMatches } from '../../src/sandbox/topics.ts';
import { HOSTILE, hostileManifest, memoryLog } from '../contract/line-protocol.ts';

const BODY = { type: 'object', additionalProperties: false, properties: { n: { type: 'integer', maximum: 9 } } };
const SOUND = {
  name: 'door',
  version: '1.2.3',
  abi: 1,
  title: 'Door',
  summary: 'Opens.',
  contract: ['./contract'],
  entries: { open: { body: BODY, type: 'command', effect: 'deny', roles: ['admin'], reads: ['door:n/{body.n}'] } },
  reads: ['membership'],
  permissions: { hear: ['a/+/b', 'c/#'], say: [], outputs: ['*'], blobs: true, page: false },
  limits: { memoryMib: 64, stateBytes: 1, processes: 8, cpuPercent: 50 },
  tests: ['tests/a.json'],
};

/** A copy of SOUND with the member at `path` set, or removed when `value` is undefined. */
function changed(path: string, value: Json | undefined): string {
  const copy = structuredClone(SOUND) as Record<string, unknown>;
  const names = path.split('/');
  const last = names.pop() as string;
  let at = copy;
  for (const name of names) at = at[name] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return JSON.stringify(copy);
}

t.test('a sound manifest', async (t) => {
  t.strictSame(parseManifest(JSON.stringify(SOUND)), SOUND as object);
  t.equal((await loadManifest(HOSTILE)).name, 'hostile');
  t.ok(parseManifest(changed('limits', {})));
});

t.test('an unknown field is named', (t) => {
  const cases: [string, string, string][] = [
    ['colour', '', 'colour'],
    ['permissions/network', '/permissions', 'network'],
    ['limits/disk', '/limits', 'disk'],
    ['entries/open/kind', '/entries/open', 'kind'],
  ];
  for (const [at, path, field] of cases) {
    t.throws(() => parseManifest(changed(at, 1)), { code: 'manifest_unknown_field', fields: { path, field } });
  }
  t.end();
});

t.test('what is wrong with a manifest', (t) => {
  const cases: [string, Json | undefined, string][] = [
    ...Object.keys(SOUND)
      .filter((name) => name !== 'contract')
      .map((name): [string, undefined, string] => [name, undefined, 'manifest_invalid']),
    ['name', 'Door', 'manifest_invalid'],
    ['name', '../door', 'manifest_invalid'],
    ['version', '1.2', 'manifest_invalid'],
    ['version', '01.2.3', 'manifest_invalid'],
    ['version', '1.2.3-rc.1', 'manifest_invalid'],
    ['version', '1.2.345678', 'manifest_invalid'],
    ['name', 'a_b', 'manifest_invalid'],
    ['name', 'a.b', 'manifest_invalid'],
    ['abi', 2, 'manifest_invalid'],
    ['contract', [], 'manifest_invalid'],
    ['contract', 'sh', 'manifest_invalid'],
    ['contract', undefined, 'manifest_invalid'],
    ['reads', ['door'], 'manifest_invalid'],
    ['reads', ['a', 'a'], 'manifest_invalid'],
    ['entries/open/type', 'fact', 'manifest_invalid'],
    ['entries/open/effect', 'allow', 'manifest_invalid'],
    ['entries/Open', SOUND.entries.open as Json, 'manifest_invalid'],
    ['permissions/hear', ['a/#/b'], 'manifest_invalid'],
    ['permissions/hear', ['a+'], 'manifest_invalid'],
    ['permissions/outputs', undefined, 'manifest_invalid'],
    ['limits/memoryMib', 0, 'manifest_invalid'],
    ['tests', ['/etc/passwd'], 'manifest_invalid'],
    ['tests', ['a/../../b'], 'manifest_invalid'],
    ['entries/open/reads', ['n/{body.n}'], 'template_invalid'],
    ['entries/open/reads', ['mesh:n'], 'template_invalid'],
    ['entries/open/reads', ['door:'], 'template_invalid'],
    ['entries/open/reads', ['door:{body.n'], 'template_invalid'],
    ['entries/open/reads', ['door:{seed}'], 'template_invalid'],
    ['entries/open/reads', ['door:{body.__proto__.x}{}'], 'template_invalid'],
  ];
  for (const [path, value, code] of cases) {
    t.throws(() => parseManifest(changed(path, value)), { code }, `${path} = ${JSON.stringify(value)}`);
  }
  for (const text of ['', '[]', '{"name":"a","name":"b"}', '{"abi":1.5}', JSON.stringify(SOUND).slice(1)]) {
    t.throws(() => parseManifest(text), { code: /^(json_refused|manifest_invalid)$/ }, text.slice(0, 30));
  }
  t.end();
});

t.test('a file that cannot be read', async (t) => {
  const folder = t.testdir({ large: {}, latin: {} });
  await t.rejects(loadManifest(folder), { code: 'manifest_unreadable' });
  writeFileSync(join(folder, 'large/dapp.json'), JSON.stringify(SOUND) + ' '.repeat(MANIFEST_BYTES_MAX));
  await t.rejects(loadManifest(join(folder, 'large')), { code: 'manifest_unreadable' });
  writeFileSync(
    join(folder, 'latin/dapp.json'),
    Buffer.from(JSON.stringify(SOUND).replace('Door', 'T\xfcr'), 'latin1'),
  );
  await t.rejects(loadManifest(join(folder, 'latin')), { code: 'manifest_unreadable' });
});

t.test('the subset of JSON Schema', (t) => {
  const body = (member: Json): string => changed('entries/open/body/properties', { n: member, m: { type: 'null' } });
  const sound: JsonObject[] = [
    { type: 'string', minLength: 1, maxLength: 3, title: 't', description: 'd' },
    { type: ['string', 'null'] },
    { type: 'array', items: { type: 'integer', minimum: -1 }, minItems: 0, maxItems: 3 },
    { enum: ['a', 1, null] },
    { const: { a: 1 } },
    { oneOf: [{ type: 'string' }, { type: 'null' }] },
    { anyOf: [{ type: 'boolean' }] },
    { type: 'object', additionalProperties: { type: 'integer' }, minProperties: 1, maxProperties: 2 },
    { type: 'object', additionalProperties: false, required: ['a'], properties: { a: {} } },
  ];
  for (const member of sound) t.ok(parseManifest(body(member)), JSON.stringify(member));
  const keywords = [
    'pattern',
    'format',
    '$ref',
    '$defs',
    'not',
    'if',
    'allOf',
    'multipleOf',
    'default',
    'patternProperties',
  ];
  for (const keyword of [...keywords, 'constructor', 'nullable', 'maxlength']) {
    t.throws(() => parseManifest(body({ type: 'string', [keyword]: 'x' })), {
      code: 'schema_keyword_refused',
      fields: { kind: 'open', path: '/properties/n', keyword },
    });
  }
  const invalid: Json[] = [
    true,
    { type: 'number' },
    { type: [] },
    { type: 'object' },
    { type: 'object', properties: { a: { type: 'object' } }, additionalProperties: false },
    { type: 'string', maxLength: -1 },
    { type: 'integer', maximum: '9' },
    { type: 'string', minimum: 1 },
    { enum: [] },
    { anyOf: [] },
    { type: 'array', items: [{ type: 'string' }] },
    { type: 'string', description: 7 },
  ];
  for (const member of invalid) {
    t.throws(() => parseManifest(body(member)), { code: 'schema_invalid' }, JSON.stringify(member));
  }
  t.throws(() => parseManifest(changed('entries/open/body', { type: 'string' })), { code: 'schema_invalid' });
  t.throws(() => parseManifest(changed('entries/open/body', { type: 'object' })), { code: 'schema_invalid' });
  const many = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`p${i}`, {}]));
  t.throws(() => parseManifest(changed('entries/open/body/properties', many)), { code: 'schema_invalid' });
  t.end();
});

t.test('bodies of entries', (t) => {
  const { entries } = SOUND;
  const text = { type: 'object', additionalProperties: true, required: ['constructor'] };
  const manifest = { ...SOUND, entries: { ...entries, own: { body: text, type: 'fact', roles: [] } } };
  const check = compileEntryCheck(parseManifest(JSON.stringify(manifest)));
  t.doesNotThrow(() => check.check('open', { n: 9 }));
  t.throws(() => check.check('close', {}), { code: 'kind_unknown', fields: { dapp: 'door', kind: 'close' } });
  t.throws(() => check.check('toString', {}), { code: 'kind_unknown' });
  const bad: [Json, string][] = [
    [{ n: 10 }, '/n'],
    [{ n: '9' }, '/n'],
    [{ n: 1.5 }, ''],
    [{ n: 2 ** 53 }, ''],
    [{ m: 1 }, ''],
    [[], ''],
    [null, ''],
    [JSON.parse('{"__proto__":{"n":1}}'), ''],
  ];
  for (const [body, path] of bad) {
    t.throws(
      () => check.check('open', body),
      { code: 'body_invalid', fields: { kind: 'open', path } },
      JSON.stringify(body),
    );
  }
  t.throws(() => check.check('own', {}), { code: 'body_invalid' }, 'inherited members do not count');
  t.doesNotThrow(() => check.check('own', { constructor: 1, blob: { '/': { bytes: 'AQI=' } } }));
  const refused: Json[] = [{ '/': { bytes: '?' } }, { x: 'x'.repeat(17_000) }, { x: '\udfff' }, { '/': 1 }];
  for (const value of refused) {
    t.throws(
      () => check.check('own', { constructor: 1, value }),
      { code: 'body_invalid' },
      JSON.stringify(value).slice(0, 30),
    );
  }
  t.end();
});

t.test('topics (MQTT 3.1.1 section 4.7)', (t) => {
  const matching = [
    'a/b a/b',
    '+/b a/b',
    'a/+ a/',
    '# a/b/c',
    'a/# a',
    'a/# a/b/c',
    '+/+ /x',
    '/+ /x',
    '$sys/# $sys/a',
  ];
  for (const pair of matching) t.ok(topicMatches(...(pair.split(' ') as [string, string])), pair);
  const others = ['a/b a/b/c', 'a/b/c a/b', '+ a/b', '+ /x', 'a/+ a', '# $sys/a', '+/a $sys/a', 'a A', 'a/+/c a/b/b/c'];
  for (const pair of others) t.notOk(topicMatches(...(pair.split(' ') as [string, string])), pair);
  for (const filter of ['a', '+', '#', '/', 'a//b', '+/#', 'sport/+/player1']) t.ok(isTopicFilter(filter), filter);
  for (const filter of ['', 'a#', 'a/#/b', '#/a', 'a+/b', '++', 'a\0']) t.notOk(isTopicFilter(filter), filter);
  t.end();
});

t.test('scripted tests', async (t) => {
  const folder = t.testdir({ tests: {} });
  const runner = createProcessRunner({ path: `${dirname(process.execPath)}:/usr/bin:/bin`, stopMs: 200 });
  const options = { runner, branch: 'main', log: memoryLog(), timings: { applyMs: 5_000, restartMsMin: 1 } };
  t.strictSame(await runScriptedTests({ ...options, manifest: hostileManifest(), folder: HOSTILE }), []);

  const good = { apply: { kind: 'act', body: { do: 'good' } }, expect: { ok: true } };
  const refuse = { apply: { kind: 'act', body: { do: 'refuse' } }, expect: { ok: false, code: 'not_today' } };
  // Alone, each of its histories would be the same in every fresh program.
  const counting = { apply: { kind: 'act', body: { do: 'count' } }, expect: { ok: true } };
  const scripts: Record<string, [Json | string, number | null, RegExp] | [Json]> = {
    'good.json': [{ name: 'n', steps: [good, refuse] }],
    'outcome.json': [
      { name: 'n', steps: [good, { ...good, expect: { ok: false, code: 'x' } }] },
      1,
      /expected .*"x".* got .*true/,
    ],
    'code.json': [{ name: 'n', steps: [{ ...refuse, expect: { ok: false, code: 'x' } }] }, 0, /not_today/],
    'body.json': [{ name: 'n', steps: [{ ...good, apply: { kind: 'act', body: {} } }] }, 0, /body_invalid/],
    'state.json': [{ name: 'n', steps: [good], state: { k: 1 } }, null, /state of k: expected 1, got null/],
    'query.json': [
      { name: 'n', steps: [{ query: { name: 'read', params: { key: 'k' } }, expect: {} }] },
      0,
      /"value":null/,
    ],
    'unsteady.json': [
      { name: 'n', steps: [{ apply: { kind: 'act', body: { do: 'clock' } }, expect: { ok: true } }] },
      0,
      /not deterministic/,
    ],
    'counting.json': [{ name: 'n', steps: [good, counting] }, 1, /not deterministic/],
    'counting-too.json': [{ name: 'n', steps: [counting] }, 0, /not deterministic/],
    'crash.json': [
      { name: 'n', steps: [good, { ...good, apply: { kind: 'act', body: { do: 'exit' } } }] },
      1,
      /dapp_exited/,
    ],
    'form.json': [{ name: 'n', steps: [{ ...good, more: 1 }] }, null, /script_invalid/],
    'empty.json': [{ name: 'n', steps: [] }, null, /script_invalid/],
    'text.json': ['{', null, /json_refused/],
  };
  for (const [file, [script]] of Object.entries(scripts)) {
    writeFileSync(join(folder, 'tests', file), typeof script === 'string' ? script : JSON.stringify(script));
  }
  symlinkSync('/etc/hostname', join(folder, 'tests/link.json'));
  const tests = [...Object.keys(scripts), 'link.json', 'missing.json'].map((file) => `tests/${file}`);
  const manifest = { ...hostileManifest('python3', join(HOSTILE, 'hostile.py')), tests };
  writeFileSync(join(folder, 'dapp.json'), JSON.stringify(manifest));
  const failures = await runScriptedTests({ ...options, manifest, folder });
  for (const [file, [, step, reason]] of Object.entries(scripts)) {
    const found = failures.filter((failure) => failure.file === `tests/${file}`);
    if (reason === undefined) t.strictSame(found, [], file);
    else t.match(found, [{ step, reason }], file);
  }
  t.match(failures.slice(-2), [{ reason: /script_outside/ }, { reason: /manifest_unreadable/ }]);
});
