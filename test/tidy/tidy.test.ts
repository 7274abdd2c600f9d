import { fileURLToPath } from 'node:url';
import t from 'tap';
import { checkHouse } from './checks.ts';
import { showFinding } from './finding.ts';
import { surveyHouse } from './house.ts';
import { ROOMS } from './rooms.ts';
import { readTree } from './tree.ts';

const house = surveyHouse(readTree(fileURLToPath(new URL('../..', import.meta.url))));

t.test('the whole house was read', async (t) => {
  const paths = new Set(house.modules.map((module) => module.path));
  for (const path of ['src/base/limits.ts', 'test/tidy/tidy.test.ts']) t.ok(paths.has(path), path);
  t.ok(house.tree.files.has('package-lock.json'), 'files beside the code too');
  t.equal(new Set(ROOMS.map((room) => room.folder)).size, ROOMS.length, 'each room stands on one floor');
});

t.test('the house is in order', async (t) => {
  const findings = checkHouse(house);
  for (const finding of findings) t.fail(showFinding(finding), { at: null, stack: '' });
  t.equal(findings.length, 0, 'no findings');
});
