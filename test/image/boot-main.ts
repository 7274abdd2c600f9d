import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RELEASE } from '../machine/release.ts';
import { TEST_BOARDS, type TestBoard } from './boot-boards.ts';
import { CASES } from './boot-cases.ts';
import { buildCard, canRun, caseKey, runCase } from './boot-run.ts';

/**
 * Starts every board that QEMU has from every card of `boot-cases.ts`. What was clean with these very files is not run
 * again, so a run that was stopped goes on where it was.
 */

const RESULTS = join(RELEASE, 'build/boot-test.jsonl');

interface Result {
  readonly board: string;
  readonly case: string;
  /** Of `caseKey`. */
  readonly key: string;
  readonly seconds: number;
  readonly faults: readonly string[];
}

function pastResults(): readonly Result[] {
  if (!existsSync(RESULTS)) return [];
  const lines = readFileSync(RESULTS, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Result);
}

async function runBoard(board: TestBoard, only: string): Promise<number> {
  const card = await buildCard(board);
  const isClean = (key: string) => pastResults().some((one) => one.key === key && one.faults.length === 0);
  const cases = CASES.filter((one) => canRun(board, one) && one.name.includes(only));
  let faulty = 0;
  for (const [at, one] of cases.entries()) {
    const head = `${board.name} ${at + 1}/${cases.length}: ${one.name}`;
    const key = caseKey(card, one);
    if (isClean(key)) {
      console.log(`${head}: was clean`);
      continue;
    }
    const beganMs = performance.now();
    const { faults, lines } = await runCase(board, card, one);
    const seconds = Math.round((performance.now() - beganMs) / 1000);
    const result: Result = { board: board.name, case: one.name, key, seconds, faults };
    appendFileSync(RESULTS, `${JSON.stringify(result)}\n`);
    console.log(`${head}: ${faults.length === 0 ? 'clean' : 'FAULTY'}, ${seconds} s`);
    if (faults.length === 0) continue;
    faulty += 1;
    console.log([...faults, 'the console, in the end:', ...lines.slice(-30)].map((line) => `  ${line}`).join('\n'));
  }
  return faulty;
}

mkdirSync(dirname(RESULTS), { recursive: true });
const [boardName = '', only = ''] = [process.env.BOARD, process.env.ONLY];
const boards = TEST_BOARDS.filter(({ name }) => boardName === '' || name === boardName);
if (boards.length === 0)
  throw new Error(`BOARD=${boardName}: one of ${TEST_BOARDS.map(({ name }) => name).join(', ')}`);
let faulty = 0;
for (const board of boards) faulty += await runBoard(board, only);
console.log(faulty === 0 ? 'all clean' : `${faulty} faulty, in ${RESULTS}`);
process.exitCode = faulty === 0 ? 0 : 1;
