import type { Command } from 'commander';
import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { WHO } from './argument-help.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { erasedText } from './erased-text.ts';
import { plain, print } from './output.ts';

interface SuspendOptions extends CommonOptions {
  readonly reason: string;
}

interface ForgetOptions extends CommonOptions {
  readonly yes?: boolean;
}

/** `member suspend`, `resume` and `forget`. */
export function memberOrders(member: Command, environment: Environment): void {
  const suspend = member
    .command('suspend')
    .description('bar a member from every door until somebody lifts it')
    .argument('<member>', WHO)
    .requiredOption('--reason <text>', 'why; it stays in the ledger, so say no more than others may read');
  common(suspend, environment, ['member suspend "Ada Lovelace" --reason "left the saw running"']);
  suspend.action(async (name: string, options: SuspendOptions) => {
    const params = { member: name, reason: options.reason };
    const result = await withSession(options, environment, (session) => session.call('member.suspend', params));
    print(result, options.json === true, () => `${nameIn(result)} is suspended: ${plain(options.reason)}`);
  });

  const resume = member
    .command('resume')
    .description('lift every suspension of a member that stands, each by its own entry')
    .argument('<member>', WHO);
  common(resume, environment, ['member resume "Ada Lovelace"']).action(async (name: string, options: CommonOptions) => {
    const result = await withSession(options, environment, (session) =>
      session.call('member.resume', { member: name }),
    );
    const { lifted } = result as unknown as { readonly lifted: readonly JsonObject[] };
    const reasons = lifted.map(({ reason }) => `  ${plain(String(reason))}`).join('\n');
    print(result, options.json === true, () => `${nameIn(result)} may come again; lifted:\n${reasons}`);
  });

  const forget = member
    .command('forget')
    .description('remove all that is known of a member or guest; only the id stays, and lost cards stay blocked')
    .argument('<member>', WHO)
    .option('--yes', 'really; it cannot be undone');
  common(forget, environment, ['member forget "Ada Lovelace" --yes']);
  forget.action(async (name: string, options: ForgetOptions) => {
    if (options.yes !== true) {
      throw new CodedError('not_confirmed', `this forgets ${name} for good`, { advice: 'Say --yes if you mean it.' });
    }
    const result = await withSession(options, environment, (session) =>
      session.call('member.forget', { member: name }),
    );
    print(result, options.json === true, () => `${nameIn(result)} is forgotten; ${erasedText(result as JsonObject)}`);
  });
}

function nameIn(result: unknown): string {
  return plain(String((result as JsonObject).name));
}
