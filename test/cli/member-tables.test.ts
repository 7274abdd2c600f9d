import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { withoutPlanText } from '../../src/cli/without-plan-text.ts';
import { TestSpace } from '../node/space-harness.ts';

/** `member export` and `member import` by command line, and what other commands say of those without any plan. */

t.test('members go out as a table and come in by one', async (t) => {
  const space = await TestSpace.make(t, { doors: [] });
  const done = async (t: Test, ...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await space.cli(...words);
    t.equal(code, 0, `${words.join(' ')}: ${stderr}`);
    return stdout;
  };
  const table = join(space.folder, 'members.csv');
  const rows = (...lines: readonly string[]) => writeFileSync(table, `${lines.join('\r\n')}\r\n`);
  await done(t, 'plan', 'set', 'month', '--grace', '3');
  rows(
    'name,email,groups,permanent,plan,from,until',
    'Ada,ada@example.org,wood,,,,',
    'Bob,,laser,no,,,',
    'Cy,,,,month,2026-01-01,2027-01-01',
    'Di,,,yes,,,',
  );
  t.match(await done(t, 'member', 'import', table), /: 4 added, 0 changed, 0 as they were/);
  const exported = join(space.folder, 'exported.csv');
  await done(t, 'member', 'export', exported);
  const [head, ...lines] = readFileSync(exported, 'utf8').trimEnd().split('\r\n');
  t.equal(head, 'name,email,groups,roles,family,permanent,plan,from,until');
  t.same(lines.sort(), [
    'Ada,ada@example.org,wood,,,yes,,,',
    'Bob,,laser,,,no,,,',
    'Cy,,,,,no,month,2026-01-01,2027-01-01',
    'Di,,,,,yes,,,',
  ]);
  t.match(await done(t, 'member', 'import', exported), /: 0 added, 0 changed, 4 as they were/, 'and back again');
  rows('name,email,groups,permanent,plan,until', 'Ada,-,,no,,', 'Bob,,-,,,', 'Cy,,,,month,-');
  t.match(await done(t, 'member', 'import', table), /: 0 added, 3 changed, 0 as they were/);
  const again = (await done(t, 'member', 'export')).trimEnd().split('\r\n').slice(1).sort();
  t.same(again, ['Ada,,wood,,,no,,,', 'Bob,,,,,no,,,', 'Cy,,,,,no,month,2026-01-01,', 'Di,,,,,yes,,,'], 'dashes clear');
  await done(t, 'family', 'set', 'home', '--title', 'At home', '--head', 'Di');
  rows('name,family,permanent', 'Ada,home,', 'Di,home,yes', 'Fay,home,');
  t.match(await done(t, 'member', 'import', table), /: 1 added, 2 changed, 0 as they were/);
  const whole = await done(t, 'member', 'export');
  const home = whole.split('\r\n').filter((line) => line.includes('home'));
  t.same(home.sort(), ['Ada,,wood,,home,no,,,', 'Di,,,,home,yes,,,', 'Fay,,,,home,no,,,'], 'a family comes along');
  writeFileSync(table, whole);
  t.match(await done(t, 'member', 'import', table), /: 0 added, 0 changed, 5 as they were/);
  rows('name,family', 'Ada,-', 'Bob,nowhere');
  const nowhere = await space.cli('member', 'import', table);
  t.match(nowhere.stdout, /line 3, family: .*no_such_family/);
  rows('name,permanent,plan', 'Di,maybe,', 'Ed,yes,month', 'Flo,,-');
  const { code, stdout, stderr } = await space.cli('member', 'import', table);
  t.equal(code, 1);
  t.match(stdout, /line 2, permanent: .*\nline 3, permanent: .*has_plans\]\nline 4, plan: .*plan take/);
  t.match(stderr, /import_refused/);
});

t.test('those without any plan are named, and what can be done', async (t) => {
  const named = (count: number, isAll = true) =>
    withoutPlanText({ withoutPlan: Array.from({ length: count }, (_, at) => ({ name: `N${at}` })), isAll });
  t.equal(named(0), '');
  t.match(named(1), /no door opens: "N0"\n.*plan give "N0" PLAN.*\n.*member edit "N0" --permanent yes$/);
  t.match(named(12), /"N8", "N9" and 2 more\n.*plan give NAME PLAN/);
  t.match(named(0, false), /^\nthere are more whom this concerns/);
  t.match(named(2, false), /--permanent yes\nthere are more whom this concerns/);
  t.notMatch(withoutPlanText({ withoutPlan: [{ name: 'A\u001b[2J' }], isAll: true }), '\u001b');
});
