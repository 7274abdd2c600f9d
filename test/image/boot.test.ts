import t from 'tap';
import { TEST_BOARDS } from './boot-boards.ts';
import { SHORT_CASE } from './boot-cases.ts';
import { buildCard, runCase } from './boot-run.ts';

/** One life of one board, through U-Boot; `make boot-test` has all of them. */

const [board] = TEST_BOARDS;

t.test(`virt-arm64: ${SHORT_CASE.name}`, async (t) => {
  if (board === undefined) throw new Error('there is no board');
  const outcome = await runCase(board, await buildCard(board), SHORT_CASE);
  t.strictSame(outcome.faults, [], 'it did what it should');
  if (!t.passing()) t.comment(outcome.lines.join('\n'));
  const said = (words: RegExp) => outcome.lines.filter((line) => words.test(line)).length;
  t.equal(said(/bm:root PARTUUID=b10c0001-06/), 3, 'slot A was found by the id of its partition');
  t.equal(said(/bm:root PARTUUID=b10c0001-07/), 1, 'and so was slot B');
  t.equal(said(/bm:etc writable/), 4, '/etc can be written');
  t.equal(said(/bm:top .*Read-only/), 4, 'and nothing else of the root');
  t.equal(said(/bm:disk boot=\S+1 data=\S+3 slot-a=\S+6 slot-b=\S+7 state=\S+5 whole=/), 4, 'the parts have names');
});
