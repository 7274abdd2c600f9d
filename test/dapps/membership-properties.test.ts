import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { DOOR } from '../../dapps/door/rules.ts';
import { MEMBERSHIP } from '../../dapps/membership/rules.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { RulesUnderTest } from './in-process.ts';
import { BODIES, histories, RARE } from './membership-histories.ts';
import { checkInvariants, checkKept, Denials, heldViews } from './membership-model.ts';
import { Permanence } from './permanence-model.ts';

const RUNS = 1_500;

type History = typeof histories extends fc.Arbitrary<infer T> ? T : never;

t.test('every history keeps the invariants, and folds the same twice', async (t) => {
  const rules = new RulesUnderTest(MEMBERSHIP);
  const door = new RulesUnderTest(DOOR);
  t.same(Object.keys(BODIES).sort(), Object.keys(rules.manifest.entries).sort(), 'every kind takes part');
  const seen = new Map<string, number>();

  const play = async (history: History, isWatched: boolean) => {
    rules.reset();
    const denials = new Denials();
    const permanence = new Permanence();
    const codes: (string | undefined)[] = [];
    for (const step of history) {
      const held = heldViews(rules);
      const suspended = new Set(rules.rows('denial/').map(({ key }) => key.split('/')[1] ?? ''));
      const lost = new Set(
        rules
          .rows('held/')
          .filter(({ value }) => (value as JsonObject).lost !== null)
          .map(({ key }) => key.slice(5)),
      );
      const command = denials.aim(step);
      const judged = await rules.apply(command);
      denials.take(command, judged, held);
      codes.push(judged.code);
      if (!isWatched) continue;
      permanence.take(command, judged);
      checkInvariants(rules, denials);
      permanence.checkMarks(rules);
      checkKept(rules, held, lost, suspended);
      const what = `${command.kind} ${judged.code ?? 'ok'}`;
      seen.set(what, (seen.get(what) ?? 0) + 1);
    }
    if (isWatched) await permanence.checkStanding(rules, door);
    return { codes, rows: rules.rows() };
  };

  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const first = await play(history, true);
      deepStrictEqual(await play(history, false), first);
    }),
    { numRuns: RUNS, examples: [[RARE]] },
  );
  for (const kind of Object.keys(BODIES)) t.ok(seen.has(`${kind} ok`), `some ${kind} is accepted`);
  const refusals = [
    'member.add member_gone',
    'member.edit has_plans',
    'member.edit is_guest',
    'member.forget suspended',
    'member.forget family_head',
    'member.resume no_such_denial',
    'badge.enrol badge_taken',
    'badge.enrol badge_lost',
    'badge.found no_such_denial',
    'badge.remove suspended',
    'family.remove family_used',
    'plan.give is_guest',
    'guest.end not_a_guest',
  ];
  for (const refusal of refusals) t.ok(seen.has(refusal), `some histories reach ${refusal}`);
});
