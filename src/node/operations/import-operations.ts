import { CodedError } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { IMPORT_BLOCK_ENTRIES_MAX, IMPORT_PROBLEMS_MAX } from '../../base/limits.ts';
import { Rehearsal } from '../rehearsal.ts';
import { ImportPlan } from './import-plan.ts';
import { importRows } from './import-rows.ts';
import type { OperationContext, Operations } from './operation.ts';
import { MEMBERSHIP } from './people.ts';

export const IMPORT_OPERATIONS: Operations = Object.freeze({ 'member.import': importMembers });

/**
 * `{rows, dryRun?}`. Every row is checked first, by the rules that will judge it; with one problem nothing is written.
 * Then all of it is, many commands to a block.
 * @returns `{rows, added, changed, unchanged, commands, problems}`; `problems` not empty: nothing was written.
 * @throws import_cut when others changed something meanwhile, so that a part was refused.
 */
async function importMembers(context: OperationContext, params: JsonObject): Promise<Json> {
  const { space, randomness, progress } = context;
  const rows = importRows(params);
  await space.fold.settled();
  const plan = new ImportPlan(space, randomness, new Rehearsal(space, MEMBERSHIP));
  for (const [at, row] of rows.entries()) {
    await plan.take(row);
    if (plan.problems.length >= IMPORT_PROBLEMS_MAX) break;
    progress('checking rows', at + 1, rows.length);
  }
  const { orders, problems, added, changed, unchanged } = plan;
  if (problems.length === 0 && params.dryRun !== true) await write(context, plan);
  return {
    rows: rows.length,
    added: added.size,
    changed: changed.size,
    unchanged: [...unchanged].filter((member) => !changed.has(member)).length,
    commands: orders.length,
    problems: problems.slice(0, IMPORT_PROBLEMS_MAX).map((problem) => ({ ...problem })),
  };
}

async function write({ space, progress }: OperationContext, { orders }: ImportPlan): Promise<void> {
  for (let from = 0; from < orders.length; from += IMPORT_BLOCK_ENTRIES_MAX) {
    const some = orders.slice(from, from + IMPORT_BLOCK_ENTRIES_MAX);
    const { arrival } = await space.appendCommands(MEMBERSHIP, some);
    for (const [index, { line }] of some.entries()) {
      try {
        await space.accepted({ arrival, index });
      } catch (cause) {
        if (!(cause instanceof CodedError)) throw cause;
        throw new CodedError('import_cut', `line ${line} was refused after all: ${cause.message}`, {
          cause,
          fields: { line, code: cause.code },
          advice: 'Somebody changed the members meanwhile. Import the file again: what is done already is left alone.',
        });
      }
    }
    progress('writing members', Math.min(from + some.length, orders.length), orders.length);
  }
}
