import type { Command } from 'commander';
import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { SpaceClock } from './clock.ts';
import { type CommonOptions, common, wholeNumber, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { plain, print } from './output.ts';

interface EraseOptions extends CommonOptions {
  readonly yes?: boolean;
}

export function eraseCommand(program: Command, environment: Environment): void {
  const command = program
    .command('erase')
    .description('take away for good what an entry says; that it was written, by whom and when, stays')
    .argument('<block>', 'id of its block (bafy…), as `log --json` shows it')
    .argument('<index>', 'which entry of the block, from 0', wholeNumber)
    .option('--yes', 'do it; without, only what will be lost is shown');
  common(command, environment, [
    'erase bafyreiczu2abqdmm7j7xbjg6hyycwxz6qcq6ttghvk2opeh2bxohbtsnli 0',
    'erase bafyreiczu2abqdmm7j7xbjg6hyycwxz6qcq6ttghvk2opeh2bxohbtsnli 0 --yes',
  ]);
  command.action(async (block: string, index: number, options: EraseOptions) => {
    const entries = [{ block, index }];
    await withSession(options, environment, async (session) => {
      const preview = (await session.call('erase.preview', { entries })) as { entries: readonly JsonObject[] };
      const entry = preview.entries[0] ?? {};
      refuse(entry);
      const clock = new SpaceClock(session);
      await clock.know(Number(entry.time));
      if (options.yes !== true) {
        print(entry, options.json === true, () => describe(entry, clock, 'will be lost'));
        return;
      }
      const result = await session.call('erase.entries', { entries });
      print(result, options.json === true, () =>
        describe(entry, clock, 'is erased here; earlier backups, exports and damaged files that a repair kept have it'),
      );
    });
  });
}

function refuse({ refusal }: JsonObject): void {
  if (refusal === null || refusal === undefined) return;
  const { code, message, advice } = refusal as { code: string; message: string; advice: string | null };
  throw new CodedError(code, message, advice === null ? {} : { advice });
}

function describe({ dapp, kind, time, body }: JsonObject, clock: SpaceClock, what: string): string {
  const lines = [`${dapp} ${kind} of ${clock.text(Number(time))}: ${plain(JSON.stringify(body))}`, what];
  return [...lines, ...(what.startsWith('will') ? ['Say --yes to erase it.'] : [])].join('\n');
}
