import { type Command, InvalidArgumentError } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { COPIES_LEAST_MAX } from '../base/limits-chunks.ts';
import { type CommonOptions, common, wholeNumber, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { print } from './output.ts';

const ABOUT = `show or set on how many other boards of the space a large thing has to lie before one lets it go

It is a rule of the ledger, for all boards. Below it \`blob rm\`, \`snapshot rm\`, \`backup remove\`, --replace and what
\`backup run\` lets go of by its rules are refused with copies_few, unless somebody says --force. What counts is what
other boards have said that they hold; as long as they say nothing, any number above 0 keeps everything. Stores apart,
such as one on a stick, have no such rule.`;

export function storeCopiesCommand(store: Command, environment: Environment): void {
  const copies = store
    .command('copies')
    .summary('show or set on how many other boards a large thing has to lie before one lets it go')
    .description(ABOUT)
    .argument('[least]', `how many, up to ${COPIES_LEAST_MAX}; 0, as at first: none`, countOfBoards);
  common(copies, environment, ['store copies', 'store copies 1', 'store copies 0 --json']);
  copies.action(async (least: number | undefined, options: CommonOptions) => {
    await withSession(options, environment, async (session) => {
      const asked = least === undefined ? session.call('copies.show', {}) : session.call('copies.set', { least });
      const result = (await asked) as JsonObject & { readonly least: number };
      print(result, options.json === true, () =>
        result.least === 0
          ? 'a large thing may be let go wherever else it lies'
          : `a large thing is let go once ${result.least} other ${result.least === 1 ? 'board holds' : 'boards hold'} it`,
      );
    });
  });
}

function countOfBoards(text: string): number {
  const count = wholeNumber(text);
  if (count > COPIES_LEAST_MAX) throw new InvalidArgumentError(`It must be ${COPIES_LEAST_MAX} at most.`);
  return count;
}
