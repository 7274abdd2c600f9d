import t, { type Test } from 'tap';
import { WAIT_MS } from '../node/program.ts';
import { furnish, TestSpace } from '../node/space-harness.ts';

/** What a person reads names people; what a program reads has their ids. */

const ADA_CARD = '0000001001';

const space = await TestSpace.make(t, { doors: ['front'] });

async function done(t: Test, ...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await space.cli(...words);
  t.equal(code, 0, `${words.join(' ')}: ${stderr}`);
  return stdout;
}

t.test('a space with a family, a guest and two badges', async (t) => {
  await space.startPins();
  await space.startNode();
  const control = await space.control();
  await furnish(space, [{ name: 'front', openMs: 100 }], [ADA_CARD]);
  await control.call('member.add', { name: 'Bob' }, WAIT_MS);
  control.close();
  await done(t, 'family', 'set', 'lovelaces', '--head', 'Ada');
  await done(t, 'member', 'edit', 'Bob', '--family', 'lovelaces');
  await done(t, 'guest', 'add', 'Gus', '--host', 'Ada', '--until', '+1h');
});

t.test('lists and doors name people', async (t) => {
  t.match(await done(t, 'family', 'list'), /^lovelaces {2}lovelaces {2}head Ada {2}in it: Bob$/m);
  t.match(await done(t, 'guest', 'list'), /^g-\w+ {2}Gus {2}of Ada {2}from /m);
  t.match(await done(t, 'badge', 'test', 'front', ADA_CARD), /^front: granted m-\w+ Ada \(rule always\)/);
  t.match(await done(t, 'door', 'show', 'front'), /^last .* granted m-\w+ Ada \(rule always\)/m);
  const { families } = JSON.parse(await done(t, 'family', 'list', '--json'));
  t.match(families, [{ head: /^m-/, members: [/^m-/] }], 'ids in JSON');
});

t.test('two people who came together are both named', async (t) => {
  await done(t, 'badge', 'enrol', 'Bob', '0000001002');
  await done(t, 'door', 'edit', 'front', '--two', '60s');
  const first = await space.cli('badge', 'test', 'front', ADA_CARD);
  t.match(first.stdout, /denied m-\w+ Ada: second_person_missing/);
  t.match(await done(t, 'badge', 'test', 'front', '0000001002'), /granted m-\w+ Bob with m-\w+ Ada/);
  t.match(await done(t, 'log', '--last', '1'), /granted m-\w+ Bob with m-\w+ Ada/);
});

t.test('a card of whose number too little was typed is told of', async (t) => {
  t.match(await done(t, 'badge', 'enrol', 'Bob', '142,56304', '--label', 'short'), /only 24 bits .*`--bits 24`/);
  t.notMatch(await done(t, 'badge', 'enrol', 'Bob', '008EDBF1'), /bits/);
  const glass = ['badge', 'break-glass'];
  t.match(await done(t, ...glass, '142,56306', '--label', 'safe-1'), /only 24 bits/);
  t.notMatch(await done(t, ...glass, '0009362427', '--label', 'safe-2'), /bits/);
  t.equal(await done(t, ...glass), 'safe-1    only for doors of 24 bits\nsafe-2\n');
});

t.test('a log with nothing to show says so, in words only', async (t) => {
  t.equal(await done(t, 'log', '--since', '+1h'), 'nothing of the kind in the log\n');
  t.equal(await done(t, 'log', '--since', '+1h', '--json'), '');
});
