import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import { buildPins } from '../devices/pins/build.ts';
import { until } from './program.ts';
import { anySeed } from './seeded.ts';
import { furnish, LogReader, TestSpace } from './space-harness.ts';
import { Storm } from './storm.ts';

/** `kill -9` at random moments: nothing that was acknowledged is lost, nothing that happened is told twice. */

/** What appears more than once. */
function doubles(names: readonly string[]): readonly string[] {
  return names.filter((name, at) => names.indexOf(name) !== at);
}

function except(names: Iterable<string>, known: ReadonlySet<string>): readonly string[] {
  return [...names].filter((name) => !known.has(name));
}

t.test('a storm of badges and commands, the node killed again and again', async (t) => {
  const kills = Number(process.env.KILLS ?? 50);
  const seed = Number(process.env.SEED ?? anySeed());
  t.comment(`KILLS=${kills} SEED=${seed}`);
  const beganMs = performance.now();
  // Three cards of a member and one that nobody knows.
  const cardsOf = (at: number) => [1, 2, 3, 4].map((card) => String(at * 10 + card).padStart(10, '0'));
  const doors = [100, 150, 200, 300].map((openMs, at) => ({ name: `door-${at}`, openMs, cards: cardsOf(at) }));
  const program = process.env.PINS === 'virtual' ? {} : { pinsProgram: buildPins('gpio_sim') };
  const space = await TestSpace.make(t, { doors: doors.map(({ name }) => name), ...program });
  const pinsProgram = await space.startPins();
  const first = await space.startNode();
  const enrolled = doors.flatMap(({ cards }) => cards.slice(0, -1));
  await furnish(space, doors, enrolled);
  t.ok(space.living().length >= 4, 'a node, two contracts and an agent can be seen');
  await first.kill();

  const storm = await Storm.prepare(space, doors, seed);
  for (let count = 0; count < kills; count += 1) {
    await until(
      () => space.living().length === 0,
      () => `nothing is left of a dead node: ${JSON.stringify(space.living())}`,
    );
    await storm.life();
  }
  t.notOk(pinsProgram.hasEnded, 'the pins process has lived through it all');
  await until(
    () => space.living().length === 0,
    () => JSON.stringify(space.living()),
  );
  t.same(space.living(), [], 'the processes of every dead node have left');

  await space.startNode();
  const rows = await new LogReader(await space.control()).catchUp();
  await storm.readRecords();
  const ended = performance.now() - beganMs;
  const { facts, commands } = storm.acknowledged;
  const of = (kind: string) => rows.filter((row) => row.kind === kind);
  const pulsesOf = (kind: string) =>
    of(kind).flatMap(({ body }) => (body.pulse === undefined ? [] : [`${body.pulse}`]));
  const [granted, recovered, interrupted] = ['granted', 'recovered', 'interrupted'].map(pulsesOf);
  const records = [...storm.records.values()];
  const figures = {
    ...{ kills, seed, facts: facts.size, commands: commands.size, entries: rows.length, pulses: records.length },
    ...{ granted: granted?.length, recovered: recovered?.length, interrupted: interrupted?.length },
    ...{ faults: of('granted').length - (granted?.length ?? 0), denied: of('denied').length },
    seconds: Math.round(ended / 1000),
  };
  t.comment(JSON.stringify(figures));
  if (process.env.KILLS_FIGURES) writeFileSync(process.env.KILLS_FIGURES, JSON.stringify(figures));
  t.ok(facts.size >= kills && commands.size >= kills && records.length >= kills, 'it was a storm');

  t.same(
    rows.filter(({ outcome }) => outcome.status !== 'ok'),
    [],
    'every entry took effect',
  );
  const factRows = new Map([...of('granted'), ...of('denied')].map((row) => [String(row.body.event), row]));
  const lostFacts = [...facts].filter(([event, { kind, body }]) => {
    const row = factRows.get(event);
    return row?.kind !== kind || !isDeepStrictEqual(row.body, body);
  });
  t.same(lostFacts, [], 'no acknowledged fact is missing or another');
  t.equal(factRows.size, of('granted').length + of('denied').length, 'one fact a badge');
  const commandRows = new Map(of('member.add').map((row) => [row.block, String(row.body.member)]));
  t.same(
    [...commands].filter(([block, member]) => commandRows.get(block) !== member),
    [],
    'no acknowledged command is missing',
  );

  t.equal(Math.max(...storm.records.keys()), records.length, 'the record of every pulse was read');
  const recordIds = new Set(records.map(({ id }) => id));
  const told = [...(granted ?? []), ...(recovered ?? [])];
  t.same(doubles(told), [], 'no pulse has two facts');
  t.same(except(told, recordIds), [], 'every granted or recovered fact has its pulse');
  t.same(except(recordIds, new Set(told)), [], 'every pulse has its fact');
  t.same(
    of('granted').filter(({ body }) => (body.pulse === undefined) === (body.fault === undefined)),
    [],
    'a pulse or a fault',
  );
  const lost = records.filter(({ id, owner }) => owner === 'lost' && granted?.includes(id)).map(({ id }) => id);
  t.same([...(interrupted ?? [])].sort(), lost.sort(), 'each that outlived its node was interrupted, once');
  const openMs = new Map(doors.map((door) => [`${door.name}-strike`, door.openMs]));
  const wrong = records.filter(({ output, end, onNs, offNs }) => {
    if (end === 'superseded') return false;
    return end !== 'timer' || (offNs ?? 0n) - onNs < BigInt(openMs.get(output) ?? 0) * 1_000_000n;
  });
  t.same(wrong, [], 'each pulse lasted its time, or until the next badge went on from it');
  const verify = await space.cli('verify', '--json');
  t.equal(verify.code, 0);
  t.same((JSON.parse(verify.stdout) as JsonObject).findings, [], 'verify is clean');
});
