import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import type { RpcPeer } from '../../src/sandbox/peer.ts';
import { WAIT_MS } from '../node/program.ts';
import { furnish, TestSpace } from '../node/space-harness.ts';

/** `log` and `why` about a space in which something has happened, by real commands. */

const ADA = '0000001001';
const STRANGE = '0012345678';

const space = await TestSpace.make(t, { doors: ['front', 'back'] });
let control: RpcPeer;
t.teardown(() => control.close());

async function rows(t: Test, ...words: readonly string[]): Promise<readonly JsonObject[]> {
  const { code, stdout, stderr } = await space.cli('log', ...words, '--json');
  t.equal(code, 0, `log ${words.join(' ')}: ${stderr}`);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as JsonObject]));
}

async function refused(t: Test, ...words: readonly string[]): Promise<JsonObject> {
  const { code, stderr } = await space.cli(...words, '--json');
  t.equal(code, 1, words.join(' '));
  return (JSON.parse(stderr) as { readonly error: JsonObject }).error;
}

t.test('a space in which something has happened', async () => {
  await space.startPins();
  await space.startNode();
  control = await space.control();
  const doors = [
    { name: 'front', openMs: 100 },
    { name: 'back', openMs: 100 },
  ];
  await furnish(space, doors, [ADA]);
  await control.call('member.add', { name: 'Bob' }, WAIT_MS);
  for (const [door, number] of [
    ['front', ADA],
    ['back', STRANGE],
    ['front', STRANGE],
    ['back', ADA],
  ] as const) {
    await control.call('badge.test', { door, number }, WAIT_MS);
  }
});

t.test('the log, picked by time, door, member and kind', async (t) => {
  const all = await rows(t, '--since', '-1d');
  t.ok(all.length > 10, `${all.length} entries`);
  t.same(await rows(t), all, 'less than the default');
  const pick = (wanted: (row: JsonObject, body: JsonObject) => boolean) =>
    all.filter((row) => wanted(row, row.body as JsonObject));

  const front = pick((_, { door }) => door === 'front');
  t.equal(front.length, 3);
  t.same(await rows(t, '--door', 'front'), front);
  t.same(await rows(t, '--door', 'front', '--kind', 'denied', '--kind', 'granted'), front.slice(1));
  t.same(await rows(t, '--kind', 'denied', '--last', '1'), pick(({ kind }) => kind === 'denied').slice(-1));
  const adas = pick(({ kind }, body) => kind === 'member.add' && body.name === 'Ada').map(
    ({ body }) => (body as JsonObject).member,
  );
  t.same(
    await rows(t, '--member', 'ada'),
    pick((_, body) => body.member === adas[0]),
    'by name',
  );
  t.same(await rows(t, '--since', '+1h'), []);
  t.same(await rows(t, '--until', '-1h'), []);
  t.same(await rows(t, '--since', '-1h', '--until', '+1h', '--last', '2'), all.slice(-2));
});

t.test('a name that is not there is told the nearest', async (t) => {
  const wrong = { code: 'no_such_door', fields: { nearest: 'front' }, advice: 'Is it front?' };
  t.match(await refused(t, 'log', '--door', 'frnt'), wrong);
  t.match(await refused(t, 'door', 'show', 'fornt'), wrong);
  t.match(await refused(t, 'why', 'front', 'adda'), { code: 'no_such_member', advice: 'Is it ada?' });
  t.match(await refused(t, 'log', '--since', 'soon'), { code: 'bad_time' });
});

t.test('why, now and by what was known then', async (t) => {
  const why = async (at?: number): Promise<JsonObject> => {
    const when = at === undefined ? {} : { at };
    return (await control.call('door.why', { door: 'front', member: 'Ada', ...when }, WAIT_MS)) as JsonObject;
  };
  const last = async (): Promise<number> => {
    const page = await control.call('log.read', { last: 1 }, WAIT_MS);
    return Number((page as unknown as { rows: readonly JsonObject[] }).rows[0]?.playedMs);
  };
  const before = await last();
  t.match(await why(), { granted: true, rule: 'always', isPast: false });
  await control.call('member.suspend', { member: 'Ada', reason: 'unpaid' }, WAIT_MS);
  const during = await last();
  t.match(await why(), { granted: false, code: 'suspended' });
  await control.call('member.resume', { member: 'Ada' }, WAIT_MS);
  t.match(await why(), { granted: true });
  t.match(await why(during), { granted: false, code: 'suspended', isPast: true, at: during }, 'as it was then');
  t.match(await why(before), { granted: true, isPast: true, at: before }, 'before anybody said so');

  const { code, stdout } = await space.cli('why', 'front', 'Ada');
  t.equal(code, 0);
  t.match(stdout, /^Ada \(m-\w+\) at front, [\d: -]+: yes, rule always\n {2}with badge b-\w+\n$/);
  const bob = await space.cli('why', 'front', 'Bob', '--at', '+1d');
  t.match(
    bob.stdout,
    /: no, unknown_badge\n {2}unknown_badge {2}the member has no badge \(rule badge\)\n {2}without a badge\n$/,
  );
  t.match(
    await refused(t, 'why', 'front', 'Ada', '--at', '-2d'),
    { code: 'no_such_door', advice: null },
    'not yet there',
  );
});

t.test('times are told in the zone of the space', async (t) => {
  t.equal((await space.cli('zone', '<+05>-5')).code, 0);
  const [row] = await rows(t, '--last', '1');
  const wall = new Date(Number(row?.time) + 5 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
  const { stdout } = await space.cli('log', '--last', '1');
  t.ok(stdout.startsWith(`${wall} `), `${stdout.trim()} begins with ${wall}`);
  t.match((await space.cli('status')).stdout, /front \(front-reader\): 20\d\d-.* denied: unknown_badge/);
});
